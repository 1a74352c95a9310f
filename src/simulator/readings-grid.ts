/** Which buckets an answer holds, and which of them have ended: the bounds, grid and trailing-bucket rules. */
import { ceilTo, floorTo, type Span } from '../model/time.ts';
import type { Quirks } from './quirks.ts';
import type { ReadingsQuery } from './readings-query.ts';

export interface Grid {
    /** Start of the first bucket. */
    readonly start: number;
    readonly count: number;
    readonly resolution: number;
    /** Buckets from the start that have ended and are answered with what is known. */
    readonly closed: number;
    /** The span of the bucket that is still filling and is answered in part; undefined without one. */
    readonly partial: Span | undefined;
}

export interface GridContext {
    readonly resolution: number;
    readonly intervalS: number;
    /** Readings reach up to here. */
    readonly knownUntil: number;
    readonly now: number;
    readonly quirks: Quirks;
}

/** The buckets of an answer. */
export function gridOf(query: ReadingsQuery, context: GridContext): Grid {
    const { resolution, quirks, knownUntil, intervalS, now } = context;
    const { from, to } = query.span;
    const start = quirks.grid === 'epoch' ? floorTo(from, resolution) : from;
    const end = quirks.bounds === 'inclusive' ? to + 1 : to;
    const all = Math.max(0, Math.ceil((end - start) / resolution));
    const ragged = (to - start) % resolution !== 0;
    const fresh = query.explicit && to > now - resolution;
    const trailing = fresh || ragged;
    const count = trailing && quirks.trailingBucket === 'absent' ? Math.max(0, all - 1) : all;
    const ended = Math.max(0, Math.floor((knownUntil - start) / resolution));
    const hidden = trailing && quirks.trailingBucket === 'null' ? 1 : 0;
    const closed = Math.min(count - hidden, ended);
    return { start, count, resolution, closed: Math.max(0, closed), partial: partialSpan() };

    function partialSpan(): Span | undefined {
        if (quirks.trailingBucket !== 'partial' || closed >= count) return undefined;
        const opened = start + closed * resolution;
        const until = Math.min(floorTo(knownUntil, Math.min(intervalS, 60)), opened + resolution);
        // Only native readings that have ended count.
        const last = opened + Math.floor((until - ceilTo(opened, 60)) / intervalS) * intervalS;
        return last > opened ? { from: opened, to: last } : undefined;
    }
}
