/** Each rule of the cleaning fires on data that must trigger it, and not on the nearest data that must not. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { channelSettings } from '../../../src/analysis/channel-settings.ts';
import type { DuckDB } from '../../../src/warehouse/duckdb.ts';
import { withDerivedLake } from '../../support/derived-lake.ts';
import { allFields, type GivenReading, withViews } from './small-lake.ts';

const at = (iso: string): number => Date.parse(iso) / 1000;
const start = at('2025-03-10T00:00:00Z');
const quarter = 900;

type Values = Partial<GivenReading>;

/** Readings of a quarter of an hour each, one after the other. */
function series(channel: string, values: readonly Values[], from = start): GivenReading[] {
    return values.map((value, index) => ({
        channel,
        at: from + quarter * index,
        interval: quarter,
        ...value,
    }));
}

async function flagsOf(db: DuckDB, channel: string): Promise<number[]> {
    const rows = await db.rows(
        `select flags from readings_clean where channel_id = '${channel}' order by timestamp`,
    );
    return rows.map(({ flags }) => Number(flags));
}

const withSettings =
    (settings: unknown) =>
    async (root: string): Promise<void> => {
        await mkdir(join(root, 'reference'), { recursive: true });
        await writeFile(join(root, 'reference', 'settings.json'), JSON.stringify(settings));
    };

/** One reading a rule, judged alone: what is set, the flags, and what is left of the values. */
const lone: readonly (readonly [what: string, given: Values, flags: number, left?: Values])[] = [
    ['energy of 0 is a fact', { energy: 0 }, 0, { energy: 0 }],
    [
        'energy below 0 without power is a counter that went back',
        { energy: -1e-9 },
        1 | 1024,
        { energy: null },
    ],
    ['energy below 0 with power below 0 is negative only', { energy: -1, power: -4 }, 1 | 2],
    ['energy below 0 with power above 0 is a counter that went back', { energy: -1, power: 4 }, 1 | 1024],
    ['power below 0 is negative', { power: -1e-9 }, 2, { power: null }],
    ['power of 0 is a fact', { power: 0 }, 0, { power: 0 }],
    ['NaN is no number', { energy: Number.NaN }, 4, { energy: null }],
    ['infinite power is no number', { power: Number.POSITIVE_INFINITY }, 4, { power: null }],
    ['an infinitely negative temperature is no number', { temperature: Number.NEGATIVE_INFINITY }, 4],
    [
        'NaN is not also out of range',
        { voltage: Number.NaN, powerFactor: Number.NaN, frequency: Number.NaN },
        4,
    ],
    ['0 V is an outage', { voltage: 0 }, 0, { voltage: 0 }],
    ['49.9 V is out of range', { voltage: 49.9 }, 8, { voltage: null }],
    ['50 V is in range', { voltage: 50 }, 0, { voltage: 50 }],
    ['600 V is in range', { voltage: 600 }, 0, { voltage: 600 }],
    ['600.1 V is out of range', { voltage: 600.1 }, 8, { voltage: null }],
    ['-230 V is out of range', { voltage: -230 }, 8, { voltage: null }],
    ['a power factor of 1.01 is impossible', { powerFactor: 1.01 }, 16, { powerFactor: null }],
    ['a power factor of -1.01 is impossible', { powerFactor: -1.01 }, 16, { powerFactor: null }],
    ['a power factor of -1 is possible', { powerFactor: -1 }, 0, { powerFactor: -1 }],
    ['54.9 Hz is out of range on a grid of 60 Hz', { frequency: 54.9 }, 32, { frequency: null }],
    ['55 Hz is in range on a grid of 60 Hz', { frequency: 55 }, 0, { frequency: 55 }],
    ['65.1 Hz is out of range on a grid of 60 Hz', { frequency: 65.1 }, 32, { frequency: null }],
    ['0 Hz is an outage', { frequency: 0 }, 0, { frequency: 0 }],
    ['power without a limit may be anything', { energy: 25_000, power: 100_000 }, 0],
    ['energy 6 % above power x time disagrees', { energy: 1.06, power: 4 }, 128, { energy: 1.06, power: 4 }],
    ['energy 4 % above power x time agrees', { energy: 1.04, power: 4 }, 0],
    ['energy of half of power x time disagrees', { energy: 0.5, power: 4 }, 128],
    ['10 Wh of difference are never too much', { energy: 0.01, power: 0 }, 0],
    ['11 Wh of difference out of nothing are too much', { energy: 0.011, power: 0 }, 128],
    ['energy without power has nothing to disagree with', { energy: 7 }, 0],
    [
        'a reading fetched before its end is from the future',
        { energy: 1, fetchedAt: '2025-03-10T00:14:59Z' },
        4096,
    ],
    ['a reading fetched at its end is complete', { energy: 1, fetchedAt: '2025-03-10T00:15:00Z' }, 0],
];

describe('the rules for a reading by itself', () => {
    it('fire by the defaults, in a lake without settings as in one with them', {
        timeout: 120_000,
    }, async () => {
        const readings = lone.flatMap(([, given], index) =>
            series(String(index + 1), [{ frequency: null, ...given }]),
        );
        const fields = [...allFields, 'F'];
        const check = async (db: DuckDB): Promise<void> => {
            const rows = await db.rows('select * from readings_checked');
            const byChannel = new Map(rows.map((row) => [String(row.channel_id), row]));
            for (const [index, [what, , flags, left = {}]] of lone.entries()) {
                const row = byChannel.get(String(index + 1));
                const columns = {
                    energy: row?.energy_kwh,
                    power: row?.power_kw,
                    voltage: row?.voltage_v,
                    powerFactor: row?.power_factor,
                    frequency: row?.frequency_hz,
                };
                expect({ what, flags: row?.flags, quality: row?.quality }).toEqual({
                    what,
                    flags,
                    quality: flags === 0 ? 0 : 10,
                });
                expect({ what, ...columns }).toMatchObject({ what, ...left });
            }
        };
        await withViews({ readings }, check, fields);
        await withDerivedLake({ readings }, ({ db }) => check(db), undefined, fields);
    });

    it('have in SQL the defaults that the settings have', async () => {
        // A channel that channel_settings does not know is judged by the literals of the view.
        const { loadViews } = await import('../../../src/warehouse/catalog.ts');
        const views = await loadViews();
        const sql = views.map((view) => view.sql).join('\n');
        const literals = [...sql.matchAll(/coalesce\(channel_settings\.(\w+), ('[^']*'|[\d.]+)\)/g)];
        expect(literals.length).toBeGreaterThan(10);
        for (const [, column, value] of literals) {
            if (column === 'time_zone') continue;
            expect([column, Number(value)]).toEqual([
                column,
                channelSettings.find((setting) => setting.column === column)?.fallback,
            ]);
        }
    });

    it('obey the settings of the channel', { timeout: 120_000 }, async () => {
        const readings = [
            ...series('1', [{ power: 10 }, { power: 10.1 }, { energy: 2.5 }, { energy: 2.51 }]),
            ...series('2', [{ voltage: 700 }, { voltage: 49 }]),
            ...series('3', [
                { energy: -0.5, power: -2 },
                { energy: -1.5, power: -6 },
            ]),
            ...series('4', [{ frequency: 45 }, { frequency: 55.1 }]),
            ...series('5', [{ energy: 1 }, { energy: 1, at: start + quarter, interval: 1800 }]),
        ].map((reading) => ({ frequency: null, ...reading }));
        const settings = {
            defaults: { max_voltage_v: 1000 },
            channels: {
                1: { max_power_kw: 10 },
                3: { min_power_kw: -5 },
                4: { nominal_frequency_hz: 50 },
                5: { expected_interval_s: 900 },
            },
        };
        await withDerivedLake(
            { readings },
            async ({ db }) => {
                expect(await flagsOf(db, '1')).toEqual([0, 64, 0, 64]);
                expect(await flagsOf(db, '2')).toEqual([0, 8]);
                expect(await flagsOf(db, '3')).toEqual([0, 1 | 2]);
                expect(await flagsOf(db, '4')).toEqual([0, 32]);
                expect(await flagsOf(db, '5')).toEqual([0, 8192]);
                const [sums] = await db.rows(
                    "select sum(energy_kwh) as energy, sum(power_kw) as power from readings_clean where channel_id in ('1', '3')",
                );
                expect(sums).toEqual({ energy: 2.5 - 0.5, power: 10 - 2 });
            },
            withSettings(settings),
            [...allFields, 'F'],
        );
    });
});

const calm = (count: number, kw: (index: number) => number): Values[] =>
    Array.from({ length: count }, (_, index) => ({ energy: kw(index) / 4, power: kw(index) }));

/** 96 quarters that are no flat line: 10 kW and a little that moves. */
const day = (change: Readonly<Record<number, number>> = {}): Values[] =>
    calm(96, (index) => change[index] ?? 10 + (index % 7) / 100);

/** A whole day, its third-highest reading 10.06 kW; then the reading that is judged at noon. */
const limit = 10.06 * 1.8;

describe('the rules for a reading among its neighbours', () => {
    it('mark a spike against the third-highest of its local day', { timeout: 120_000 }, async () => {
        const zones = {
            1: 'UTC',
            2: 'UTC',
            3: 'UTC',
            4: 'UTC',
            5: 'Pacific/Auckland',
            6: 'Pacific/Auckland',
            7: 'UTC',
        };
        // Noon in Auckland is 23:00 UTC of the day before: a day at the site lies across two days in UTC.
        const midnight = at('2025-03-09T11:00:00Z');
        const evening = { 90: 30, 91: 30, 92: 30 };
        const readings = [
            ...series('1', day({ 48: limit + 0.001 })),
            ...series('2', day({ 48: limit - 0.001 })),
            // Three high readings are a load, two are spikes.
            ...series('3', day({ 48: 30, 49: 30, 50: 30 })),
            ...series('4', day({ 48: 30, 49: 30 })),
            ...series('5', [...day({ 1: 30 }), ...day(evening)], midnight),
            ...series('6', [...day({ 95: 30 }), ...day(evening)], midnight),
            ...series(
                '7',
                calm(96, (index) => (index === 48 ? 4.999 : 0.5 + (index % 7) / 100)),
            ),
        ];
        await withDerivedLake({ readings, zones }, async ({ db }) => {
            const spikes = async (channel: string) =>
                (await flagsOf(db, channel)).flatMap((flags, index) => (flags === 256 ? [index] : []));
            expect(await spikes('1')).toEqual([48]);
            expect(await spikes('2')).toEqual([]);
            expect(await spikes('3')).toEqual([]);
            expect(await spikes('4')).toEqual([48, 49]);
            expect(await spikes('5')).toEqual([1]);
            expect(await spikes('6')).toEqual([95]);
            expect(await spikes('7')).toEqual([]);
            // Suspicious is not impossible.
            expect(
                await db.value("select max(power_kw) from readings_clean where channel_id = '1'"),
            ).toBeCloseTo(limit + 0.001);
        });
    });

    it('mark a flat line of six hours above a tenth of a kilowatt', { timeout: 120_000 }, async () => {
        const still = (count: number, kw: number): Values[] => [
            { energy: 1 / 4, power: 1 },
            ...calm(count, () => kw),
            { energy: 1 / 4, power: 1 },
        ];
        const broken = calm(24, () => 3).map((value, index) =>
            index === 12 ? { energy: 0.7500001, power: 3 } : value,
        );
        const readings = [
            ...series('1', still(24, 3)),
            ...series('2', still(23, 3)),
            ...series('3', still(96, 0.1)),
            ...series('4', still(96, 0)),
            ...series('5', still(24, 0.1001)),
            ...series('6', broken),
            // A missing reading in the middle: nobody knows.
            ...series(
                '7',
                calm(12, () => 3),
            ),
            ...series(
                '7',
                calm(12, () => 3),
                start + 13 * quarter,
            ),
            ...series('8', still(24, 3)),
            // Across the end of a file.
            ...series(
                '9',
                calm(24, () => 3),
                at('2025-03-31T21:00:00Z'),
            ),
        ];
        const settings = { channels: { 8: { flat_line_hours: 6.25 } } };
        await withDerivedLake(
            { readings },
            async ({ db }) => {
                const lengths = await db.rows(
                    'select channel_id, count(*)::int as n from readings_clean where flags & 512 <> 0 group by all order by all',
                );
                expect(lengths).toEqual([
                    { channel_id: '1', n: 24 },
                    { channel_id: '5', n: 24 },
                    { channel_id: '9', n: 24 },
                ]);
            },
            withSettings(settings),
        );
    });

    it('mark what a counter that went back leaves behind', { timeout: 120_000 }, async () => {
        const readings = [
            // 4,000 kWh back, and all of it again in the next quarter.
            ...series('1', [
                { energy: 1, power: 4 },
                { energy: -4000, power: 4 },
                { energy: 4002, power: 4 },
                { energy: 1, power: 4 },
            ]),
            // A replaced meter: back, and then on as ever.
            ...series('2', [
                { energy: -4000, power: 4 },
                { energy: 1, power: 4 },
            ]),
            // The same jump not right after it.
            ...series('3', [
                { energy: -4000, power: 4 },
                { energy: 1, power: 4 },
                { energy: 4002, power: 4 },
            ]),
            ...series('4', [{ energy: -4000 }, { energy: 4002 }]),
        ];
        const settings = { channels: { 4: { max_power_kw: 100 } } };
        await withDerivedLake(
            { readings },
            async ({ db }) => {
                expect(await flagsOf(db, '1')).toEqual([0, 1 | 1024, 128 | 1024, 0]);
                expect(await flagsOf(db, '2')).toEqual([1 | 1024, 0]);
                expect(await flagsOf(db, '3')).toEqual([1 | 1024, 0, 128]);
                expect(await flagsOf(db, '4')).toEqual([1 | 1024, 64 | 1024]);
            },
            withSettings(settings),
        );
    });

    it('mark what lies beside the grid, and two grids that overlap', { timeout: 120_000 }, async () => {
        const grid = (channel: string, count: number, from: number): GivenReading[] =>
            series(
                channel,
                calm(count, (index) => 10 + (index % 5)),
                from,
            );
        const readings = [
            // Four readings five minutes late, where no other reading is.
            ...grid('1', 40, start),
            ...grid('1', 4, start + 50 * quarter + 300),
            // The classic doubling: the same quarters again, five minutes later.
            ...grid('2', 40, start),
            ...grid('2', 20, start + 10 * quarter + 300),
            // A channel whose own grid begins at 00:05 is on its grid.
            ...grid('3', 40, start + 300),
            // Quarters inside an hour are two resolutions, not two grids.
            ...grid('4', 8, start),
            { channel: '4', at: start, interval: 3600, energy: 11.5, power: 11.5 },
        ];
        await withDerivedLake({ readings }, async ({ db }) => {
            expect(
                (await flagsOf(db, '1'))
                    .map((flags, index) => [index, flags])
                    .filter(([, flags]) => flags !== 0),
            ).toEqual([
                [40, 2048],
                [41, 2048],
                [42, 2048],
                [43, 2048],
            ]);
            const doubled = await db.rows(
                "select flags, count(*)::int as n from suspects where channel_id = '2' group by all order by all",
            );
            // Of the doubled hour and half, the grid that does not count is beside the grid too.
            expect(doubled).toEqual([{ flags: 16_384, n: 41 }]);
            expect(new Set(await flagsOf(db, '3'))).toEqual(new Set([0]));
            expect(new Set(await flagsOf(db, '4'))).toEqual(new Set([0]));
        });
    });
});
