/** Real meter data from a folder (site.json, readings.csv.gz) as a source, resampled the way the platform does. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../core/errors.ts';
import { findField } from '../model/fields.ts';
import type { Span } from '../model/time.ts';
import { type NativeReadings, readReadings } from './replay-csv.ts';
import { readSiteFile, replayChannels, replayDevices, replayOrganizations } from './replay-site.ts';
import { type Aggregate, aggregateOf, countBuckets, nullColumns, type SiteSource } from './site.ts';

/**
 * The replay of a folder, held in memory. Throws USAGE_BAD_ARGUMENTS when the folder is not a replay, DATA_CORRUPT (file
 * and line named) when its content is not what it should be.
 */
export async function replaySite(dir: string): Promise<SiteSource> {
    const site = await readSiteFile(join(dir, 'site.json'));
    const path = join(dir, 'readings.csv.gz');
    await access(path).catch((error: unknown) => {
        throw new AppError('USAGE_BAD_ARGUMENTS', `${path} does not exist`, {
            hint: 'A replay folder holds site.json and readings.csv.gz.',
            cause: error,
        });
    });
    const readings = await readReadings(path);
    const known = new Set(site.channels.map((row) => row.dataChannelId));
    for (const channelId of readings.keys()) {
        if (known.has(channelId)) continue;
        throw new AppError('DATA_CORRUPT', `${path}: channel ${channelId} is not in site.json`);
    }
    let firstAt = Number.POSITIVE_INFINITY;
    for (const { at } of readings.values()) firstAt = Math.min(firstAt, at[0] ?? firstAt);
    const registeredAt = Number.isFinite(firstAt) ? firstAt : 0;
    return {
        organizations: replayOrganizations(site),
        devices: replayDevices(site, registeredAt),
        channels: replayChannels(site, readings, registeredAt),
        buckets(channelId, fields, span, resolution) {
            const native = readings.get(channelId);
            if (native === undefined) return nullColumns(fields.length, countBuckets(span, resolution));
            return fields.map((code) => resample(native, code, span, resolution));
        },
    };
}

/** One field's buckets; a reading counts in the bucket its start lies in, and a partly known bucket is what is known. */
function resample(native: NativeReadings, code: string, span: Span, resolution: number): Float64Array {
    const buckets = new Float64Array(countBuckets(span, resolution)).fill(Number.NaN);
    const column = native.byCode.get(code);
    if (column === undefined) return buckets;
    const how = aggregateOf(code, findField(code)?.kind);
    let row = firstNotBefore(native.at, span.from);
    for (let bucket = 0; bucket < buckets.length; bucket += 1) {
        const end = Math.min(span.from + (bucket + 1) * resolution, span.to);
        const first = row;
        while (row < native.at.length && (native.at[row] ?? end) < end) row += 1;
        if (row > first) buckets[bucket] = aggregate(column, first, row, how);
    }
    return buckets;
}

/** The aggregate of the known values of the rows `from` … `to` − 1; NaN when none is known. */
function aggregate(column: Float64Array, from: number, to: number, how: Aggregate): number {
    let known = 0;
    let total = 0;
    let highest = Number.NEGATIVE_INFINITY;
    for (let row = from; row < to; row += 1) {
        const value = column[row] ?? Number.NaN;
        if (Number.isNaN(value)) continue;
        known += 1;
        total += value;
        highest = Math.max(highest, value);
    }
    if (known === 0) return Number.NaN;
    if (how === 'max') return highest;
    return how === 'sum' ? total : total / known;
}

function firstNotBefore(at: Float64Array, instant: number): number {
    let low = 0;
    let high = at.length;
    while (low < high) {
        const middle = (low + high) >>> 1;
        if ((at[middle] ?? Number.POSITIVE_INFINITY) < instant) low = middle + 1;
        else high = middle;
    }
    return low;
}
