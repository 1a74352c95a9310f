import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastClosed, type PlanOptions, planChannel, splitSpan } from '../../../src/ingest/plan.ts';
import type { ChannelCoverage } from '../../../src/lake/coverage.ts';
import {
    type Granularity,
    granularities,
    localDate,
    partitionOf,
    type Resolution,
    resolutions,
    type Span,
} from '../../../src/model/time.ts';

const day = 86_400;
const at = (iso: string): number => Date.parse(iso) / 1000;
const nothing: ChannelCoverage = {
    answered: {},
    failed: {},
    lastReadingEnd: null,
    healedAt: null,
    fields: null,
};
const zones = ['UTC', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'America/Havana'];

function options(some: Partial<PlanOptions> = {}): PlanOptions {
    return {
        now: at('2026-11-23T09:20:00Z'),
        resolution: 900,
        granularity: 'month',
        refetch: false,
        rereadDays: 3,
        firstRunDays: 30,
        healDays: 30,
        ...some,
    };
}

const covered = (spans: readonly Span[], some: Partial<ChannelCoverage> = {}): ChannelCoverage => ({
    ...nothing,
    answered: { 900: spans },
    lastReadingEnd: spans.at(-1)?.to ?? null,
    healedAt: at('2026-11-23T09:00:00Z'),
    ...some,
});

describe('a first run', () => {
    it('begins with a whole local day, thirty days back, and ends with the last closed bucket', () => {
        const plan = planChannel(nothing, 'America/New_York', options());
        expect(plan).toEqual([
            { from: at('2026-10-24T04:00:00Z'), to: at('2026-11-01T00:00:00Z'), ask: 900 },
            { from: at('2026-11-01T00:00:00Z'), to: at('2026-11-23T09:15:00Z'), ask: 900 },
        ]);
    });
});

describe('an incremental run', () => {
    it('reads the last three days again and goes on to now', () => {
        const coverage = covered([{ from: at('2026-10-24T04:00:00Z'), to: at('2026-11-23T08:15:00Z') }]);
        expect(planChannel(coverage, 'UTC', options())).toEqual([
            { from: at('2026-11-20T08:15:00Z'), to: at('2026-11-23T09:15:00Z'), ask: 900 },
        ]);
    });

    it('asks again for what failed before', () => {
        const span = { from: at('2026-10-24T04:00:00Z'), to: at('2026-11-23T08:15:00Z') };
        const failed = { 900: [{ from: at('2026-11-02T00:00:00Z'), to: at('2026-11-03T00:00:00Z') }] };
        expect(planChannel(covered([span], { failed }), 'UTC', options())[0]).toEqual({
            from: at('2026-11-02T00:00:00Z'),
            to: at('2026-11-03T00:00:00Z'),
            ask: 900,
        });
    });

    it('looks once a day for what a silent meter uploaded late, thirty days back at most', () => {
        const span = { from: at('2026-09-01T00:00:00Z'), to: at('2026-11-23T08:15:00Z') };
        const silentSince = at('2026-11-10T10:00:00Z');
        const from = (some: Partial<ChannelCoverage>): number | undefined =>
            planChannel(covered([span], some), 'UTC', options())[0]?.from;
        const yesterday = at('2026-11-22T09:20:00Z');
        expect(from({ lastReadingEnd: silentSince, healedAt: yesterday })).toBe(silentSince);
        expect(from({ lastReadingEnd: silentSince, healedAt: yesterday + 60 })).toBe(
            at('2026-11-20T08:15:00Z'),
        );
        expect(from({ lastReadingEnd: at('2026-09-02T00:00:00Z'), healedAt: yesterday })).toBe(
            at('2026-10-24T09:15:00Z'),
        );
    });

    it('fills what was never asked in the last thirty days, and not the years between two backfills', () => {
        const coverage = covered([
            { from: at('2023-01-01T00:00:00Z'), to: at('2023-02-01T00:00:00Z') },
            { from: at('2026-11-01T00:00:00Z'), to: at('2026-11-23T08:15:00Z') },
        ]);
        expect(planChannel(coverage, 'UTC', options()).map(({ from, to }) => [from, to])).toEqual([
            [at('2026-10-24T09:15:00Z'), at('2026-11-01T00:00:00Z')],
            [at('2026-11-20T08:15:00Z'), at('2026-11-23T09:15:00Z')],
        ]);
    });
});

describe('an explicit range', () => {
    it('asks only for what is not landed, unless told to fetch again', () => {
        const coverage = covered([{ from: at('2026-01-10T00:00:00Z'), to: at('2026-01-20T00:00:00Z') }]);
        const range = { from: at('2026-01-05T00:00:00Z'), to: at('2026-01-25T00:00:00Z') };
        const spans = (refetch: boolean) =>
            planChannel(coverage, 'UTC', options({ ...range, refetch })).map(({ from, to }) => [from, to]);
        expect(spans(false)).toEqual([
            [at('2026-01-05T00:00:00Z'), at('2026-01-10T00:00:00Z')],
            [at('2026-01-20T00:00:00Z'), at('2026-01-25T00:00:00Z')],
        ]);
        expect(spans(true)).toEqual([[range.from, range.to]]);
    });

    it('is widened to the grid: a start off it would double the readings', () => {
        const range = { from: at('2026-02-03T12:51:26Z'), to: at('2026-02-03T13:01:00Z') };
        expect(planChannel(nothing, 'UTC', options(range))).toEqual([
            { from: at('2026-02-03T12:45:00Z'), to: at('2026-02-03T13:15:00Z'), ask: 900 },
        ]);
    });

    it('never reaches into a bucket that is still open', () => {
        const range = { from: at('2026-11-23T00:00:00Z'), to: at('2027-01-01T00:00:00Z') };
        expect(planChannel(nothing, 'UTC', options(range)).at(-1)?.to).toBe(at('2026-11-23T09:15:00Z'));
    });
});

describe('one-minute readings', () => {
    it('are asked a day at a time, since longer spans come back coarser', () => {
        const range = { from: at('2026-10-01T00:00:00Z'), to: at('2026-11-01T00:00:00Z') };
        const plan = planChannel(nothing, 'UTC', options({ ...range, resolution: 60 }));
        expect(plan).toHaveLength(31);
        expect(plan.every(({ from, to, ask }) => to - from === day && ask === 60)).toBe(true);
    });
});

describe('day totals', () => {
    it('follow the site’s days, and are built from hours where a day has 23 or 25', () => {
        const range = { from: at('2026-10-30T12:00:00Z'), to: at('2026-11-03T12:00:00Z') };
        const plan = planChannel(nothing, 'America/New_York', options({ ...range, resolution: 86_400 }));
        expect(plan).toEqual([
            { from: at('2026-10-30T04:00:00Z'), to: at('2026-11-01T04:00:00Z'), ask: 86_400 },
            { from: at('2026-11-01T04:00:00Z'), to: at('2026-11-02T05:00:00Z'), ask: 3600 },
            { from: at('2026-11-02T05:00:00Z'), to: at('2026-11-04T05:00:00Z'), ask: 86_400 },
        ]);
    });
});

describe('every plan', () => {
    const cases = fc.record({
        now: fc.integer({ min: at('2015-01-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z') }),
        back: fc.integer({ min: 1, max: 500 * day }),
        length: fc.integer({ min: 1, max: 120 * day }),
        resolution: fc.constantFrom<Resolution>(...resolutions),
        granularity: fc.constantFrom<Granularity>(...granularities),
        zone: fc.constantFrom(...zones),
        done: fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 40 })), {
            maxLength: 4,
        }),
    });

    it('covers its range exactly once, in order, on the grid, within partitions, with closed buckets only', () => {
        fc.assert(
            fc.property(cases, ({ now, back, length, resolution, granularity, zone, done }) => {
                const from = now - back;
                const answered = done.map(([start, days]) => ({
                    from: from + start * day,
                    to: from + (start + days) * day,
                }));
                const coverage = { ...nothing, answered: { [resolution]: answered } };
                const range = { now, from, to: from + length, resolution, granularity, refetch: true };
                const plan = planChannel(coverage, zone, options(range));
                const end = Math.min(lastClosed(now, resolution, zone), from + length);
                if (plan.length === 0) {
                    expect(end - from).toBeLessThan(2 * day);
                    return;
                }
                expect(plan[0]?.from).toBeLessThanOrEqual(from);
                expect(plan.at(-1)?.to).toBeGreaterThanOrEqual(end);
                expect(plan.at(-1)?.to).toBeLessThanOrEqual(now);
                for (const [index, request] of plan.entries()) {
                    if (index > 0) expect(request.from).toBe(plan[index - 1]?.to);
                    expect(request.to).toBeGreaterThan(request.from);
                    expect((request.to - request.from) % request.ask).toBe(0);
                    if (request.ask === day)
                        expect(localDate(request.from - 1, zone) < localDate(request.from, zone)).toBe(true);
                    else expect(request.from % request.ask === 0 || resolution === day).toBe(true);
                    if (resolution === 60) expect(request.to - request.from).toBeLessThanOrEqual(day);
                    const lastBucket = request.to - request.ask;
                    expect(partitionOf(lastBucket, granularity).value).toBe(
                        partitionOf(request.from, granularity).value,
                    );
                }
            }),
            { numRuns: 300 },
        );
    });

    it('splits into pieces that join to the whole', () => {
        fc.assert(
            fc.property(
                fc.integer({ min: 0, max: 2_000_000_000 }),
                fc.integer({ min: 1, max: 800 * day }),
                fc.constantFrom<Granularity>(...granularities),
                fc.integer({ min: 1, max: 90 }),
                (from, length, granularity, days) => {
                    const pieces = splitSpan({ from, to: from + length }, granularity, days * day);
                    expect(pieces[0]?.from).toBe(from);
                    expect(pieces.at(-1)?.to).toBe(from + length);
                    for (const [index, piece] of pieces.entries()) {
                        if (index > 0) expect(piece.from).toBe(pieces[index - 1]?.to);
                        expect(piece.to - piece.from).toBeLessThanOrEqual(days * day);
                    }
                },
            ),
        );
    });
});
