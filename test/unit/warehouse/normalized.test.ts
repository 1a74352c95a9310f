import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DuckDB } from '../../../src/warehouse/duckdb.ts';
import { withDerivedLake } from '../../support/derived-lake.ts';
import { type GivenReading, plain } from './small-lake.ts';

/** A Monday. */
const monday = Date.parse('2026-03-02T00:00:00Z') / 1000;
const quarter = 900;
const hour = 3600;

type Given = readonly [at: number, interval: number, energy: number | null, more?: Partial<GivenReading>];

/** `at` in seconds from the Monday; power follows from energy. */
const rows = (channel: string, given: readonly Given[]): GivenReading[] =>
    given.map(([at, interval, energy, more]) => ({
        channel,
        at: monday + at,
        interval,
        energy,
        power: energy === null ? null : (energy * hour) / interval,
        ...more,
    }));

const quarters = (...energies: readonly (number | null | undefined)[]): Given[] =>
    energies.flatMap((energy, index) =>
        energy === undefined ? [] : [[index * quarter, quarter, energy] as const],
    );

/** Hours of some weeks; those of week w have w + 1 kWh and a little that tells them apart. A Wednesday's are missing. */
function weeks(
    count: number,
    more: (week: number, hourOfWeek: number) => Partial<GivenReading> = () => ({}),
): Given[] {
    return Array.from({ length: count * 168 }, (_, index) => {
        const [week, hourOfWeek] = [Math.floor(index / 168), index % 168];
        return { index, week, hourOfWeek };
    }).flatMap(({ index, week, hourOfWeek }) =>
        week === 2 && hourOfWeek >= 58 && hourOfWeek < 61
            ? []
            : [[index * hour, hour, week + 1 + hourOfWeek / 1000, more(week, hourOfWeek)] as const],
    );
}

const minutes = (from: number, count: number): Given[] =>
    Array.from({ length: count }, (_, index) => [from + index * 60, 60, 0.1] as const);

const lake: readonly GivenReading[] = [
    ...rows('1', quarters(1, 1, undefined, undefined, 4, 4)),
    // Two hours are missing, then two and a quarter.
    ...rows('2', [...quarters(1, 1), ...quarters(1, 1).map(shifted(10 * quarter))]),
    ...rows('3', [...quarters(1, 1), ...quarters(1, 1).map(shifted(11 * quarter))]),
    ...rows('4', weeks(5)),
    ...rows(
        '5',
        weeks(5, (week, at) => (week === 1 && at === 59 ? { powerFactor: 2 } : {})),
    ),
    ...rows('6', weeks(3)),
    ...rows('7', quarters(1, undefined, 1)),
    ...rows('8', [
        ...quarters(1, undefined, 1, null, null),
        [quarter, quarter, null, { voltage: 231, temperature: 20 }],
    ]),
    ...rows('9', [
        [0, quarter, null, { temperature: 20 }],
        [2 * quarter, quarter, null, { temperature: 22 }],
    ]),
    // Seven minutes off, and one row of another phase.
    ...rows('10', [
        ...[0, 1, 2, 4].map((index) => [420 + index * quarter, quarter, 1] as const),
        [420 + 3 * quarter + 300, 600, 2],
    ]),
    ...rows('11', [...quarters(1.5, undefined, ...Array<number>(11).fill(1.5)), ...minutes(quarter, 10)]),
    ...rows('12', [
        ...quarters(1, 2, undefined, 4),
        [0, hour, 10],
        ...quarters(1, 1, 1, 1).map(shifted(hour)),
    ]),
    ...rows('13', [
        ...quarters(1, 1, 1, 1),
        [hour, hour, 10],
        [hour, quarter, 1],
        [hour + 3 * quarter, quarter, 4],
        ...quarters(3, 3, 3, 3).map(shifted(2 * hour)),
    ]),
    ...rows('14', [[0, hour, 2], ...quarters(1, 1, 1, 1, 1).map(shifted(6 * hour))]),
    ...rows('15', [
        ...quarters(1, 1),
        [2 * quarter, quarter, null, { power: 7 }],
        ...quarters(1, 1).map(shifted(3 * quarter)),
    ]),
];

function shifted(by: number): (given: Given) => Given {
    return ([at, ...rest]) => [at + by, ...rest];
}

let db: DuckDB;
let close: () => void = () => {};
let closed: Promise<void>;

beforeAll(async () => {
    await new Promise<void>((resolve, reject) => {
        closed = withDerivedLake(
            { zones: Object.fromEntries(lake.map(({ channel }) => [channel, 'UTC'])), readings: lake },
            async (opened) => {
                db = opened.db;
                resolve();
                await new Promise<void>((done) => {
                    close = done;
                });
            },
            async (root) => {
                await mkdir(join(root, 'state', 'coverage'), { recursive: true });
                const answered = { 900: [{ from: monday, to: monday + 8 * quarter + 60 }] };
                const coverage = { answered, failed: {}, lastReadingEnd: null, healedAt: null, fields: null };
                await writeFile(join(root, 'state', 'coverage', '8.json'), JSON.stringify(coverage));
                await writeFile(
                    join(root, 'reference', 'settings.json'),
                    JSON.stringify({ channels: { 7: { is_estimated: false } } }),
                );
            },
        ).catch(reject);
    });
}, 120_000);

afterAll(async () => {
    close();
    await closed;
});

/** Rows of a channel: minutes from the Monday, and the columns asked for. */
async function normalized(
    channel: string,
    columns = 'energy_kwh as e, estimated_kwh as k, method as m, quality as q',
): Promise<unknown[]> {
    const found = await db.rows(
        `select (epoch_us(timestamp) // 1000000 - ${monday}) / 60 as at, ${columns}
        from readings_normalized where channel_id = '${channel}' order by timestamp`,
    );
    return found.map(plain);
}

const stored = (at: number, e: number): object => ({ at, e, k: null, m: null, q: 0 });
const estimate = (at: number, e: number, m: string, q: number): object => ({
    at,
    e: expect.closeTo(e, 9),
    k: expect.closeTo(e, 9),
    m,
    q,
});
const empty = (at: number): object => ({ at, e: null, k: null, m: null, q: null });

describe('readings_normalized', { timeout: 60_000 }, () => {
    it('draws a straight line of power through a short gap, between the middles of its neighbours', async () => {
        // 4 kW at 00:22:30, 16 kW at 01:07:30: 8 kW at 00:37:30, 12 kW at 00:52:30.
        expect(await normalized('1')).toEqual([
            stored(0, 1),
            stored(15, 1),
            estimate(30, 2, 'linear', 9),
            estimate(45, 3, 'linear', 9),
            stored(60, 4),
            stored(75, 4),
        ]);
    });

    it('takes two hours as short, and more as long', async () => {
        const methods = async (channel: string) =>
            await db.rows(
                `select method, count(*)::int as n from readings_normalized
                where channel_id = '${channel}' and quality is distinct from 0 group by method`,
            );
        expect(await methods('2')).toEqual([{ method: 'linear', n: 8 }]);
        expect(await methods('3')).toEqual([{ method: null, n: 9 }]);
    });

    it('fills a long gap with the mean of the three nearest same weekdays', async () => {
        // The weeks before and after, then the one two weeks before: (2 + 4 + 1) / 3.
        const gap = (2 * 168 + 58) * 60;
        const patches = (await normalized('4')).slice(394, 397);
        expect(patches).toEqual(
            [0, 1, 2].map((index) =>
                estimate(gap + index * 60, 7 / 3 + (58 + index) / 1000, 'reference_day', 8),
            ),
        );
    });

    it('takes no day with a flag at any of the local times of the gap', async () => {
        // The week before is out: (4 + 1 + 5) / 3.
        const gap = (2 * 168 + 58) * 60;
        expect((await normalized('5')).slice(394, 397)).toEqual(
            [0, 1, 2].map((index) =>
                estimate(gap + index * 60, 10 / 3 + (58 + index) / 1000, 'reference_day', 8),
            ),
        );
    });

    it('leaves a long gap empty when there are fewer than three such days', async () => {
        const gap = (2 * 168 + 58) * 60;
        expect((await normalized('6')).slice(394, 397)).toEqual([0, 60, 120].map((at) => empty(gap + at)));
    });

    it('estimates nothing where that is switched off, and keeps the row', async () => {
        expect(await normalized('7')).toEqual([stored(0, 1), empty(15), stored(30, 1)]);
    });

    it('keeps the other measures of a row without energy, and estimates nothing after the last reading', async () => {
        // The last two rows were answered without values; the coverage goes on for a minute and three quarters.
        expect(
            await normalized('8', 'energy_kwh as e, voltage_v as v, temperature_c as t, quality as q'),
        ).toEqual([
            { at: 0, e: 1, v: null, t: null, q: 0 },
            { at: 15, e: 1, v: 231, t: 20, q: 9 },
            { at: 30, e: 1, v: null, t: null, q: 0 },
            ...[45, 60, 75, 90, 105].map((at) => ({ at, e: null, v: null, t: null, q: null })),
        ]);
    });

    it('shows the holes of a channel that measures no energy', async () => {
        expect(await normalized('9', 'temperature_c as t')).toEqual([
            { at: 0, t: 20 },
            { at: 15, t: null },
            { at: 30, t: 22 },
        ]);
    });

    it('puts a reading of another grid on that of its channel', async () => {
        // 600 s from 00:57 lie wholly in the interval from 00:52; its first 300 s are missing. From 4 kW at 00:44:30 to
        // 12 kW at 01:02:00 the line is at 4 + 8 * 600 / 1050 kW in their middle.
        expect(await normalized('10', 'energy_kwh as e, method as m')).toEqual([
            ...[0, 1, 2].map((index) => ({ at: 7 + index * 15, e: 1, m: null })),
            { at: 52, e: expect.closeTo(2 + (4 + (8 * 600) / 1050) / 12, 9), m: 'linear' },
            { at: 67, e: 1, m: null },
        ]);
    });

    it('sums finer readings and estimates what they leave out', async () => {
        // Ten minutes at 6 kW between quarters at 6 kW: 1 kWh is measured, 0.5 kWh is not.
        expect((await normalized('11')).slice(0, 4)).toEqual([
            stored(0, 1.5),
            { at: 15, e: expect.closeTo(1.5, 9), k: expect.closeTo(0.5, 9), m: 'linear', q: 9 },
            stored(30, 1.5),
            stored(45, 1.5),
        ]);
    });

    it('scales estimates so that they and the readings make up the known total', async () => {
        const shape = { k: null, q: 11, m: null };
        const hourOf12 = (await normalized('12')).slice(0, 4);
        expect(hourOf12).toEqual([
            { at: 0, e: 1, ...shape },
            { at: 15, e: 2, ...shape },
            { at: 30, e: 3, ...shape },
            { at: 45, e: 4, ...shape },
        ]);
        // 4 kW before and 12 kW after: 7.2 kW and 8.8 kW share the 5 kWh that are left.
        const scaled = { k: null, q: 9, m: 'linear_scaled' };
        expect((await normalized('13')).slice(4, 8)).toEqual([
            { at: 60, e: 1, ...shape },
            { at: 75, e: expect.closeTo(2.25, 9), ...scaled },
            { at: 90, e: expect.closeTo(2.75, 9), ...scaled },
            { at: 105, e: 4, ...shape },
        ]);
    });

    it('splits a coarse reading evenly where nothing says how', async () => {
        expect((await normalized('14')).slice(0, 4)).toEqual(
            [0, 15, 30, 45].map((at) => ({ at, e: 0.5, k: null, m: null, q: 11 })),
        );
    });

    it('takes measured power for the energy that is missing beside it', async () => {
        expect((await normalized('15'))[2]).toEqual(estimate(30, 1.75, 'linear', 9));
    });

    it('has one row an instant and the energy of the rollups', async () => {
        for (const check of [
            'normalized_readings_have_one_row_per_instant',
            'normalized_readings_conserve_energy',
            'total_energy_is_measured_and_estimated',
            'nothing_is_estimated_after_the_last_reading',
            'rollups_conserve_energy',
        ]) {
            expect(await db.rows(`select * from checks.${check}`), check).toEqual([]);
        }
    });

    it('lets a filter on the channel and the day reach the files', async () => {
        const [row] = await db.rows(`explain (format json) select * from readings_normalized
            where channel_id = '4' and timestamp >= '2026-03-04 00:00:00+00' and timestamp < '2026-03-05 00:00:00+00'`);
        const scans = scansOf(JSON.parse(String(row?.explain_value)));
        // 13 channels have one file, two have two. The view reads the readings once; the other channels' are not opened.
        const files = scans.filter((scan) => scan.includes('/17"'));
        expect(files).toHaveLength(1);
        expect(files[0]).toContain('"Scanning Files":"2/17"');
        expect(files[0]).toContain("channel_id = '4'");
        expect(files[0]).toContain("timestamp>='2026-03-04 00:00:00+00'");
    });
});

/** The extra information of every scan of a file, as text. */
function scansOf(node: unknown): string[] {
    if (Array.isArray(node)) return node.flatMap(scansOf);
    if (typeof node !== 'object' || node === null) return [];
    const children = 'children' in node ? scansOf(node.children) : [];
    const isScan = 'name' in node && String(node.name).includes('READ_PARQUET');
    return isScan && 'extra_info' in node ? [JSON.stringify(node.extra_info), ...children] : children;
}

describe('resample', { timeout: 60_000 }, () => {
    it('sums energy, averages power over time and keeps peaks', async () => {
        const found = await db.rows(`select energy_kwh, energy_measured_kwh, energy_estimated_kwh, power_kw,
            min_power_kw, peak_power_kw, measured_count, estimated_count, missing_count, interval_s
            from resample(3600) where channel_id = '1' order by timestamp`);
        expect(found.map(plain)).toEqual([
            {
                energy_kwh: 7,
                energy_measured_kwh: 2,
                energy_estimated_kwh: expect.closeTo(5, 9),
                power_kw: 7,
                min_power_kw: 4,
                peak_power_kw: 12,
                measured_count: 2,
                estimated_count: 2,
                missing_count: 0,
                interval_s: 3600,
            },
            expect.objectContaining({
                energy_kwh: 8,
                power_kw: 16,
                measured_count: 2,
                energy_estimated_kwh: null,
            }),
        ]);
    });

    it('conserves energy and peaks at every length', async () => {
        const [expected] = await db.rows(
            `select sum(energy_kwh) as kwh, max(power_kw) as kw, sum(estimated_kwh) as estimated
            from readings_normalized where channel_id = '4'`,
        );
        for (const seconds of [900, 3600, 10800, 86400]) {
            const [found] = await db.rows(
                `select sum(energy_kwh) as kwh, max(peak_power_kw) as kw, sum(energy_estimated_kwh) as estimated
                from resample(${seconds}) where channel_id = '4'`,
            );
            for (const key of ['kwh', 'kw', 'estimated']) {
                expect(Number(found?.[key]), `${key} at ${seconds} s`).toBeCloseTo(
                    Number(expected?.[key]),
                    9,
                );
            }
        }
    });

    it('makes nothing finer than it was measured, and refuses lengths that do not divide a day', async () => {
        expect(await db.rows("select distinct interval_s from resample(900) where channel_id = '4'")).toEqual(
            [{ interval_s: 3600 }],
        );
        for (const seconds of [0, -900, 7000]) {
            await expect(db.rows(`select count(energy_kwh) from resample(${seconds})`)).rejects.toThrow(
                'divide a day',
            );
        }
    });
});

describe('data_gaps', { timeout: 60_000 }, () => {
    it('names each gap once, with what fills it', async () => {
        const found =
            await db.rows(`select channel_id, epoch(gap_end - gap_start) as length, missing_count, missing_s,
            estimated_count, method from data_gaps where channel_id in ('1', '3', '4', '11') order by all`);
        expect(found.map(plain)).toEqual([
            {
                channel_id: '1',
                length: 1800,
                missing_count: 2,
                missing_s: 1800,
                estimated_count: 2,
                method: 'linear',
            },
            {
                channel_id: '11',
                length: 900,
                missing_count: 1,
                missing_s: 300,
                estimated_count: 1,
                method: 'linear',
            },
            {
                channel_id: '3',
                length: 8100,
                missing_count: 9,
                missing_s: 8100,
                estimated_count: 0,
                method: null,
            },
            {
                channel_id: '4',
                length: 10800,
                missing_count: 3,
                missing_s: 10800,
                estimated_count: 3,
                method: 'reference_day',
            },
        ]);
    });
});

describe('the rollups', { timeout: 60_000 }, () => {
    it('keep measured and estimated energy apart, and have a row for a day of estimates alone', async () => {
        const [row] = await db.rows("select * from energy_daily where channel_id = '1'");
        expect(plain(row ?? {})).toMatchObject({
            energy_kwh: 10,
            energy_measured_kwh: 10,
            energy_estimated_kwh: expect.closeTo(5, 9),
            energy_total_kwh: expect.closeTo(15, 9),
            reading_count: 4,
            estimated_count: 2,
            coverage: 4 / 96,
            load_factor: 10 / 16,
            carbon_kg: null,
        });
        const hourly =
            await db.rows(`select energy_kwh, energy_total_kwh, reading_count, expected_count, coverage
            from energy_hourly where channel_id = '2' order by hour_start`);
        expect(hourly.map(plain)[1]).toEqual({
            energy_kwh: null,
            energy_total_kwh: expect.closeTo(4, 9),
            reading_count: 0,
            expected_count: 4,
            coverage: 0,
        });
    });
});
