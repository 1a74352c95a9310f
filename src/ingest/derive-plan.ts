/** Which rows of a derived table are to be made anew, and in which portions. Pure. */

import type { PartitionFile } from '../lake/partitions.ts';
import { mergeSpans } from '../model/spans.ts';
import { allTime, daySeconds, type Granularity, parsePartition, type Span } from '../model/time.ts';

/** Marks of the partition files that the derived tables were made from: channel, period, mark. */
export type PartitionMarks = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Rows of `channelIds` in `rows` are made anew from the readings in `readings`, which lie in `files`. */
export interface Portion {
    readonly channelIds: readonly string[];
    readonly rows: Span;
    readonly readings: Span;
    readonly files: readonly PartitionFile[];
}

/** Compressed bytes of readings that are worked on at once: some 200,000 rows. */
const portionBytes = 4 * 1024 * 1024;
/** Days of all channels together, with readings or without: what fills gaps works on each point of the grid. */
const portionDays = 3000;

export function marksOf(files: readonly PartitionFile[]): PartitionMarks {
    const marks: Record<string, Record<string, string>> = {};
    for (const { channelId, partition, mark } of files) {
        marks[channelId] = { ...marks[channelId], [partition.value]: mark };
    }
    return marks;
}

/** What changed in a file since it had the mark `before` (undefined: since it was not there), when that is known. */
export type KnownChange = (file: PartitionFile, before: string | undefined) => Span | undefined;

/** The spans that were written, added or removed since, by channel: of a file known to the second, or its period. */
export function findChanges(
    before: PartitionMarks,
    files: readonly PartitionFile[],
    granularity: Granularity,
    knownChange: KnownChange = () => undefined,
): Map<string, readonly Span[]> {
    const spans = new Map<string, Span[]>();
    const add = (channelId: string, span: Span): void => {
        const mine = spans.get(channelId);
        if (mine === undefined) spans.set(channelId, [span]);
        else mine.push(span);
    };
    const present = marksOf(files);
    for (const file of files) {
        const old = before[file.channelId]?.[file.partition.value];
        if (old !== file.mark) add(file.channelId, knownChange(file, old) ?? file.partition);
    }
    for (const [channelId, periods] of Object.entries(before)) {
        for (const period of Object.keys(periods)) {
            if (present[channelId]?.[period] !== undefined) continue;
            // A period of another form was in a lake cut otherwise: the new files cover it.
            const removed = parsePartition(period, granularity);
            if (removed !== undefined) add(channelId, removed);
        }
    }
    return new Map([...spans].map(([channelId, mine]) => [channelId, mergeSpans(mine)]));
}

/**
 * Portions of bounded size: channels with the same spans to make together. Two spans of a channel that need the same
 * readings are one, so no row is made twice.
 */
export function cutPortions(
    wanted: ReadonlyMap<string, readonly Span[]>,
    reach: number | 'channel',
    files: readonly PartitionFile[],
): Portion[] {
    const filesOf = new Map<string, PartitionFile[]>();
    for (const file of files) {
        const mine = filesOf.get(file.channelId);
        if (mine === undefined) filesOf.set(file.channelId, [file]);
        else mine.push(file);
    }
    const jobs = [...wanted]
        .flatMap(([channelId, spans]) => widen(spans, reach).map((rows) => ({ channelId, rows })))
        .sort((a, b) => a.rows.from - b.rows.from || a.rows.to - b.rows.to || byId(a.channelId, b.channelId));
    const portions: Portion[] = [];
    let bytes = 0;
    let days = 0;
    for (const { channelId, rows } of jobs) {
        const readings = reach === 'channel' ? allTime : stretch(rows, reach);
        const mine = (filesOf.get(channelId) ?? []).filter(({ partition }) => touches(partition, readings));
        const size = mine.reduce((sum, file) => sum + file.bytes, 0);
        const extent = extentOf(mine);
        const length = (extent.to - extent.from) / daySeconds;
        const last = portions.at(-1);
        const fits = bytes + size <= portionBytes && days + length <= portionDays;
        if (last !== undefined && isSame(last.rows, rows) && fits) {
            bytes += size;
            days += length;
            portions[portions.length - 1] = {
                ...last,
                channelIds: [...last.channelIds, channelId],
                files: [...last.files, ...mine],
            };
        } else {
            bytes = size;
            days = length;
            portions.push({ channelIds: [channelId], rows, readings, files: mine });
        }
    }
    return portions;
}

/**
 * Two portions that make the same rows: half of the channels each, or half of the time when there is one channel and
 * rows need no reading beyond `reach`. Undefined when it cannot be cut.
 */
export function halvePortion(
    portion: Portion,
    reach: number | 'channel',
    mayCutTime: boolean,
): readonly [Portion, Portion] | undefined {
    const { channelIds, files, rows } = portion;
    const middle = Math.ceil(channelIds.length / 2);
    if (channelIds.length > 1) {
        const half = (some: readonly string[]): Portion => ({
            ...portion,
            channelIds: some,
            files: files.filter(({ channelId }) => some.includes(channelId)),
        });
        return [half(channelIds.slice(0, middle)), half(channelIds.slice(middle))];
    }
    const extent = extentOf(files);
    const cut = Math.floor((Math.max(extent.from, rows.from) + Math.min(extent.to, rows.to)) / 2);
    if (reach === 'channel' || !mayCutTime || cut - rows.from <= reach || rows.to - cut <= reach)
        return undefined;
    const part = (span: Span): Portion => {
        const readings = stretch(span, reach);
        return {
            ...portion,
            rows: span,
            readings,
            files: files.filter(({ partition }) => touches(partition, readings)),
        };
    };
    return [part({ from: rows.from, to: cut }), part({ from: cut, to: rows.to })];
}

/** From the first to the last period; empty without files. */
function extentOf(files: readonly PartitionFile[]): Span {
    const from = Math.min(...files.map(({ partition }) => partition.from));
    const to = Math.max(...files.map(({ partition }) => partition.to));
    return files.length === 0 ? { from: 0, to: 0 } : { from, to };
}

const touches = (a: Span, b: Span): boolean => a.from < b.to && b.from < a.to;

function widen(spans: readonly Span[], reach: number | 'channel'): Span[] {
    if (reach === 'channel') return [allTime];
    return mergeSpans(spans.map((span) => stretch(span, reach)));
}

function stretch(span: Span, seconds: number): Span {
    return {
        from: Math.max(span.from - seconds, allTime.from),
        to: Math.min(span.to + seconds, allTime.to),
    };
}

const isSame = (a: Span, b: Span): boolean => a.from === b.from && a.to === b.to;

const byId = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
