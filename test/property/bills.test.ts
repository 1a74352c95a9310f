import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
    clockOf,
    type OpinionTariff,
    type OpinionVersion,
    rateOf,
    reckonBills,
} from '../support/bill-opinion.ts';
import { withTariffLake } from '../support/tariff-lake.ts';
import type { GivenReading } from '../unit/warehouse/small-lake.ts';

/** Zones whose clocks change by half an hour, at midnight, or run on quarter hours, with days around a change in 2026. */
const places = [
    ['Europe/London', '2026-03-28'],
    ['America/New_York', '2026-10-30'],
    ['Australia/Lord_Howe', '2026-04-03'],
    ['Asia/Kathmandu', '2026-02-27'],
    ['America/St_Johns', '2026-02-26'],
    ['Africa/Cairo', '2026-04-22'],
    ['America/Santiago', '2026-04-02'],
    ['Pacific/Chatham', '2026-09-25'],
    ['UTC', '2026-12-30'],
] as const;

const money = fc.integer({ min: 0, max: 400_000 }).map((value) => value / 1_000_000);
const quarter = fc.integer({ min: 0, max: 96 });
const clock = (value: number): string =>
    `${String(Math.floor(value / 4)).padStart(2, '0')}:${String((value % 4) * 15).padStart(2, '0')}`;
const hours = fc
    .uniqueArray(quarter, { minLength: 2, maxLength: 2 })
    .map(([a = 0, b = 96]) => [`${clock(Math.min(a, b))}-${clock(Math.max(a, b))}`]);
const days = fc.constantFrom(
    ['weekdays'],
    ['weekends', 'holiday'],
    ['mon', 'wed', 'sun'],
    ['holiday'],
    undefined,
);

const seasons = { winter: ['10-01..03-31'], summer: ['04-01..06-30', '07-01..09-30'] };

const rule = fc
    .record({
        hours: fc.option(hours, { nil: undefined }),
        days,
        seasons: fc.constantFrom(['summer'], ['winter'], undefined),
    })
    .map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));

const tiers = fc
    .tuple(
        fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 3 }),
        fc.array(money, { minLength: 4, maxLength: 4 }),
    )
    .map(([limits, rates]) => [
        ...[...limits].sort((a, b) => a - b).map((up_to_kwh, at) => ({ up_to_kwh, rate: rates[at] ?? 0 })),
        { rate: rates[3] ?? 0 },
    ]);

const energy = fc.oneof(
    money.map((rate) => ({ kind: 'flat' as const, rate })),
    // One period by rules and the rest: several could overlap, which the file's check refuses.
    fc.tuple(fc.array(rule, { minLength: 1, maxLength: 3 }), money, money).map(([when, one, other]) => ({
        kind: 'time_of_use' as const,
        periods: [
            { name: 'peak', rate: one, when },
            { name: 'rest', rate: other },
        ],
    })),
    tiers.map((list) => ({ kind: 'tiers' as const, tiers: list })),
    fc
        .tuple(tiers, tiers)
        .map(([winter, summer]) => ({ kind: 'seasonal_tiers' as const, seasons: { winter, summer } })),
);

const demand = fc.array(
    fc.record(
        {
            name: fc.constantFrom('one', 'two', 'three'),
            rate_per_kw: fc.integer({ min: 0, max: 3000 }).map((value) => value / 100),
            when: fc.array(rule, { minLength: 1, maxLength: 2 }),
            ratchet: fc.record({
                percent: fc.integer({ min: 1, max: 100 }),
                months: fc.integer({ min: 1, max: 12 }),
            }),
        },
        { requiredKeys: ['name', 'rate_per_kw'] },
    ),
    { maxLength: 3 },
);

const taxes = fc.uniqueArray(
    fc.record(
        {
            name: fc.constantFrom('a', 'b', 'c', 'd'),
            percent: fc.integer({ min: 0, max: 3000 }).map((value) => value / 100),
            on: fc.subarray(['energy' as const, 'demand' as const, 'fixed' as const], { minLength: 1 }),
            compound: fc.boolean(),
        },
        { requiredKeys: ['name', 'percent'] },
    ),
    { maxLength: 4, selector: ({ name }) => name },
);

const version = (valid_from: string): fc.Arbitrary<OpinionVersion> =>
    fc.record(
        {
            valid_from: fc.constant(valid_from),
            seasons: fc.constant(seasons),
            energy,
            demand: demand.map((list) =>
                list.filter(({ name }, at) => list.findIndex((one) => one.name === name) === at),
            ),
            fixed: fc.record({ per_day: money, per_month: money }, { requiredKeys: [] }),
            minimum_per_month: fc.integer({ min: 0, max: 20_000 }).map((value) => value / 100),
            taxes,
        },
        { requiredKeys: ['valid_from', 'seasons', 'energy'] },
    );

/** The next version begins with the month in which the readings do, or the one after it. */
const tariffAround = (date: string): fc.Arbitrary<OpinionTariff> => {
    const month = Number(date.slice(5, 7));
    const first = `${date.slice(0, 8)}01`;
    const next = month === 12 ? '2027-01-01' : `2026-${String(month + 1).padStart(2, '0')}-01`;
    return fc
        .record({
            currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
            versions: fc.oneof(
                fc.tuple(version('2025-06-01')),
                fc.tuple(version('2025-06-01'), version(next)),
                fc.tuple(version(next)),
                fc.tuple(version(first), version(next)),
            ),
        })
        .map((given) => ({ id: 't', ...given }));
};

const cases = fc.constantFrom(...places).chain(([zone, date]) =>
    fc.record({
        zone: fc.constant(zone),
        tariff: tariffAround(date),
        readings: fc.record({
            from: fc.constant(Date.parse(`${date}T00:00:00Z`) / 1000),
            interval: fc.constantFrom(300, 900, 900, 1800, 3600, 86_400),
            seed: fc.integer({ min: 1, max: 1_000_000 }),
        }),
    }),
);

/** Six days of whole watt hours, some without energy. Each is divisible by three, so that its quarter hours come out even. */
function makeReadings({
    from,
    interval,
    seed,
}: {
    from: number;
    interval: number;
    seed: number;
}): GivenReading[] {
    let state = seed;
    return Array.from({ length: (6 * 86_400) / interval }, (_, index) => {
        state = (state * 48_271) % 2_147_483_647;
        const energy = state % 40 === 0 ? null : (3 * (state % interval)) / 1000;
        return { channel: '1', at: from + index * interval, interval, energy };
    });
}

describe('bills, for any tariff, load and zone', () => {
    it('are those of a second reckoning, line by line and to the smallest unit', {
        timeout: 600_000,
    }, async () => {
        let lines = 0;
        await fc.assert(
            fc.asyncProperty(cases, async ({ zone, tariff, readings: shape }) => {
                const readings = makeReadings(shape);
                const holidays = [new Date(shape.from * 1000 + 86_400_000).toISOString().slice(0, 10)];
                const expected = reckonBills(tariff, readings, zone, holidays);
                await withTariffLake(
                    {
                        tariffs: { tariffs: [tariff] },
                        organizations: [{ id: 'o', zone, holidays }],
                        channels: [{ id: '1', organization: 'o', tariff: 't' }],
                        readings,
                        span: { from: '2026-01-01', to: '2028-01-01' },
                    },
                    async (db) => {
                        const found = await db.rows(
                            `select strftime(month, '%Y-%m') as month, line_kind, line_name, quantity, amount,
                             epoch_us(peak_at) // 1000000 as peak_at from bill_lines order by month, line_no`,
                        );
                        const units = tariff.currency === 'JPY' ? 1 : tariff.currency === 'KWD' ? 1000 : 100;
                        const seen = found.map((row) => ({
                            month: row.month,
                            kind: row.line_kind,
                            name: String(row.line_name).replace(/ (above|\d).*kWh$/, ''),
                            quantity: row.amount === null ? null : Math.round(Number(row.quantity) * 1e6),
                            amount: row.amount === null ? null : Math.round(Number(row.amount) * units),
                            peakAt: row.peak_at === null ? undefined : Number(row.peak_at),
                        }));
                        const wanted = expected.flatMap(({ month, lines: own }) =>
                            own.map((line) => ({
                                month,
                                kind: line.kind,
                                name: line.name,
                                quantity: line.amount === null ? null : Number(line.quantity),
                                amount: line.amount === null ? null : Number(line.amount),
                                peakAt: line.peakAt,
                            })),
                        );
                        const sorted = (list: readonly object[]): string[] =>
                            list.map((line) => JSON.stringify(line)).sort();
                        expect(sorted(seen)).toEqual(sorted(wanted));
                        lines += seen.length;

                        const totals = await db.rows(
                            `select subject_kind, strftime(month, '%Y-%m') as month, total_amount from bill_monthly`,
                        );
                        for (const { month, lines: own } of expected) {
                            const amounts = own.map(({ amount }) => amount);
                            const total = amounts.includes(null)
                                ? null
                                : Number(amounts.reduce<bigint>((sum, amount) => sum + (amount ?? 0n), 0n)) /
                                  units;
                            const both = totals.filter((row) => row.month === month);
                            expect(both.map((row) => row.total_amount)).toEqual([total, total]);
                        }

                        const costs = await db.rows(
                            'select epoch_us(timestamp) // 1000000 as at, rate, cost, currency from cost order by 1',
                        );
                        const tick = clockOf(zone);
                        const priced = readings.flatMap((row) => {
                            if (typeof row.energy !== 'number') return [];
                            const rate = rateOf(tariff, row, tick, holidays);
                            const cost = rate === null ? null : row.energy * rate;
                            return [
                                {
                                    at: BigInt(row.at),
                                    rate,
                                    cost,
                                    currency: rate === null ? null : tariff.currency,
                                },
                            ];
                        });
                        expect(costs).toEqual(priced);

                        // A day's cost is that of all its energy, or not known.
                        const days = new Map<string, (number | null)[]>();
                        for (const { at, cost } of priced) {
                            const { date } = tick(Number(at));
                            days.set(date, [...(days.get(date) ?? []), cost]);
                        }
                        const daily = await db.rows(
                            'select date::varchar as date, cost from energy_daily where energy_kwh is not null order by date',
                        );
                        expect(daily.map(({ date }) => date)).toEqual([...days.keys()]);
                        for (const { date, cost } of daily) {
                            const parts = days.get(String(date)) ?? [];
                            if (parts.includes(null)) expect(cost).toBeNull();
                            else
                                expect(cost).toBeCloseTo(
                                    parts.reduce<number>((sum, part) => sum + (part ?? 0), 0),
                                    9,
                                );
                        }
                    },
                );
            }),
            { numRuns: 15, seed: 12 },
        );
        expect(lines).toBeGreaterThan(60);
    });
});
