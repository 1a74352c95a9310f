import { describe, expect, it } from 'vitest';
import { loadViews } from '../../../src/warehouse/catalog.ts';
import { type GivenReading, plain, withViews } from './small-lake.ts';

const at = (text: string): number => Date.parse(text) / 1000;

/** Readings of 1 kWh and 4 kW every 15 minutes in [from, to). */
function quarters(channel: string, from: string, to: string): GivenReading[] {
    const found: GivenReading[] = [];
    for (let time = at(from); time < at(to); time += 900) {
        found.push({ channel, at: time, interval: 900, energy: 1, power: 4, voltage: 230, powerFactor: 0.9 });
    }
    return found;
}

describe('the views', () => {
    it('have the columns and types that their headers document, in every granularity and with no file', async () => {
        for (const granularity of ['month', 'day', 'year'] as const) {
            for (const readings of [[], quarters('1', '2026-03-01T00:00:00Z', '2026-03-01T01:00:00Z')]) {
                await withViews({ granularity, readings }, async (db) => {
                    for (const view of await loadViews()) {
                        if (view.kind === 'check') {
                            expect(await db.rows(`select * from checks.${view.name}`), view.name).toEqual([]);
                            continue;
                        }
                        const call = view.example ?? view.name;
                        const from = view.kind === 'function' ? `(select ${call} as ${view.name})` : call;
                        const described = await db.rows(
                            `select column_name, column_type from (describe select * from ${from})`,
                        );
                        const found = described.map((row) => [
                            row.column_name,
                            String(row.column_type)
                                .toLowerCase()
                                .replace('timestamp with time zone', 'timestamptz'),
                        ]);
                        expect(found, view.name).toEqual(view.columns.map(({ name, type }) => [name, type]));
                    }
                });
            }
        }
    });

    it('pass further fields of the lake through the cleaning and the enrichment', async () => {
        await withViews(
            { readings: [] },
            async (db) => {
                for (const view of ['readings', 'readings_checked', 'readings_clean', 'readings_enriched']) {
                    expect(await db.rows(`select frequency_hz, neutral_current_a from ${view}`)).toEqual([]);
                }
            },
            ['E', 'F', 'In'],
        );
    });

    it('give null for a measure that the lake does not store', async () => {
        await withViews(
            { readings: [{ channel: '1', at: 0, interval: 900, energy: 1, power: 4 }] },
            async (db) => {
                expect(await db.rows('select energy_kwh, power_kw from readings_clean')).toEqual([
                    { energy_kwh: 1, power_kw: null },
                ]);
            },
            ['E'],
        );
    });
});

describe('readings_clean', () => {
    it('sets impossible values to null and flags them, keeps zero, null and an outage', async () => {
        const readings: GivenReading[] = [
            { channel: '1', at: 0, interval: 900, energy: 0, power: 0, voltage: 0 },
            { channel: '1', at: 900, interval: 900, energy: -1, power: 2 },
            { channel: '1', at: 1800, interval: 900, energy: 1, power: -2 },
            { channel: '1', at: 2700, interval: 900, energy: Number.NaN, power: 1 },
            { channel: '1', at: 3600, interval: 900, energy: 1, voltage: Number.POSITIVE_INFINITY },
            { channel: '1', at: 4500, interval: 900 },
            { channel: '1', at: 5400, interval: 900, energy: -1, power: -1, temperature: Number.NaN },
        ];
        await withViews({ readings }, async (db) => {
            const rows = await db.rows(
                'select energy_kwh as e, power_kw as p, voltage_v as v, quality, flags from readings_clean order by timestamp',
            );
            expect(rows).toEqual([
                { e: 0, p: 0, v: 0, quality: 0, flags: 0 },
                { e: null, p: 2, v: null, quality: 10, flags: 1 | 1024 },
                { e: 1, p: null, v: null, quality: 10, flags: 2 },
                { e: null, p: 1, v: null, quality: 10, flags: 4 },
                { e: 1, p: null, v: null, quality: 10, flags: 4 },
                { e: null, p: null, v: null, quality: 0, flags: 0 },
                { e: null, p: null, v: null, quality: 10, flags: 7 },
            ]);
        });
    });

    const day = at('2026-03-01T00:00:00Z');
    const kept = async (rows: readonly (readonly [at: number, interval: number, energy: number | null])[]) =>
        await withViews(
            {
                readings: rows.map(([offset, interval, energy]) => ({
                    channel: '1',
                    at: day + offset,
                    interval,
                    energy,
                })),
            },
            async (db) =>
                (await db.rows('select timestamp, interval_s from readings_clean order by timestamp')).map(
                    (row) => [
                        row.timestamp instanceof Date ? row.timestamp.getTime() / 1000 - day : undefined,
                        row.interval_s,
                    ],
                ),
        );

    it('counts the finer readings when they cover the coarse one', async () => {
        expect(
            await kept([
                [0, 1800, 9],
                [0, 900, 4],
                [900, 900, 5],
            ]),
        ).toEqual([
            [0, 900],
            [900, 900],
        ]);
    });

    it('counts the coarse reading when a finer one is missing or has no energy', async () => {
        expect(
            await kept([
                [0, 1800, 9],
                [900, 900, 5],
            ]),
        ).toEqual([[0, 1800]]);
        expect(
            await kept([
                [0, 1800, 9],
                [0, 900, null],
                [900, 900, 5],
            ]),
        ).toEqual([[0, 1800]]);
    });

    it('lets no coarse reading without energy displace a finer one', async () => {
        expect(
            await kept([
                [0, 1800, null],
                [900, 900, 5],
            ]),
        ).toEqual([[900, 900]]);
        expect(await kept([[0, 1800, null]])).toEqual([[0, 1800]]);
    });

    it('resolves minutes in quarters in an hour in a day', async () => {
        const minutes = Array.from({ length: 15 }, (_, index) => [index * 60, 60, 1] as const);
        const rest = [
            [900, 900, 15],
            [1800, 900, 15],
            [2700, 900, 15],
        ] as const;
        // The minutes cover the first quarter, they and the quarters cover the hour; nothing covers the day.
        expect(await kept([...minutes, [0, 900, 15], ...rest, [0, 3600, 60]])).toEqual([
            ...minutes.map(([start]) => [start, 60]),
            [900, 900],
            [1800, 900],
            [2700, 900],
        ]);
        expect(await kept([...minutes.slice(1), [0, 900, 15], ...rest, [0, 3600, 60]])).toEqual([
            [0, 900],
            [900, 900],
            [1800, 900],
            [2700, 900],
        ]);
        expect(await kept([...minutes, [0, 900, 15], ...rest, [0, 3600, 60], [0, 86400, 99]])).toEqual([
            [0, 86400],
        ]);
    });

    it('never counts two interleaved grids of one length together', async () => {
        expect(
            await kept([
                [0, 900, 1],
                [420, 900, 1],
                [900, 900, 1],
                [1320, 900, 1],
            ]),
        ).toEqual([
            [0, 900],
            [900, 900],
        ]);
    });

    it('sees an overlap that reaches over the edge of a file', async () => {
        // A day that begins at 22:00 on the last of the month, with quarters in the next month's file.
        const start = 31 * 86400 - 7200;
        expect(
            await kept([
                [start, 86400, 96],
                [31 * 86400, 900, 1],
            ]),
        ).toEqual([[start, 86400]]);
    });
});

describe('the rollups', () => {
    const zones: readonly (readonly [
        zone: string,
        from: string,
        to: string,
        days: readonly (readonly [string, number])[],
    ])[] = [
        [
            'Europe/London',
            '2026-03-28T00:00:00Z',
            '2026-03-30T23:00:00Z',
            [
                ['2026-03-28', 24],
                ['2026-03-29', 23],
                ['2026-03-30', 24],
            ],
        ],
        [
            'Europe/London',
            '2026-10-23T23:00:00Z',
            '2026-10-27T00:00:00Z',
            [
                ['2026-10-24', 24],
                ['2026-10-25', 25],
                ['2026-10-26', 24],
            ],
        ],
        [
            'Australia/Lord_Howe',
            '2026-04-03T13:00:00Z',
            '2026-04-05T13:30:00Z',
            [
                ['2026-04-04', 24],
                ['2026-04-05', 24.5],
            ],
        ],
        [
            'Australia/Lord_Howe',
            '2026-10-02T13:30:00Z',
            '2026-10-04T13:00:00Z',
            [
                ['2026-10-03', 24],
                ['2026-10-04', 23.5],
            ],
        ],
        ['Asia/Kolkata', '2026-03-28T18:30:00Z', '2026-03-29T18:30:00Z', [['2026-03-29', 24]]],
        [
            'Pacific/Chatham',
            '2026-04-03T10:15:00Z',
            '2026-04-05T11:15:00Z',
            [
                ['2026-04-04', 24],
                ['2026-04-05', 25],
            ],
        ],
        ['America/Phoenix', '2026-03-08T07:00:00Z', '2026-03-09T07:00:00Z', [['2026-03-08', 24]]],
        [
            'America/Havana',
            '2026-03-07T05:00:00Z',
            '2026-03-09T04:00:00Z',
            [
                ['2026-03-07', 24],
                ['2026-03-08', 23],
            ],
        ],
        [
            'Asia/Beirut',
            '2026-03-27T22:00:00Z',
            '2026-03-29T21:00:00Z',
            [
                ['2026-03-28', 24],
                ['2026-03-29', 23],
            ],
        ],
        [
            'Asia/Beirut',
            '2026-10-23T21:00:00Z',
            '2026-10-25T22:00:00Z',
            [
                ['2026-10-24', 25],
                ['2026-10-25', 24],
            ],
        ],
    ];
    it.each(zones)('cut days in %s from %s where the site does', async (zone, from, to, days) => {
        for (const session of ['UTC', 'Pacific/Auckland', 'America/St_Johns']) {
            await withViews({ zones: { '1': zone }, readings: quarters('1', from, to) }, async (db) => {
                await db.run(`set TimeZone = '${session}'`);
                const rows = await db.rows(
                    'select cast(date as varchar) as day, energy_kwh, reading_count, expected_count, coverage, avg_power_kw from energy_daily order by date',
                );
                expect(rows.map(plain)).toEqual(
                    days.map(([date, hours]) => ({
                        day: date,
                        energy_kwh: hours * 4,
                        reading_count: hours * 4,
                        expected_count: hours * 4,
                        coverage: 1,
                        avg_power_kw: 4,
                    })),
                );
                const [hourly] = await db.rows(
                    'select sum(energy_kwh) as kwh, min(coverage) as low, max(coverage) as high, count(*) as hours, count(distinct hour_start) as starts from energy_hourly',
                );
                expect(plain(hourly ?? {})).toMatchObject({
                    kwh: days.reduce((sum, [, hours]) => sum + hours * 4, 0),
                    low: 1,
                    high: 1,
                });
                expect(hourly?.hours).toEqual(hourly?.starts);
            });
        }
    });

    it('keep the two 02:00 hours of autumn apart', async () => {
        const readings = quarters('1', '2026-10-24T23:00:00Z', '2026-10-25T03:00:00Z');
        await withViews({ zones: { '1': 'Europe/London' }, readings }, async (db) => {
            const rows = await db.rows(
                'select hour_start, cast(local_hour as varchar) as local, reading_count from energy_hourly order by hour_start',
            );
            expect(rows.map(plain)).toEqual([
                { hour_start: '2026-10-24T23:00:00.000Z', local: '2026-10-25 00:00:00', reading_count: 4 },
                { hour_start: '2026-10-25T00:00:00.000Z', local: '2026-10-25 01:00:00', reading_count: 4 },
                { hour_start: '2026-10-25T01:00:00.000Z', local: '2026-10-25 01:00:00', reading_count: 4 },
                { hour_start: '2026-10-25T02:00:00.000Z', local: '2026-10-25 02:00:00', reading_count: 4 },
            ]);
        });
    });

    it('begin weeks on Monday and months on the first, and know their length', async () => {
        const readings = [at('2026-03-01T12:00:00Z'), at('2026-03-02T12:00:00Z')].map((time) => ({
            channel: '1',
            at: time,
            interval: 3600,
            energy: 2,
            power: 2,
        }));
        await withViews({ zones: { '1': 'Europe/London' }, readings }, async (db) => {
            const weeks = await db.rows(
                'select cast(week as varchar) as week, expected_count, coverage from energy_weekly order by 1',
            );
            expect(weeks.map(plain)).toEqual([
                { week: '2026-02-23', expected_count: 168, coverage: 1 / 168 },
                { week: '2026-03-02', expected_count: 168, coverage: 1 / 168 },
            ]);
            const months = await db.rows(
                'select cast(month as varchar) as month, energy_kwh, expected_count, coverage from energy_monthly',
            );
            expect(months.map(plain)).toEqual([
                { month: '2026-03-01', energy_kwh: 4, expected_count: 743, coverage: 2 / 743 },
            ]);
        });
    });

    it('weigh averages by time and energy, and name the earliest peak', async () => {
        const readings: GivenReading[] = [
            {
                channel: '1',
                at: at('2026-03-02T00:00:00Z'),
                interval: 3600,
                energy: 2,
                power: 2,
                voltage: 230,
                powerFactor: 0.5,
            },
            {
                channel: '1',
                at: at('2026-03-02T01:00:00Z'),
                interval: 900,
                energy: 1.5,
                power: 6,
                voltage: 240,
                powerFactor: 1,
            },
            {
                channel: '1',
                at: at('2026-03-02T01:15:00Z'),
                interval: 900,
                energy: 1.5,
                power: 6,
                voltage: null,
                powerFactor: null,
            },
            { channel: '1', at: at('2026-03-02T01:30:00Z'), interval: 900, energy: null, power: null },
        ];
        await withViews({ readings }, async (db) => {
            const [row] = await db.rows('select * from energy_daily');
            expect(plain(row ?? {})).toMatchObject({
                channel_id: '1',
                channel_name: null,
                time_zone: 'UTC',
                energy_kwh: 5,
                avg_power_kw: 5 / 1.5,
                min_power_kw: 2,
                peak_power_kw: 6,
                peak_at: '2026-03-02T01:00:00.000Z',
                avg_voltage_v: (230 * 4 + 240) / 5,
                min_voltage_v: 230,
                max_voltage_v: 240,
                avg_power_factor: (0.5 * 2 + 1.5) / 3.5,
                reading_count: 3,
                expected_count: 3 + (86400 - 5400) / 900,
                coverage: 5400 / 86400,
            });
        });
    });

    it('show a day without energy as null with coverage 0, never as 0', async () => {
        await withViews(
            { readings: [{ channel: '1', at: 0, interval: 900, temperature: 20 }] },
            async (db) => {
                const [row] = await db.rows(
                    'select energy_kwh, avg_power_kw, peak_at, reading_count, expected_count, coverage from energy_daily',
                );
                expect(plain(row ?? {})).toEqual({
                    energy_kwh: null,
                    avg_power_kw: null,
                    peak_at: null,
                    reading_count: 0,
                    expected_count: 96,
                    coverage: 0,
                });
            },
        );
    });

    it('keep a reading outside the calendar', async () => {
        const readings = [{ channel: '1', at: at('1999-07-01T23:30:00Z'), interval: 900, energy: 3 }];
        await withViews({ zones: { '1': 'Europe/London' }, readings }, async (db) => {
            expect(
                await db.rows('select cast(date as varchar) as day, energy_kwh from energy_daily'),
            ).toEqual([{ day: '1999-07-02', energy_kwh: 3 }]);
            expect(
                await db.rows(
                    'select cast(local_time as varchar) as local, utc_offset_s from readings_enriched',
                ),
            ).toEqual([{ local: '1999-07-02 00:30:00', utc_offset_s: 3600 }]);
        });
    });

    it('put a day-long reading whole into the hour it starts in', async () => {
        await withViews({ readings: [{ channel: '1', at: 0, interval: 86400, energy: 24 }] }, async (db) => {
            const rows = await db.rows(
                'select energy_kwh, reading_count, expected_count, coverage from energy_hourly',
            );
            expect(rows.map(plain)).toEqual([
                { energy_kwh: 24, reading_count: 1, expected_count: 1, coverage: 1 },
            ]);
        });
    });
});

describe('latest_readings', () => {
    it('shows the newest reading with a measure, and dead channels with nulls', async () => {
        const readings: GivenReading[] = [
            { channel: '1', at: 900, interval: 900, energy: 1 },
            { channel: '1', at: 1800, interval: 900 },
            { channel: '2', at: 900, interval: 900 },
            { channel: '4', at: 900, interval: 900, temperature: 20 },
        ];
        await withViews({ zones: { '1': 'UTC', '2': 'UTC', '3': null }, readings }, async (db) => {
            const rows = await db.rows(
                'select channel_id, timestamp, energy_kwh, temperature_c from latest_readings order by 1',
            );
            expect(rows.map(plain)).toEqual([
                {
                    channel_id: '1',
                    timestamp: '1970-01-01T00:15:00.000Z',
                    energy_kwh: 1,
                    temperature_c: null,
                },
                { channel_id: '2', timestamp: null, energy_kwh: null, temperature_c: null },
                { channel_id: '3', timestamp: null, energy_kwh: null, temperature_c: null },
                {
                    channel_id: '4',
                    timestamp: '1970-01-01T00:15:00.000Z',
                    energy_kwh: null,
                    temperature_c: 20,
                },
            ]);
        });
    });
});
