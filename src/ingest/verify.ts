/**
 * Is an answer what was asked for? Resolution, bounds, grid, order, units and count are checked before anything is
 * landed; a 200 with the wrong span or a doubled row is worse than an error. Pure.
 */
import type { ReadingsEnvelope, ReadingsRequest } from '../api/client.ts';
import { findField } from '../model/fields.ts';

export type Verdict =
    | {
          readonly kind: 'good';
          /** Buckets, and those with at least one value. */
          readonly readings: number;
          readonly measured: number;
          /** End of the newest bucket with a value, epoch seconds. */
          readonly lastReadingEnd: number | null;
          /** End of what the answer really covers: a bucket still open at the end is left out by the API. */
          readonly coveredTo: number;
      }
    | { readonly kind: 'bad'; readonly reason: string; readonly message: string };

/** Units that change a number's meaning a thousandfold or make it another quantity: these must be as documented. */
const strictUnits = new Set(['Wh', 'W', 'VAh', 'VA', 'VArh', 'VAr', 'V', 'A', 'Hz']);

/** Judges an answer. `fetchedAt` in epoch seconds. */
export function verifyAnswer(
    envelope: ReadingsEnvelope,
    request: ReadingsRequest,
    fields: readonly string[],
    fetchedAt: number,
): Verdict {
    const problem =
        checkEnvelope(envelope, request) ?? checkUnits(envelope, fields) ?? checkRecords(envelope, request);
    if (problem !== undefined) return { kind: 'bad', ...problem };
    const { records, resolution } = envelope;
    let measured = 0;
    let lastReadingEnd: number | null = null;
    for (const record of records) {
        if (record.ts >= request.to || !fields.some((code) => (record[code] ?? null) !== null)) continue;
        measured += 1;
        lastReadingEnd = record.ts + resolution;
    }
    return {
        kind: 'good',
        readings: records.filter(({ ts }) => ts < request.to).length,
        measured,
        lastReadingEnd,
        coveredTo: coveredEnd(envelope, request, fetchedAt),
    };
}

type Problem = { readonly reason: string; readonly message: string };

function checkEnvelope(envelope: ReadingsEnvelope, request: ReadingsRequest): Problem | undefined {
    if (envelope.channel !== undefined && envelope.channel !== request.channelId) {
        return {
            reason: 'wrong_channel',
            message: `the answer is for channel ${envelope.channel}, asked was ${request.channelId}`,
        };
    }
    if (envelope.from !== request.from || envelope.to !== request.to) {
        return {
            reason: 'wrong_span',
            message: `the answer covers ${envelope.from} to ${envelope.to}, asked was ${request.from} to ${request.to}`,
        };
    }
    if (envelope.recordCount !== null && envelope.recordCount !== envelope.records.length) {
        return {
            reason: 'wrong_count',
            message: `recordCount says ${envelope.recordCount}, the answer has ${envelope.records.length} records`,
        };
    }
    return undefined;
}

function checkUnits(envelope: ReadingsEnvelope, fields: readonly string[]): Problem | undefined {
    for (const code of fields) {
        const expected = findField(code)?.sourceUnit ?? '';
        const unit = envelope.units[code] ?? '';
        if (unit !== '' && strictUnits.has(expected) && unit.toLowerCase() !== expected.toLowerCase()) {
            return {
                reason: 'wrong_unit',
                message: `${code} comes in "${unit}", expected was "${expected}"`,
            };
        }
    }
    return undefined;
}

function checkRecords(envelope: ReadingsEnvelope, request: ReadingsRequest): Problem | undefined {
    const { records, resolution } = envelope;
    const first = records[0];
    if (first === undefined) return undefined;
    // The grid is anchored at the request's start, or on round clock times; one answer has one of them.
    const anchor = (first.ts - request.from) % resolution === 0 ? request.from : 0;
    let previous = Number.NEGATIVE_INFINITY;
    for (const { ts } of records) {
        if (ts === previous) return { reason: 'duplicate_ts', message: `ts ${ts} comes twice` };
        if (ts < previous) return { reason: 'unsorted', message: `ts ${ts} comes after ${previous}` };
        // A closing bucket at `to` belongs to the next span; some grids begin before `from`.
        if (ts > request.to || ts <= request.from - resolution) {
            return {
                reason: 'out_of_span',
                message: `ts ${ts} lies outside ${request.from} to ${request.to}`,
            };
        }
        if ((ts - anchor) % resolution !== 0) {
            return { reason: 'off_grid', message: `ts ${ts} is not on the grid of ${resolution} s` };
        }
        previous = ts;
    }
    return undefined;
}

/** A bucket that was still open when the API answered is missing at the end; it must be asked for again. */
function coveredEnd(envelope: ReadingsEnvelope, request: ReadingsRequest, fetchedAt: number): number {
    const last = envelope.records.at(-1);
    const isRecent = request.to > fetchedAt - 2 * envelope.resolution;
    if (last === undefined || !isRecent) return request.to;
    return Math.min(request.to, last.ts + envelope.resolution);
}
