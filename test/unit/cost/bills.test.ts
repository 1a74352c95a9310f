import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DuckDB } from '../../../src/warehouse/duckdb.ts';
import { type TariffLake, withTariffLake } from '../../support/tariff-lake.ts';
import { type GivenReading, plain } from '../warehouse/small-lake.ts';

const at = (text: string): number => Date.parse(text) / 1000;

/** Readings of one length and energy in [from, to). */
function readings(
    channel: string,
    from: string,
    to: string,
    energy: number | null,
    interval = 900,
): GivenReading[] {
    const found: GivenReading[] = [];
    for (let time = at(from); time < at(to); time += interval)
        found.push({ channel, at: time, interval, energy });
    return found;
}

const tariff = (id: string, version: object, currency = 'EUR'): object => ({
    id,
    currency,
    versions: [{ valid_from: '2026-01-01', energy: { kind: 'flat', rate: 0.2 }, ...version }],
});

const tou = {
    energy: {
        kind: 'time_of_use',
        periods: [
            { name: 'peak', rate: 0.3, when: [{ days: ['weekdays'], hours: ['08:00-20:00'] }] },
            { name: 'rest', rate: 0.1 },
        ],
    },
};

async function ask(lake: TariffLake, sql: string): Promise<Record<string, unknown>[]> {
    return withTariffLake(lake, async (db) => (await db.rows(sql)).map(plain));
}

/** One channel of one organization in a zone. */
function one(version: object, rows: readonly GivenReading[], zone = 'UTC', currency = 'EUR'): TariffLake {
    return {
        tariffs: { tariffs: [tariff('t', version, currency)] },
        organizations: [{ id: 'o', zone }],
        channels: [{ id: '1', organization: 'o', tariff: 't' }],
        readings: rows,
    };
}

const lines = 'select line_kind, line_name, quantity, rate, amount from bill_lines order by month, line_no';

describe('cost', () => {
    it('follows the wall clock of the site through a change of the clock, half-hour zones too', async () => {
        // Lord Howe: 02:00 becomes 01:30 on 5 April 2026, at 15:00 UTC of the 4th; the peak begins at 01:45.
        const version = {
            energy: {
                kind: 'time_of_use',
                periods: [
                    { name: 'night', rate: 1, when: [{ hours: ['01:45-02:15'] }] },
                    { name: 'rest', rate: 2 },
                ],
            },
        };
        const rows = await ask(
            one(
                version,
                readings('1', '2026-04-04T14:30:00Z', '2026-04-04T16:00:00Z', 1),
                'Australia/Lord_Howe',
            ),
            `select strftime(local_time, '%H:%M') as local, period_name as period, cost from cost order by timestamp`,
        );
        expect(rows.map((row) => [row.local, row.period, row.cost])).toEqual([
            ['01:30', 'rest', 2],
            ['01:45', 'night', 1],
            ['01:30', 'rest', 2],
            ['01:45', 'night', 1],
            ['02:00', 'night', 1],
            ['02:15', 'rest', 2],
        ]);
    });

    it('is null where the rate changes inside the interval, and known where only the hour does', async () => {
        const hourly = readings('1', '2026-01-05T06:30:00Z', '2026-01-05T09:30:00Z', 4, 3600);
        const rows = await ask(
            one(tou, hourly),
            'select rate, cost, currency, period_name from cost order by timestamp',
        );
        expect(rows).toEqual([
            { rate: 0.1, cost: 0.4, currency: 'EUR', period_name: 'rest' },
            { rate: null, cost: null, currency: null, period_name: 'rest' },
            { rate: 0.3, cost: 1.2, currency: 'EUR', period_name: 'peak' },
        ]);
    });

    it('knows the rate of an interval that runs into the next day at the same price, and no further', async () => {
        const long = [
            // Sunday to Monday 08:00 at the rest's price: 32 hours from Sunday 00:00.
            { channel: '1', at: at('2026-01-04T00:00:00Z'), interval: 86_400, energy: 1 },
            { channel: '1', at: at('2026-01-10T12:00:00Z'), interval: 86_400, energy: 1 },
            { channel: '1', at: at('2026-01-11T12:00:00Z'), interval: 86_400, energy: 1 },
        ];
        expect(await ask(one(tou, long), 'select rate from cost order by timestamp')).toEqual([
            { rate: 0.1 },
            { rate: 0.1 },
            { rate: null },
        ]);
    });

    it('does not know the rate of an interval that runs into a day of another price', async () => {
        const version = {
            energy: {
                kind: 'time_of_use',
                periods: [
                    { name: 'weekend', rate: 0.1, when: [{ days: ['weekends'] }] },
                    { name: 'week', rate: 0.2 },
                ],
            },
        };
        // Thursday to Friday, Friday to Saturday, Saturday to Sunday.
        const rows = ['08', '09', '10'].map((day) => ({
            channel: '1',
            at: at(`2026-01-${day}T23:30:00Z`),
            interval: 3600,
            energy: 1,
        }));
        const found = await ask(one(version, rows), 'select rate from cost order by timestamp');
        expect(found).toEqual([{ rate: 0.2 }, { rate: null }, { rate: 0.1 }]);
    });

    it('counts a holiday of the organization as a holiday, and of no other', async () => {
        const version = {
            energy: {
                kind: 'time_of_use',
                periods: [
                    { name: 'off', rate: 0, when: [{ days: ['holiday'] }] },
                    { name: 'rest', rate: 1 },
                ],
            },
        };
        const lake: TariffLake = {
            tariffs: { tariffs: [tariff('t', version)] },
            organizations: [{ id: 'o', holidays: ['2026-01-06'] }, { id: 'p' }],
            channels: [
                { id: '1', organization: 'o', tariff: 't' },
                { id: '2', organization: 'p', tariff: 't' },
            ],
            readings: [
                ...readings('1', '2026-01-05T00:00:00Z', '2026-01-08T00:00:00Z', 1, 86_400),
                ...readings('2', '2026-01-05T00:00:00Z', '2026-01-08T00:00:00Z', 1, 86_400),
            ],
        };
        const rows = await ask(
            lake,
            'select channel_id, list(rate order by timestamp)::varchar as rates from cost group by 1 order by 1',
        );
        expect(rows).toEqual([
            { channel_id: '1', rates: '[1.0, 0.0, 1.0]' },
            { channel_id: '2', rates: '[1.0, 1.0, 1.0]' },
        ]);
    });

    it('is null without a tariff, before its first version and under tiers; never 0', async () => {
        const lake: TariffLake = {
            tariffs: {
                tariffs: [
                    tariff('late', { valid_from: '2026-01-02' }),
                    tariff('tiers', { energy: { kind: 'tiers', tiers: [{ rate: 0.1 }] } }),
                ],
            },
            organizations: [{ id: 'o' }],
            channels: [
                { id: '1', organization: 'o' },
                { id: '2', organization: 'o', tariff: 'late' },
                { id: '3', organization: 'o', tariff: 'tiers' },
            ],
            readings: ['1', '2', '3', '4'].flatMap((id) =>
                readings(id, '2026-01-01T23:45:00Z', '2026-01-02T00:15:00Z', 1),
            ),
        };
        const rows = await ask(
            lake,
            'select channel_id as id, rate, cost from cost order by channel_id, timestamp',
        );
        expect(rows.map(({ id, rate, cost }) => [id, rate, cost])).toEqual([
            ['1', null, null],
            ['1', null, null],
            ['2', null, null],
            ['2', 0.2, 0.2],
            ['3', null, null],
            ['3', null, null],
            ['4', null, null],
            ['4', null, null],
        ]);
    });
});

describe('a bill', () => {
    it('rounds each line once, half away from zero, on the exact product', async () => {
        // 1.005 is a little less as a double; 0.5 kWh × 2.01 = 1.005 is 1.01 on the bill.
        const half = readings('1', '2026-01-05T00:00:00Z', '2026-01-05T00:15:00Z', 0.5);
        const [line] = await ask(one({ energy: { kind: 'flat', rate: 2.01 } }, half), lines);
        expect(line?.amount).toBe(1.01);
        const [yen] = await ask(one({ energy: { kind: 'flat', rate: 25 } }, half, 'UTC', 'JPY'), lines);
        expect(yen?.amount).toBe(13);
        const [dinar] = await ask(one({ energy: { kind: 'flat', rate: 0.0025 } }, half, 'UTC', 'KWD'), lines);
        expect(dinar?.amount).toBe(0.001);
    });

    it('says which energy has no price, and then has no total', async () => {
        const hourly = readings('1', '2026-01-05T06:30:00Z', '2026-01-05T09:30:00Z', 4, 3600);
        const version = {
            ...tou,
            fixed: { per_day: 1 },
            taxes: [{ name: 'VAT', percent: 20 }],
            minimum_per_month: 500,
        };
        await withTariffLake(one(version, hourly), async (db) => {
            expect((await db.rows(lines)).map((row) => [row.line_name, row.quantity, row.amount])).toEqual([
                ['without a price', 4, null],
                ['peak', 4, 1.2],
                ['rest', 4, 0.4],
                ['fixed charge', 31, 31],
                ['VAT', null, null],
            ]);
            const bills = await db.rows(
                'select energy_kwh, energy_amount, fixed_amount, total_amount from bill_monthly',
            );
            expect(bills).toEqual(
                Array(2).fill({
                    energy_kwh: 12,
                    energy_amount: null,
                    fixed_amount: null,
                    total_amount: null,
                }),
            );
        });
    });

    it('is not there without a tariff', async () => {
        const lake = {
            ...one({}, readings('1', '2026-01-05T00:00:00Z', '2026-01-05T01:00:00Z', 1)),
            channels: [{ id: '1', organization: 'o' }],
        };
        expect(await ask(lake, 'select * from bill_monthly')).toEqual([]);
        expect(await ask(lake, 'select * from bill_lines')).toEqual([]);
    });

    it('changes price with the version, in the middle of a month too', async () => {
        const lake: TariffLake = {
            ...one({}, readings('1', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z', 1, 3600)),
            tariffs: {
                tariffs: [
                    {
                        id: 't',
                        currency: 'EUR',
                        versions: [
                            {
                                valid_from: '2025-05-05',
                                energy: { kind: 'flat', rate: 0.1 },
                                fixed: { per_day: 1 },
                                taxes: [{ name: 'VAT', percent: 10 }],
                            },
                            {
                                valid_from: '2026-01-11',
                                energy: { kind: 'flat', rate: 0.2 },
                                fixed: { per_day: 2 },
                                taxes: [{ name: 'VAT', percent: 20 }],
                            },
                        ],
                    },
                ],
            },
        };
        expect(
            (await ask(lake, lines)).map((row) => [row.line_kind, row.quantity, row.rate, row.amount]),
        ).toEqual([
            ['energy', 240, 0.1, 24],
            ['energy', 504, 0.2, 100.8],
            ['fixed', 10, 1, 10],
            ['fixed', 21, 2, 42],
            ['tax', 34, 10, 3.4],
            ['tax', 142.8, 20, 28.56],
        ]);
    });

    it('takes the demand of whole quarter hours: one-minute readings are averaged, longer ones spread', async () => {
        const version = { demand: [{ name: 'demand', rate_per_kw: 10 }] };
        const minutes = readings('1', '2026-01-05T00:00:00Z', '2026-01-05T00:30:00Z', 0.1, 60).map((row) =>
            // One wild minute: 60 kW, but 1.4 kWh + 1 kWh in its quarter hour.
            row.at === at('2026-01-05T00:20:00Z') ? { ...row, energy: 1 } : row,
        );
        const quarter = `select quantity, amount, peak_at from bill_lines where line_kind = 'demand'`;
        expect(await ask(one(version, minutes), quarter)).toEqual([
            { quantity: 9.6, amount: 96, peak_at: '2026-01-05T00:15:00.000Z' },
        ]);
        const coarse = readings('1', '2026-01-05T00:00:00Z', '2026-01-05T02:00:00Z', 6, 3600);
        expect(await ask(one(version, coarse), quarter)).toEqual([
            { quantity: 6, amount: 60, peak_at: '2026-01-05T00:00:00.000Z' },
        ]);
    });

    it('takes the earliest of equal quarter hours, in whatever order their readings are added', async () => {
        const version = { demand: [{ name: 'demand', rate_per_kw: 10 }] };
        // 0.3 + 0.2 + 0.1 is 0.6, and 0.1 + 0.2 + 0.3 a little more: each month has both, one in each order.
        const starts = ['2026-01-05T10:00:00.000Z', '2026-02-05T10:00:00.000Z'];
        const rows = [
            [0.1, 0.2, 0.3, 0.3, 0.2, 0.1],
            [0.3, 0.2, 0.1, 0.1, 0.2, 0.3],
        ].flatMap((energies, month) =>
            energies.map((energy, index) => ({
                channel: '1',
                at: at(starts[month] ?? '') + 300 * index,
                interval: 300,
                energy,
            })),
        );
        const peaks = `select peak_at from bill_lines where line_kind = 'demand' order by month`;
        expect((await ask(one(version, rows), peaks)).map((row) => row.peak_at)).toEqual(starts);
    });

    it('looks back over the months of the ratchet and no further', async () => {
        const version = { demand: [{ name: 'demand', rate_per_kw: 1, ratchet: { percent: 50, months: 2 } }] };
        const month = (name: string, energy: number) =>
            readings('1', `${name}-10T00:00:00Z`, `${name}-10T00:15:00Z`, energy);
        const rows = [
            ...month('2026-01', 10),
            ...month('2026-02', 1),
            ...month('2026-03', 1),
            ...month('2026-04', 1),
        ];
        const found = await ask(
            one(version, rows),
            `select quantity from bill_lines where line_kind = 'demand' order by month`,
        );
        // 40 kW in January: half of it in February and March, forgotten in April.
        expect(found.map(({ quantity }) => quantity)).toEqual([40, 20, 20, 4]);
    });

    it('remembers the peak of another season under a charge of the same name', async () => {
        const version = {
            seasons: { summer: ['06-01..09-30'], winter: ['10-01..05-31'] },
            demand: [
                {
                    name: 'demand',
                    rate_per_kw: 1,
                    when: [{ seasons: ['summer'] }],
                    ratchet: { percent: 80, months: 11 },
                },
                {
                    name: 'demand',
                    rate_per_kw: 2,
                    when: [{ seasons: ['winter'] }],
                    ratchet: { percent: 80, months: 11 },
                },
            ],
        };
        const rows = ['2026-09', '2026-10'].flatMap((month, index) =>
            readings('1', `${month}-10T00:00:00Z`, `${month}-10T01:00:00Z`, 10 - 9 * index),
        );
        const found = await ask(
            one(version, rows),
            `select quantity, rate, amount from bill_lines where line_kind = 'demand' order by month`,
        );
        expect(found).toEqual([
            { quantity: 40, rate: 1, amount: 40 },
            { quantity: 32, rate: 2, amount: 64 },
        ]);
    });

    it('of one month is the same whether asked for alone or with all', async () => {
        const version = { demand: [{ name: 'demand', rate_per_kw: 1, ratchet: { percent: 50, months: 2 } }] };
        const rows = ['2026-01', '2026-02'].flatMap((month, index) =>
            readings('1', `${month}-10T00:00:00Z`, `${month}-10T01:00:00Z`, 10 - 9 * index),
        );
        const alone = await ask(
            one(version, rows),
            `select total_amount from bill_monthly where subject_id = '1' and month = date '2026-02-01'`,
        );
        // 4 kWh × 0.20, and half of January's 40 kW.
        expect(alone).toEqual([{ total_amount: 20.8 }]);
    });

    it('of an organization adds up the accounts below it, each once, and prices the peak of the sum', async () => {
        const version = { demand: [{ name: 'demand', rate_per_kw: 10 }], fixed: { per_month: 5 } };
        const lake: TariffLake = {
            tariffs: {
                tariffs: [tariff('t', version), tariff('own', { energy: { kind: 'flat', rate: 1 } })],
            },
            organizations: [
                { id: 'group' },
                { id: 'site', parent: 'group' },
                { id: 'other', parent: 'group' },
            ],
            channels: [
                // The site's tariff: one account of two channels that peak at different times.
                { id: '1', organization: 'site', tariff: 't', tariffFrom: 'site' },
                { id: '2', organization: 'site', tariff: 't', tariffFrom: 'site' },
                { id: '3', organization: 'other', tariff: 'own' },
                { id: '4', organization: 'site' },
            ],
            readings: [
                { channel: '1', at: at('2026-01-05T10:00:00Z'), interval: 900, energy: 5 },
                { channel: '1', at: at('2026-01-05T11:00:00Z'), interval: 900, energy: 3 },
                { channel: '2', at: at('2026-01-05T11:00:00Z'), interval: 900, energy: 3 },
                { channel: '2', at: at('2026-01-05T12:00:00Z'), interval: 900, energy: 5 },
                { channel: '3', at: at('2026-01-05T10:00:00Z'), interval: 900, energy: 7 },
                { channel: '4', at: at('2026-01-05T10:00:00Z'), interval: 900, energy: 1000 },
            ],
        };
        const rows = await ask(
            lake,
            `select subject_kind as kind, subject_id as id, account_count as n, energy_kwh, energy_amount, demand_amount,
             fixed_amount, total_amount from bill_monthly order by kind, id`,
        );
        const site = {
            energy_kwh: 16,
            energy_amount: 3.2,
            demand_amount: 240,
            fixed_amount: 5,
            total_amount: 248.2,
        };
        const other = { energy_kwh: 7, energy_amount: 7, demand_amount: 0, fixed_amount: 0, total_amount: 7 };
        const both = {
            energy_kwh: 23,
            energy_amount: 10.2,
            demand_amount: 240,
            fixed_amount: 5,
            total_amount: 255.2,
        };
        expect(rows).toEqual([
            { kind: 'channel', id: '3', n: 1, ...other },
            { kind: 'organization', id: 'group', n: 2, ...both },
            { kind: 'organization', id: 'other', n: 1, ...other },
            { kind: 'organization', id: 'site', n: 1, ...site },
        ]);
    });

    it('says how much of it is measured and how much estimated', async () => {
        const lake = one({}, readings('1', '2026-01-01T00:00:00Z', '2026-01-16T12:00:00Z', 1, 3600));
        await withTariffLake(lake, async (db, root) => {
            await addPatches(db, root);
            const rows = await db.rows(
                `select energy_kwh, estimated_kwh, coverage, total_amount from bill_monthly where subject_kind = 'channel'`,
            );
            expect(rows).toEqual([{ energy_kwh: 374, estimated_kwh: 2, coverage: 0.5, total_amount: 74.8 }]);
            expect(
                await db.rows('select is_estimated, count(*)::int as n from cost group by 1 order by 1'),
            ).toEqual([
                { is_estimated: false, n: 372 },
                { is_estimated: true, n: 1 },
            ]);
        });
    });

    it('says the same in any session zone', async () => {
        const version = {
            ...tou,
            demand: [{ name: 'd', rate_per_kw: 3, when: [{ hours: ['00:00-01:00'] }] }],
        };
        const rows = readings('1', '2026-03-28T00:00:00Z', '2026-04-02T00:00:00Z', 1.5);
        await withTariffLake(one(version, rows, 'America/St_Johns'), async (db) => {
            const seen: unknown[] = [];
            for (const zone of ['UTC', 'Pacific/Auckland', 'America/St_Johns']) {
                await db.run(`set TimeZone = '${zone}'`);
                seen.push(
                    (await db.rows('select *, month::varchar as m from bill_lines order by m, line_no')).map(
                        plain,
                    ),
                );
            }
            expect(seen[0]).not.toEqual([]);
            expect(seen[1]).toEqual(seen[0]);
            expect(seen[2]).toEqual(seen[0]);
        });
    });
});

/** An estimated hour, as the normalization leaves it, and an hour nobody knows. */
async function addPatches(db: DuckDB, root: string): Promise<void> {
    const columns = await db.rows(
        'select column_name as name, column_type as type from (describe select * from grid_patches)',
    );
    const values: Record<string, string> = {
        channel_id: `'1'`,
        timestamp: `timestamptz '2026-01-16 12:00:00+00' + n * interval 1 hour`,
        interval_s: '3600',
        estimated_kwh: 'case when n = 0 then 2.0 end',
    };
    const select = columns.map(
        ({ name, type }) => `cast(${values[String(name)] ?? 'null'} as ${type}) as "${name}"`,
    );
    const file = join(root, 'reference', 'grid_patches.parquet');
    await db.run(`copy (select ${select.join()} from range(2) t(n)) to '${file}' (format parquet)`);
    await db.run(`create or replace view grid_patches as select * from read_parquet('${file}')`);
}

describe('a filter on cost', () => {
    it('on channel and time reaches the files', async () => {
        const lake: TariffLake = {
            ...one(tou, [
                ...readings('1', '2026-01-10T00:00:00Z', '2026-01-11T00:00:00Z', 1),
                ...readings('1', '2026-02-10T00:00:00Z', '2026-02-11T00:00:00Z', 1),
                ...readings('2', '2026-01-10T00:00:00Z', '2026-01-11T00:00:00Z', 1),
            ]),
        };
        await withTariffLake(lake, async (db) => {
            const sql = `select sum(cost) from cost where channel_id = '1' and timestamp >= timestamptz '2026-02-10 00:00:00+00'`;
            const [plan] = await db.rows(`explain (format json) ${sql}`);
            const scans = scansOf(JSON.parse(String(plan?.explain_value)));
            // One look at each file of the channel for its grid, one at its rows; the instant is compared while reading.
            expect(scans.map((scan) => scan['Scanning Files'])).toEqual(scans.map(() => '2/3'));
            expect(
                scans.some((scan) => String(scan.Filters).includes("timestamp>='2026-02-10 00:00:00+00'")),
            ).toBe(true);
        });
    });
});

/** The Parquet scans of the readings in a plan, with what DuckDB says of each. */
function scansOf(plan: unknown): Record<string, unknown>[] {
    const nodes = Array.isArray(plan) ? plan : [plan];
    return nodes.flatMap(
        (node: { name?: string; extra_info?: Record<string, unknown>; children?: unknown }) => [
            ...(node.extra_info?.['Scanning Files'] === undefined ? [] : [node.extra_info]),
            ...scansOf(node.children ?? []),
        ],
    );
}
