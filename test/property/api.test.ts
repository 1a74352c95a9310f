/** Laws of the API client's arithmetic. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPace } from '../../src/api/pace.ts';
import { encodeQuery, type QueryPair } from '../../src/api/query.ts';
import { parseNumber, readRecords } from '../../src/api/records.ts';
import { type Failure, longestRetryAfterMs, parseRetryAfter, retryDelayMs } from '../../src/api/retry.ts';
import { parseReadings } from '../../src/api/wire.ts';

const failure: fc.Arbitrary<Failure> = fc.oneof(
    fc.record({
        kind: fc.constant('rate_limited' as const),
        retryAfterMs: fc.option(fc.nat({ max: 1e9 }), { nil: undefined }),
    }),
    fc.record({ kind: fc.constant('server' as const), status: fc.integer({ min: 500, max: 599 }) }),
    fc.constantFrom<Failure>({ kind: 'network' }, { kind: 'timeout' }, { kind: 'gone' }),
);
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('retries', () => {
    it('end, whatever fails in whatever order', () => {
        fc.assert(
            fc.property(fc.array(failure, { minLength: 9, maxLength: 40 }), random, (failures, chance) => {
                const waits = failures.map((_, index) => retryDelayMs(failures.slice(0, index + 1), chance));
                // Five for 429 and three for all else: the ninth failure at the latest is the last.
                expect(waits.slice(0, 9)).toContain(undefined);
            }),
        );
    });

    it('wait between nothing and five minutes, and at least 3.2 s unless the API says less', () => {
        fc.assert(
            fc.property(fc.array(failure, { minLength: 1, maxLength: 9 }), random, (failures, chance) => {
                const wait = retryDelayMs(failures, chance);
                if (wait === undefined) return;
                const last = failures.at(-1);
                const told = last?.kind === 'rate_limited' && last.retryAfterMs !== undefined;
                expect(wait).toBeGreaterThanOrEqual(told ? 0 : 3200);
                expect(wait).toBeLessThanOrEqual(longestRetryAfterMs);
                if (told) expect(wait).toBe(Math.min(last.retryAfterMs ?? 0, 300_000));
            }),
        );
    });

    it('read every Retry-After without a surprise', () => {
        fc.assert(
            fc.property(fc.string(), fc.nat(), (header, now) => {
                const wait = parseRetryAfter(header, now);
                if (wait !== undefined) expect(wait).toBeGreaterThanOrEqual(0);
            }),
        );
        fc.assert(
            fc.property(fc.nat({ max: 4_000_000 }), fc.nat({ max: 86_400 }), (minute, ahead) => {
                const now = minute * 60_000;
                expect(parseRetryAfter(new Date(now + ahead * 1000).toUTCString(), now)).toBe(ahead * 1000);
                expect(parseRetryAfter(String(ahead), now)).toBe(ahead * 1000);
            }),
        );
    });
});

describe('numbers of the source', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

    it('mean the same as text and as number', () => {
        fc.assert(
            fc.property(finite, (value) => {
                expect(parseNumber(value)).toBe(value);
                expect(parseNumber(JSON.stringify(value))).toBe(JSON.parse(JSON.stringify(value)));
            }),
        );
    });

    it('are finite, or none at all', () => {
        fc.assert(
            fc.property(fc.anything(), (value) => {
                const parsed = parseNumber(value);
                if (parsed === undefined) return;
                expect(Number.isFinite(parsed)).toBe(true);
                expect(['number', 'string']).toContain(typeof value);
            }),
        );
    });

    it('are what the records held, mixed as they come', () => {
        const value = fc.oneof(fc.constant(null), finite);
        const row = fc.record({ ts: fc.nat({ max: 2 ** 31 }), E: value, P: value });
        fc.assert(
            fc.property(fc.array(fc.tuple(row, fc.boolean())), (rows) => {
                const wire = rows.map(([record, asText]) =>
                    asText
                        ? JSON.parse(JSON.stringify(record, (_k, v) => (typeof v === 'number' ? `${v}` : v)))
                        : record,
                );
                const read = readRecords(wire);
                expect(read).toEqual({
                    kind: 'good',
                    records: rows.map(([{ ts, E, P }, asText]) =>
                        asText
                            ? {
                                  ts,
                                  E: E === null ? null : Number(`${E}`),
                                  P: P === null ? null : Number(`${P}`),
                              }
                            : { ts, E, P },
                    ),
                });
            }),
        );
    });

    it('never come out of an answer that was cut anywhere', () => {
        const whole = JSON.stringify({
            from: 0,
            to: 1800,
            resolution: 900,
            units: { E: 'Wh' },
            recordCount: 2,
            records: [
                { ts: 0, E: 1.5 },
                { ts: 900, E: null },
            ],
            operatingHours: {},
        });
        fc.assert(
            fc.property(fc.nat({ max: whole.length - 1 }), (length) => {
                expect(() => parseReadings(whole.slice(0, length))).toThrowError(
                    expect.objectContaining({
                        code: 'SOURCE_BAD_ANSWER',
                        details: expect.objectContaining({
                            reason: length === 0 ? 'empty_body' : 'truncated',
                        }),
                    }),
                );
            }),
        );
    });
});

describe('query strings', () => {
    it('arrive as they were meant, in order, repeats included', () => {
        const text = fc.string({ unit: 'grapheme' });
        fc.assert(
            fc.property(fc.array(fc.tuple(text, text)), (pairs: QueryPair[]) => {
                expect([...new URLSearchParams(encodeQuery(pairs))]).toEqual(pairs);
            }),
        );
    });
});

describe('the pace', () => {
    it('keeps its distance and its pauses, whatever else takes time', async () => {
        await fc.assert(
            fc.asyncProperty(
                fc.integer({ min: 1, max: 20 }),
                fc.array(fc.record({ idleMs: fc.nat({ max: 3000 }), pauseMs: fc.nat({ max: 5000 }) }), {
                    minLength: 1,
                    maxLength: 20,
                }),
                async (rate, steps) => {
                    const clock = { ms: 0 };
                    const pace = createPace(rate, {
                        now: () => clock.ms,
                        sleep: async (ms) => {
                            clock.ms += ms;
                        },
                        signal: new AbortController().signal,
                    });
                    let last = Number.NEGATIVE_INFINITY;
                    let pausedUntil = 0;
                    for (const { idleMs, pauseMs } of steps) {
                        clock.ms += idleMs;
                        pace.pause(pauseMs);
                        pausedUntil = Math.max(pausedUntil, clock.ms + pauseMs);
                        await pace.turn();
                        expect(clock.ms).toBeGreaterThanOrEqual(pausedUntil - 1e-6);
                        expect(clock.ms - last).toBeGreaterThanOrEqual(1000 / rate - 1e-6);
                        last = clock.ms;
                    }
                },
            ),
        );
    });
});
