/** Which rows of a derived table are to be made anew, and in which portions. Pure. */
import { mergeSpans } from '../lake/coverage.ts';
import type { PartitionFile } from '../lake/partitions.ts';
import { type Granularity, parsePartition, type Span } from '../model/time.ts';

/** Marks of the partition files that the derived tables were made from: channel, period, mark. */
export type PartitionMarks = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** All of time, as far as a reading can lie. */
export const allTime: Span = { from: Date.UTC(1900, 0) / 1000, to: Date.UTC(2300, 0) / 1000 };

/** Rows of `channelIds` in `rows` are made anew from the readings in `readings`, which lie in `files`. */
export interface Portion {
    readonly channelIds: readonly string[];
    readonly rows: Span;
    readonly readings: Span;
    readonly files: readonly PartitionFile[];
}

/** Compressed bytes of readings that are worked on at once: about a million rows. */
const portionBytes = 12 * 1024 * 1024;

export function marksOf(files: readonly PartitionFile[]): PartitionMarks {
    const marks: Record<string, Record<string, string>> = {};
    for (const { channelId, partition, mark } of files) {
        marks[channelId] = { ...marks[channelId], [partition.value]: mark };
    }
    return marks;
}

/** The spans of the periods that were written, added or removed since, by channel. */
export function findChanges(
    before: PartitionMarks,
    now: PartitionMarks,
    granularity: Granularity,
): Map<string, readonly Span[]> {
    const changed = new Map<string, readonly Span[]>();
    for (const channelId of new Set([...Object.keys(before), ...Object.keys(now)])) {
        const old = before[channelId] ?? {};
        const current = now[channelId] ?? {};
        const spans = Object.keys({ ...old, ...current })
            .filter((period) => old[period] !== current[period])
            // A period of another form was in a lake cut otherwise: the new files cover it.
            .flatMap((period) => parsePartition(period, granularity) ?? []);
        if (spans.length > 0) changed.set(channelId, mergeSpans(spans));
    }
    return changed;
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
    for (const { channelId, rows } of jobs) {
        const readings = reach === 'channel' ? allTime : stretch(rows, reach);
        const mine = (filesOf.get(channelId) ?? []).filter(
            ({ partition }) => partition.from < readings.to && readings.from < partition.to,
        );
        const size = mine.reduce((sum, file) => sum + file.bytes, 0);
        const last = portions.at(-1);
        if (last !== undefined && isSame(last.rows, rows) && bytes + size <= portionBytes) {
            bytes += size;
            portions[portions.length - 1] = {
                ...last,
                channelIds: [...last.channelIds, channelId],
                files: [...last.files, ...mine],
            };
        } else {
            bytes = size;
            portions.push({ channelIds: [channelId], rows, readings, files: mine });
        }
    }
    return portions;
}

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
