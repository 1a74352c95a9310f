import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DuckDB } from '../../../src/warehouse/duckdb.ts';
import { type GivenFleet, withFleet, withSettings } from '../../support/organization-lake.ts';
import { type GivenReading, plain } from './small-lake.ts';

const at = (text: string): number => Date.parse(text) / 1000;

/** Readings of equal energy and power in [from, to). */
function steady(channel: string, from: string, to: string, kw: number, interval = 900): GivenReading[] {
    const found: GivenReading[] = [];
    for (let time = at(from); time < at(to); time += interval) {
        found.push({ channel, at: time, interval, energy: (kw * interval) / 3600, power: kw, voltage: 230 });
    }
    return found;
}

/** A group in New York over a region in Kathmandu over a site in Havana, with a channel each. */
const organizations = [
    { id: '1', zone: 'America/New_York', carbon: 0.5 },
    { id: '20', parent: '1', zone: 'Asia/Kathmandu', carbon: 0.25 },
    { id: '300', parent: '20', zone: 'America/Havana' },
];
const channels = [
    { id: '11', organization: '1' },
    { id: '22', organization: '20' },
    { id: '33', organization: '300' },
];
const fleet = (readings: readonly GivenReading[], more: Partial<GivenFleet> = {}): GivenFleet => ({
    organizations,
    channels,
    readings,
    ...more,
});

const ask = async (db: DuckDB, sql: string): Promise<Record<string, unknown>[]> =>
    (await db.rows(sql)).map((row) => plain(row));

describe('the rollups of organizations', () => {
    it('add up what is below, once, each organization on its own days', { timeout: 120_000 }, async () => {
        // One day of UTC: 20:00 to 20:00 in New York in summer, 05:45 to 05:45 in Kathmandu, 20:00 in Havana.
        const [from, to] = ['2026-06-10T00:00:00Z', '2026-06-11T00:00:00Z'];
        const readings = [
            ...steady('11', from, to, 1),
            ...steady('22', from, to, 10),
            ...steady('33', from, to, 100),
        ];
        await withFleet(fleet(readings), async ({ db }) => {
            const rows = await ask(
                db,
                `select organization_id as id, date::varchar as date, energy_kwh as energy, reading_count as count,
                 time_zone as zone, channel_count as channels from organization_daily order by id, date`,
            );
            expect(rows).toEqual([
                {
                    id: '1',
                    date: '2026-06-09',
                    energy: 4 * 111,
                    count: 48,
                    zone: 'America/New_York',
                    channels: 3,
                },
                {
                    id: '1',
                    date: '2026-06-10',
                    energy: 20 * 111,
                    count: 240,
                    zone: 'America/New_York',
                    channels: 3,
                },
                {
                    id: '20',
                    date: '2026-06-10',
                    energy: 18.25 * 110,
                    count: 146,
                    zone: 'Asia/Kathmandu',
                    channels: 2,
                },
                {
                    id: '20',
                    date: '2026-06-11',
                    energy: 5.75 * 110,
                    count: 46,
                    zone: 'Asia/Kathmandu',
                    channels: 2,
                },
                {
                    id: '300',
                    date: '2026-06-09',
                    energy: 400,
                    count: 16,
                    zone: 'America/Havana',
                    channels: 1,
                },
                {
                    id: '300',
                    date: '2026-06-10',
                    energy: 2000,
                    count: 80,
                    zone: 'America/Havana',
                    channels: 1,
                },
            ]);
            // The factor of one channel is not known: the sum is not, and the site's own is not.
            expect(
                await ask(
                    db,
                    'select organization_id as id, carbon_kg as carbon from organization_monthly order by id',
                ),
            ).toEqual([
                { id: '1', carbon: null },
                { id: '20', carbon: null },
                { id: '300', carbon: null },
            ]);
            for (const check of [
                'organizations_are_a_forest',
                'organizations_conserve_energy',
                'organization_peaks_are_coincident',
                'coverage_is_between_zero_and_one',
            ]) {
                expect(await db.rows(`select * from checks.${check}`), check).toEqual([]);
            }
        });
    });

    it('find the peak of the sum, which is no sum of peaks', { timeout: 120_000 }, async () => {
        const start = at('2026-06-10T12:00:00Z');
        const given = (channel: string, interval: number, powers: readonly number[]): GivenReading[] =>
            powers.map((power, index) => ({
                channel,
                at: start + index * interval,
                interval,
                energy: (power * interval) / 3600,
                power,
            }));
        const equal = [
            ...given('11', 900, [5, 1, 1, 1]),
            ...given('22', 900, [1, 4, 1, 1]),
            ...given('33', 900, [1, 1, 2, 1]),
        ];
        const figures = `select avg_power_kw as average, min_power_kw as low, peak_power_kw as peak,
            epoch(peak_at) - ${start} as peak_s, load_factor as factor
            from organization_monthly where organization_id = '1'`;
        await withFleet(fleet(equal), async ({ db }) => {
            expect(await ask(db, figures)).toEqual([
                { average: 20 / 4, low: 3, peak: 7, peak_s: 0, factor: 5 / 7 },
            ]);
        });
        // The hour of the third channel is the coarsest: the others are averaged over it.
        const mixed = [
            ...given('11', 900, [5, 1, 1, 1, 0, 0, 8, 0]),
            ...given('22', 1800, [6, 2, 2, 2]),
            ...given('33', 3600, [1, 3]),
        ];
        await withFleet(fleet(mixed), async ({ db }) => {
            expect(await ask(db, figures)).toEqual([
                { average: (2 + 4 + 1 + (2 + 2 + 3)) / 2, low: 7, peak: 7, peak_s: 0, factor: 1 },
            ]);
        });
    });

    it('find the earliest of equal peaks, in whatever order their figures are added', {
        timeout: 120_000,
    }, async () => {
        // 0.3 + 0.2 + 0.1 is 0.6, and 0.1 + 0.2 + 0.3 a little more: each day has both, one in each order.
        const noons = [at('2026-06-10T12:00:00Z'), at('2026-06-11T12:00:00Z')];
        const ascending = [0.1, 0.2, 0.3];
        const descending = [0.3, 0.2, 0.1];
        const readings = [
            [ascending, descending],
            [descending, ascending],
        ].flatMap((day, dayNo) =>
            day.flatMap((powers, quarter) =>
                powers.map((power, index) => ({
                    channel: channels[index]?.id ?? '',
                    at: (noons[dayNo] ?? 0) + 900 * quarter,
                    interval: 900,
                    energy: power / 4,
                    power,
                })),
            ),
        );
        await withFleet(fleet(readings), async ({ db }) => {
            const rows = await ask(
                db,
                `select epoch(peak_at)::int as peak_at from organization_daily where organization_id = '1' order by date`,
            );
            expect(rows.map((row) => row.peak_at)).toEqual(noons);
        });
    });

    it('do not take the silence of a channel for a low load', { timeout: 120_000 }, async () => {
        const readings = [
            ...steady('11', '2026-06-10T12:00:00Z', '2026-06-10T14:00:00Z', 5),
            ...steady('22', '2026-06-10T12:00:00Z', '2026-06-10T13:00:00Z', 10),
        ];
        await withFleet(
            fleet(readings),
            async ({ db }) => {
                expect(
                    await ask(
                        db,
                        `select min_power_kw as low, avg_power_kw as average, coverage from organization_rollup('span',
                     date '2026-06-10', date '2026-06-11') where organization_id = '1'`,
                    ),
                ).toEqual([
                    // Both are expected for the day in which they begin.
                    { low: 15, average: 20 / 2, coverage: 3 / 48 },
                ]);
            },
            withSettings({ defaults: { is_estimated: false } }),
        );
    });

    it('know 23 and 25 hours, midnight changes and 45 minutes', { timeout: 120_000 }, async () => {
        // Havana changes at midnight: 2026-03-08 begins at 01:00, 2026-11-01 has its first hour twice.
        for (const [date, from, hours] of [
            ['2026-03-08', '2026-03-08T05:00:00Z', 23],
            ['2026-11-01', '2026-11-01T04:00:00Z', 25],
        ] as const) {
            const to = new Date((at(from) + hours * 3600) * 1000).toISOString();
            const readings = steady('33', from, to, 4);
            await withFleet(fleet(readings), async ({ db }) => {
                const days = await ask(
                    db,
                    `select date::varchar as date, energy_kwh as energy, expected_count as expected, coverage
                     from organization_daily where organization_id = '300'`,
                );
                expect(days).toEqual([{ date, energy: 4 * hours, expected: 4 * hours, coverage: 1 }]);
                const [row] = await ask(
                    db,
                    `select count(*) as hours, count(distinct local_hour) as labels, min(coverage) as coverage
                     from organization_hourly where organization_id = '300'`,
                );
                expect(row).toEqual({ hours, labels: Math.min(hours, 24), coverage: 1 });
                // Kathmandu cuts the same readings at a quarter past the hour of UTC.
                const [first] = await ask(
                    db,
                    `select min(hour_start) as start, count(*) as hours from organization_hourly
                     where organization_id = '20'`,
                );
                expect(first).toEqual({
                    start: new Date((at(from) - 45 * 60) * 1000).toISOString(),
                    hours: hours + 1,
                });
            });
        }
    });

    it('expect a channel from its first reading until it is gone', { timeout: 120_000 }, async () => {
        const day = (number: number): string => `2026-06-${String(number).padStart(2, '0')}T00:00:00Z`;
        const given = fleet(
            [
                ...steady('1', day(1), day(11), 1),
                // Fell silent.
                ...steady('2', day(1), day(4), 1),
                // Came later.
                ...steady('3', day(6), day(11), 1),
                // Uninstalled, and two days later no longer listed.
                ...steady('4', day(1), day(3), 1),
                // Measures no energy.
                { channel: '5', at: at(day(1)), interval: 900, temperature: 20 },
            ],
            {
                organizations: [{ id: '7', zone: 'UTC' }],
                channels: [
                    { id: '1', organization: '7' },
                    { id: '2', organization: '7' },
                    { id: '3', organization: '7' },
                    { id: '4', organization: '7', uninstalledAt: day(5), removedAt: day(7) },
                    { id: '5', organization: '7' },
                    { id: '6', organization: '7' },
                    { id: '8', organization: null },
                ],
            },
        );
        await withFleet(
            given,
            async ({ db }) => {
                const rows = await ask(
                    db,
                    `select day(date) as day, reading_count as count, expected_count as expected, channel_count as channels,
                 round(coverage, 4) as coverage from organization_daily order by date`,
                );
                const counts = [
                    [1, 3, 3],
                    [2, 3, 3],
                    [3, 2, 3],
                    [4, 1, 3],
                    [5, 1, 2],
                    [6, 2, 3],
                    [10, 2, 3],
                ] as const;
                for (const [number, measured, expected] of counts) {
                    expect(rows.find(({ day: found }) => found === number)).toEqual({
                        day: number,
                        count: 96 * measured,
                        expected: 96 * expected,
                        channels: expected,
                        coverage: Number((measured / expected).toFixed(4)),
                    });
                }
            },
            withSettings({ defaults: { is_estimated: false } }),
        );
    });

    it('keep estimates apart and price everything at the site’s own hours', {
        timeout: 120_000,
    }, async () => {
        const day = ['2026-06-10T00:00:00Z', '2026-06-11T00:00:00Z'] as const;
        const hole = (reading: GivenReading): boolean =>
            reading.channel !== '33' || reading.at < at(day[0]) + 36_000 || reading.at >= at(day[0]) + 39_600;
        const readings = [
            ...steady('11', ...day, 1),
            ...steady('22', ...day, 10),
            ...steady('33', ...day, 100).filter(hole),
        ];
        const hours = [
            { name: 'day', rate: 0.3, when: [{ hours: ['06:00-18:00'] }] },
            { name: 'night', rate: 0.1 },
        ];
        const versions = [{ valid_from: '2026-01-01', energy: { kind: 'time_of_use', periods: hours } }];
        const prepare = async (root: string): Promise<void> => {
            const tariffs = [{ id: 'hours', currency: 'EUR', versions }];
            await writeFile(join(root, 'reference', 'tariffs.json'), JSON.stringify({ tariffs }));
            // What holds for the region holds for the site below.
            await withSettings({ organizations: { 20: { tariff_id: 'hours' } } })(root);
        };
        await withFleet(
            fleet(readings),
            async ({ db }) => {
                const [row] = await ask(
                    db,
                    `select energy_kwh as energy, energy_measured_kwh as measured, energy_estimated_kwh as estimated,
                 energy_total_kwh as total, estimated_count as count, cost, currency
                 from organization_monthly where organization_id = '20'`,
                );
                expect(row).toEqual({
                    energy: 24 * 110 - 100,
                    measured: 24 * 110 - 100,
                    estimated: 100,
                    total: 24 * 110,
                    count: 4,
                    cost: expect.closeTo((24 * 110 * (0.3 + 0.1)) / 2, 9),
                    currency: 'EUR',
                });
                // Kathmandu's 10 June is 00:00 to 18:15 UTC: there from 05:45 on, in Havana from 20:00 to 14:15.
                const [first] = await ask(
                    db,
                    `select cost from organization_daily where organization_id = '20' and date = date '2026-06-10'`,
                );
                expect(first?.cost).toBeCloseTo(
                    10 * (12 * 0.3 + 6.25 * 0.1) + 100 * (10 * 0.1 + 8.25 * 0.3),
                    9,
                );
                // The group has a channel without a tariff.
                expect(
                    await ask(
                        db,
                        "select distinct cost, currency from organization_daily where organization_id = '1'",
                    ),
                ).toEqual([{ cost: null, currency: null }]);
                expect(await db.rows('select * from checks.organizations_conserve_energy')).toEqual([]);
            },
            prepare,
        );
    });

    it('count no energy again that a main meter has measured, neither in sums nor on bills', {
        timeout: 120_000,
    }, async () => {
        const day = ['2026-06-10T00:00:00Z', '2026-06-11T00:00:00Z'] as const;
        const readings = [
            ...steady('11', ...day, 1),
            ...steady('22', ...day, 10),
            ...steady('23', ...day, 4),
            ...steady('33', ...day, 100),
        ];
        const channelsToo = [...channels, { id: '23', organization: '20' }];
        const prepare = async (root: string): Promise<void> => {
            const versions = [{ valid_from: '2026-01-01', energy: { kind: 'flat', rate: 0.2 } }];
            const tariffs = [{ id: 'flat', currency: 'EUR', versions }];
            await writeFile(join(root, 'reference', 'tariffs.json'), JSON.stringify({ tariffs }));
            await withSettings({
                organizations: { 20: { tariff_id: 'flat' } },
                channels: { 23: { is_submeter: true } },
            })(root);
        };
        await withFleet(
            fleet(readings, { channels: channelsToo }),
            async ({ db }) => {
                expect(
                    await ask(
                        db,
                        `select organization_id as id, energy_kwh as energy, peak_power_kw as peak, expected_count as expected
                        from organization_summary('20', '2026-06')
                        union all
                        select organization_id, sum(energy_kwh), max(peak_power_kw), null
                        from organization_daily where organization_id = '20' group by all`,
                    ),
                ).toEqual([
                    { id: '20', energy: 24 * 110, peak: 110, expected: expect.any(Number) },
                    { id: '20', energy: 24 * 110, peak: 110, expected: null },
                ]);
                // The sub-meter itself stays what it is, with a bill of its own.
                expect(
                    await ask(
                        db,
                        `select subject_kind as kind, subject_id as id, energy_kwh as energy, total_amount as total
                        from bill_monthly order by all`,
                    ),
                ).toEqual([
                    { kind: 'channel', id: '23', energy: 96, total: 19.2 },
                    { kind: 'organization', id: '1', energy: 24 * 110, total: 528 },
                    { kind: 'organization', id: '20', energy: 24 * 110, total: 528 },
                ]);
                expect(
                    await ask(
                        db,
                        "select energy_kwh as energy, cost from energy_monthly where channel_id = '23'",
                    ),
                ).toEqual([{ energy: 96, cost: expect.closeTo(19.2, 9) }]);
                expect(await db.rows('select * from checks.organizations_conserve_energy')).toEqual([]);
            },
            prepare,
        );
    });
});
