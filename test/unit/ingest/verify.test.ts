import { describe, expect, it } from 'vitest';
import { parseReadings } from '../../../src/api/wire.ts';
import { verifyAnswer } from '../../../src/ingest/verify.ts';

const request = {
    channelId: '101',
    from: 1_764_565_200,
    to: 1_764_568_800,
    resolution: 900,
    fields: ['E', 'P'],
};
const later = request.to + 86_400;

/** The contract's sample answer, with changes. */
function answer(change: Record<string, unknown> = {}) {
    return parseReadings(
        JSON.stringify({
            channel: 101,
            from: request.from,
            to: request.to,
            resolution: 900,
            units: { ts: 'Unix Time', E: 'Wh', P: 'W' },
            recordCount: 4,
            records: [
                { ts: 1_764_565_200, E: 312.25, P: 1249 },
                { ts: 1_764_566_100, E: 0, P: 0 },
                { ts: 1_764_567_000, E: null, P: null },
                { ts: 1_764_567_900, E: 298.5, P: 1194 },
            ],
            ...change,
        }),
    );
}

const rows = (...stamps: readonly number[]) => ({
    recordCount: stamps.length,
    records: stamps.map((ts) => ({ ts, E: 1, P: 1 })),
});

describe('a good answer', () => {
    it('counts buckets and those with a value; zero is a value, null is none', () => {
        expect(verifyAnswer(answer(), request, request.fields, later)).toEqual({
            kind: 'good',
            readings: 4,
            measured: 3,
            lastReadingEnd: 1_764_568_800,
            coveredTo: request.to,
        });
    });

    it('may be coarser than asked, leave buckets out, or say no count and no units', () => {
        const coarse = { resolution: 1800, ...rows(1_764_565_200, 1_764_567_000) };
        expect(verifyAnswer(answer(coarse), request, ['E'], later).kind).toBe('good');
        expect(verifyAnswer(answer(rows(1_764_567_000)), request, ['E'], later).kind).toBe('good');
        const bare = answer({ recordCount: undefined, units: undefined });
        expect(verifyAnswer(bare, request, ['E'], later).kind).toBe('good');
        expect(verifyAnswer(answer(rows()), request, ['E'], later)).toMatchObject({
            readings: 0,
            measured: 0,
        });
    });

    it('does not count the bucket at an included end: it belongs to the next span', () => {
        const inclusive = answer(
            rows(1_764_565_200, 1_764_566_100, 1_764_567_000, 1_764_567_900, 1_764_568_800),
        );
        expect(verifyAnswer(inclusive, request, ['E'], later)).toMatchObject({ readings: 4, measured: 4 });
    });

    it('covers only what was there when the newest bucket was still open', () => {
        const short = answer(rows(1_764_565_200, 1_764_566_100, 1_764_567_000));
        expect(verifyAnswer(short, request, ['E'], request.to + 10)).toMatchObject({
            coveredTo: 1_764_567_900,
        });
        expect(verifyAnswer(short, request, ['E'], later)).toMatchObject({ coveredTo: request.to });
    });
});

describe('an answer is refused', () => {
    it.each([
        ['wrong_channel', { channel: 102 }],
        ['wrong_span', { from: request.from - 900 }],
        ['wrong_span', { to: request.to + 900 }],
        ['wrong_count', { recordCount: 5 }],
        ['wrong_unit', { units: { E: 'kWh', P: 'W' } }],
        ['wrong_unit', { units: { E: 'Wh', P: 'kW' } }],
        ['off_grid', rows(1_764_565_200, 1_764_566_107)],
        ['duplicate_ts', rows(1_764_565_200, 1_764_565_200)],
        ['unsorted', rows(1_764_566_100, 1_764_565_200)],
        ['out_of_span', rows(1_764_565_200, 1_764_569_700)],
        ['out_of_span', rows(1_764_564_300)],
    ])('as %s', (reason, change) => {
        expect(verifyAnswer(answer(change), request, request.fields, later)).toMatchObject({
            kind: 'bad',
            reason,
        });
    });
});
