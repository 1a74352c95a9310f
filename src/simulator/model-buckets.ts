/** Buckets of any length and anchor out of a channel model, taking whole quarter-hours where it can. */
import type { Span } from '../model/time.ts';
import type { ChannelModel, FieldRule } from './meter-model.ts';
import { type BucketColumns, countBuckets, nullColumns } from './site.ts';

/** See SiteSource.buckets; nothing is known before `firstAt`. */
export function bucketsOfModel(
    model: ChannelModel,
    fields: readonly string[],
    span: Span,
    resolution: number,
    firstAt: number,
): BucketColumns {
    const rules = fields.map((code) => ruleOf(model, code));
    const columns = nullColumns(fields.length, countBuckets(span, resolution));
    const firstMinute = Math.ceil(firstAt / 60);
    const native = new Float64Array(model.size);
    const sums = new Float64Array(fields.length);
    for (let bucket = 0, start = span.from; start < span.to; bucket += 1, start += resolution) {
        const from = Math.max(Math.ceil(start / 60), firstMinute);
        const to = Math.ceil((start + resolution) / 60);
        if (from >= to) continue;
        // The common case, without weights: a bucket that is one quarter-hour.
        if (to - from === 15 && from % 15 === 0) {
            model.quarter(from / 15, native);
            for (let f = 0; f < rules.length; f += 1) put(columns[f], bucket, linear(rules[f], native));
            continue;
        }
        gather(model, rules, from, to, native, sums);
        for (let f = 0; f < rules.length; f += 1) put(columns[f], bucket, sums[f] ?? Number.NaN);
    }
    return columns;
}

/** The aggregates of the minutes `from` … `to` − 1 (minutes since 1970), written to `sums`. */
function gather(
    model: ChannelModel,
    rules: readonly FieldRule[],
    from: number,
    to: number,
    native: Float64Array,
    sums: Float64Array,
): void {
    sums.fill(0);
    for (let minute = from; minute < to; ) {
        const whole = minute % 15 === 0 && minute + 15 <= to;
        const length = whole ? 15 : 1;
        if (whole) model.quarter(minute / 15, native);
        else model.minute(Math.floor(minute / 15), minute % 15, native);
        for (let f = 0; f < rules.length; f += 1) {
            const value = linear(rules[f], native);
            const before = sums[f] ?? 0;
            const how = rules[f]?.aggregate;
            if (how === 'sum') sums[f] = before + value;
            else if (how === 'mean') sums[f] = before + value * length;
            else sums[f] = minute === from ? value : Math.max(before, value);
        }
        minute += length;
    }
    for (let f = 0; f < rules.length; f += 1) {
        if (rules[f]?.aggregate === 'mean') sums[f] = (sums[f] ?? 0) / (to - from);
    }
}

function linear(rule: FieldRule | undefined, native: Float64Array): number {
    if (rule === undefined) return Number.NaN;
    return (native[rule.base] ?? Number.NaN) * rule.multiply + rule.add;
}

function put(column: Float64Array | undefined, at: number, value: number): void {
    if (column !== undefined) column[at] = value;
}

function ruleOf(model: ChannelModel, code: string): FieldRule {
    const rule = model.rules.find((candidate) => candidate.code === code);
    if (rule === undefined) throw new Error(`The model has no field ${code}`);
    return rule;
}
