/**
 * What to ask the API for: channels × spans to cover → requests. Pure.
 *
 * Requests are aligned to the resolution, never cross a partition boundary, and are no longer than the API is known
 * to honour the resolution for; day totals (86400 s) follow the site's own days.
 */
import type { ChannelCoverage } from '../lake/coverage.ts';
import { answeredSpans } from '../lake/coverage.ts';
import { mergeSpans, subtractSpans } from '../model/spans.ts';
import {
    ceilTo,
    daySeconds,
    floorTo,
    type Granularity,
    localDate,
    nextDate,
    partitionOf,
    type Resolution,
    type Span,
    startOfLocalDay,
} from '../model/time.ts';

export interface PlanOptions {
    /** Epoch seconds. */
    readonly now: number;
    readonly resolution: Resolution;
    readonly granularity: Granularity;
    /** An explicit range; without `from` the plan is incremental, without `to` it ends with the last closed bucket. */
    readonly from?: number | undefined;
    readonly to?: number | undefined;
    /** Ask again for what was answered before. */
    readonly refetch: boolean;
    readonly rereadDays: number;
    readonly firstRunDays: number;
    readonly healDays: number;
}

/** One request. `ask` is the resolution to ask for; it differs from the wanted one on 23- and 25-hour days only. */
export interface PlannedRequest extends Span {
    readonly ask: Resolution;
}

/** Longest span the API is known to honour each resolution for, in seconds. Source: the API's recorded downgrades. */
const longestSpan: Readonly<Record<Resolution, number>> = {
    60: daySeconds,
    900: 90 * daySeconds,
    1800: 90 * daySeconds,
    3600: 90 * daySeconds,
    86400: 365 * daySeconds,
};

/** The requests for one channel, oldest first. */
export function planChannel(
    coverage: ChannelCoverage,
    timeZone: string,
    options: PlanOptions,
    longest: number = longestSpan[options.resolution],
): PlannedRequest[] {
    return wantedSpans(coverage, timeZone, options).flatMap((span) =>
        options.resolution === daySeconds
            ? splitLocalDays(span, timeZone, options.granularity)
            : splitSpan(span, options.granularity, longest).map((part) => ({
                  ...part,
                  ask: options.resolution,
              })),
    );
}

/** The end of the newest bucket that is over: what comes later is still growing. */
export function lastClosed(now: number, resolution: Resolution, timeZone: string): number {
    return resolution === daySeconds
        ? startOfLocalDay(localDate(now, timeZone), timeZone)
        : floorTo(now, resolution);
}

/** The spans a plan has to cover, aligned, apart from each other. */
function wantedSpans(coverage: ChannelCoverage, timeZone: string, options: PlanOptions): Span[] {
    const { resolution } = options;
    const closed = lastClosed(options.now, resolution, timeZone);
    const end =
        options.to === undefined ? closed : Math.min(closed, alignUp(options.to, resolution, timeZone));
    const covered = answeredSpans(coverage, resolution);
    const tail = trailingSpan(coverage, covered, end, timeZone, options);
    if (options.from === undefined) {
        if (options.to !== undefined && tail.from >= end) return [];
        const failed = coverage.failed[String(resolution)] ?? [];
        return clip(mergeSpans([...failed, ...recentHoles(covered, end, timeZone, options), tail]), end);
    }
    const range = { from: alignDown(options.from, resolution, timeZone), to: end };
    if (range.from >= range.to) return [];
    if (options.refetch) return [range];
    const missing = subtractSpans(range, covered);
    const reread =
        options.to === undefined ? clip([{ from: Math.max(tail.from, range.from), to: tail.to }], end) : [];
    return mergeSpans([...missing, ...reread]);
}

/** From the trailing window that is always read again, or from the first run's start, to the end. */
function trailingSpan(
    coverage: ChannelCoverage,
    covered: readonly Span[],
    end: number,
    timeZone: string,
    options: PlanOptions,
): Span {
    const { resolution } = options;
    const last = covered.at(-1);
    if (last === undefined) {
        const day = localDate(end - options.firstRunDays * daySeconds, timeZone);
        return { from: alignDown(startOfLocalDay(day, timeZone), resolution, timeZone), to: end };
    }
    const reread = Math.min(last.to, end) - options.rereadDays * daySeconds;
    const from = healsNow(coverage, options)
        ? Math.min(reread, Math.max(coverage.lastReadingEnd ?? 0, end - options.healDays * daySeconds))
        : reread;
    return { from: alignDown(from, resolution, timeZone), to: end };
}

/** What was never asked between answered spans, no further back than late uploads are looked for. */
function recentHoles(covered: readonly Span[], end: number, timeZone: string, options: PlanOptions): Span[] {
    const first = covered[0];
    if (first === undefined) return [];
    const from = Math.max(
        first.from,
        alignDown(end - options.healDays * daySeconds, options.resolution, timeZone),
    );
    return from < end ? subtractSpans({ from, to: end }, covered) : [];
}

/** A channel gone silent is asked once a day for all it may have uploaded late. */
function healsNow(coverage: ChannelCoverage, options: PlanOptions): boolean {
    return coverage.healedAt === null || options.now - coverage.healedAt >= daySeconds;
}

function alignDown(instant: number, resolution: Resolution, timeZone: string): number {
    return resolution === daySeconds
        ? startOfLocalDay(localDate(instant, timeZone), timeZone)
        : floorTo(instant, resolution);
}

function alignUp(instant: number, resolution: Resolution, timeZone: string): number {
    if (resolution !== daySeconds) return ceilTo(instant, resolution);
    const start = alignDown(instant, resolution, timeZone);
    return start === instant ? start : startOfLocalDay(nextDate(localDate(instant, timeZone)), timeZone);
}

function clip(spans: readonly Span[], end: number): Span[] {
    return spans.map(({ from, to }) => ({ from, to: Math.min(to, end) })).filter(({ from, to }) => from < to);
}

/** Cuts at partition boundaries and at multiples of `longest` inside them. */
export function splitSpan(span: Span, granularity: Granularity, longest: number): Span[] {
    const parts: Span[] = [];
    for (let from = span.from; from < span.to; ) {
        const partition = partitionOf(from, granularity);
        const step = partition.from + floorTo(from - partition.from, longest) + longest;
        const to = Math.min(span.to, partition.to, step);
        parts.push({ from, to });
        from = to;
    }
    return parts;
}

/**
 * Cuts into runs of 24-hour days, since the API counts day buckets from the start of the request; a 23- or 25-hour
 * day is asked for in shorter buckets. A day belongs to the partition it begins in.
 */
function splitLocalDays(span: Span, timeZone: string, granularity: Granularity): PlannedRequest[] {
    const requests: PlannedRequest[] = [];
    for (let from = span.from; from < span.to; ) {
        const to = startOfLocalDay(nextDate(localDate(from, timeZone)), timeZone);
        const last = requests.at(-1);
        if (to - from !== daySeconds) {
            const ask = (to - from) % 3600 === 0 ? 3600 : 1800;
            requests.push(
                ...splitSpan({ from, to }, granularity, daySeconds * 2).map(
                    (part) => ({ ...part, ask }) as const,
                ),
            );
        } else if (
            last?.ask === daySeconds &&
            last.to === from &&
            from - last.from < longestSpan[daySeconds] &&
            partitionOf(last.from, granularity).value === partitionOf(from, granularity).value
        ) {
            requests[requests.length - 1] = { ...last, to };
        } else {
            requests.push({ from, to, ask: daySeconds });
        }
        from = to;
    }
    return requests;
}
