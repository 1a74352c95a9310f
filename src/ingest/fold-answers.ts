/**
 * What answers say of each interval, by the rule in plain words: oldest answer first, a known value replaces, null does
 * not. A second route to what compaction does in SQL: `verify` compares with it, `why` explains by it. Pure.
 */
import type { SnapshotContent } from '../lake/snapshot-text.ts';
import type { Field } from '../model/fields.ts';
import type { Span } from '../model/time.ts';

/** One interval as the answers so far leave it. */
export interface FoldedRow {
    /** Start, epoch seconds. */
    readonly ts: number;
    readonly intervalS: number;
    /** By field, in the units of the lake's columns. */
    readonly values: readonly (number | null)[];
    /** Epoch milliseconds of the newest answer that holds the interval. */
    readonly fetchedAt: number;
}

/** The intervals of an answer that begin in the span it was asked for and in `within`. */
export function readIntervals(
    { name, records }: SnapshotContent,
    within: Span,
    fields: readonly Field[],
): FoldedRow[] {
    const from = Math.max(name.from, within.from);
    const to = Math.min(name.to, within.to);
    return records
        .filter(({ ts }) => ts >= from && ts < to)
        .map((record) => ({
            ts: record.ts,
            intervalS: name.answered,
            values: fields.map(({ code, divisor }) => {
                const value = record.value(code);
                return value === null ? null : value / divisor;
            }),
            fetchedAt: name.fetchedAt,
        }));
}

/** The row after one more, newer answer. */
export function foldRow(before: FoldedRow | undefined, next: FoldedRow): FoldedRow {
    if (before === undefined) return next;
    return { ...next, values: next.values.map((value, index) => value ?? before.values[index] ?? null) };
}
