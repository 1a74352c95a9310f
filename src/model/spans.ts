/** Lists of spans as sets of instants: put together, and taken away from each other. Pure. */
import type { Span } from './time.ts';

/** Sorted, apart from each other; touching spans become one. */
export function mergeSpans(spans: readonly Span[]): Span[] {
    const merged: Span[] = [];
    for (const span of [...spans].sort((a, b) => a.from - b.from)) {
        const last = merged.at(-1);
        if (last !== undefined && span.from <= last.to) {
            merged[merged.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
        } else if (span.to > span.from) {
            merged.push({ from: span.from, to: span.to });
        }
    }
    return merged;
}

/** What of `span` is in none of `covered`. */
export function subtractSpans(span: Span, covered: readonly Span[]): Span[] {
    const left: Span[] = [];
    let at = span.from;
    for (const { from, to } of mergeSpans(covered)) {
        if (to <= at) continue;
        if (from >= span.to) break;
        if (from > at) left.push({ from: at, to: from });
        at = to;
    }
    if (at < span.to) left.push({ from: at, to: span.to });
    return left;
}
