import { describe, expect, it } from 'vitest';
import type { DuckDB } from '../../../src/warehouse/duckdb.ts';
import { type GivenFleet, withFleet } from '../../support/organization-lake.ts';
import { type GivenReading, plain } from './small-lake.ts';

const start = Date.parse('2026-02-27T00:00:00Z') / 1000;

/** Four channels, one over three months and three over two, of different lengths, with holes. */
const fleet: GivenFleet = {
    organizations: [
        { id: '1', zone: 'America/St_Johns' },
        { id: '20', parent: '1', zone: 'Asia/Kolkata', carbon: 0.5 },
        { id: '300', parent: '20', zone: 'Europe/London', carbon: 0.2 },
        { id: '301', parent: '20', zone: 'Pacific/Auckland', carbon: 0.1 },
    ],
    channels: ['11', '22', '33', '34'].map((id, index) => ({
        id,
        organization: ['1', '20', '300', '301'][index] ?? null,
    })),
    readings: ['11', '22', '33', '34'].flatMap((channel, place) =>
        Array.from({ length: 200 }, (_, index): GivenReading => {
            const interval = place === 1 ? 3600 : 1800;
            const power = ((index * (place + 3) * 37) % 100) / 10;
            return {
                channel,
                at: start + interval * index * 3 + 86_400 * (index > 150 ? 20 : 0),
                interval,
                energy: index % 17 === 0 ? null : (power * interval) / 3600,
                power,
                voltage: 220 + (index % 20),
            };
        }),
    ),
};

/** How many data files each reference to the readings opened. */
async function filesRead(db: DuckDB, sql: string): Promise<number[]> {
    const [row] = await db.rows(`explain (analyze, format json) ${sql}`);
    const found: number[] = [];
    const visit = (node: unknown): void => {
        if (typeof node !== 'object' || node === null) return;
        const text = JSON.stringify('extra_info' in node ? node.extra_info : {});
        const files = /"Total Files Read":"?(\d+)/.exec(text)?.[1];
        if (files !== undefined && text.includes('channel_id=')) found.push(Number(files));
        for (const child of 'children' in node && Array.isArray(node.children) ? node.children : [])
            visit(child);
    };
    const [tree] = [JSON.parse(String(row?.explain_value))].flat();
    visit(tree);
    return found;
}

/** Sums of floating point numbers depend on their order in the last digits. */
const text = (rows: readonly Record<string, unknown>[]): string[] =>
    rows
        .map((row) =>
            JSON.stringify(plain(row), (_, value) =>
                typeof value === 'number' ? Number(value.toPrecision(11)) : value,
            ),
        )
        .sort();

describe('a filter on an organization or in a macro', () => {
    it('reaches the files of its channels', { timeout: 120_000 }, async () => {
        await withFleet(fleet, async ({ db }) => {
            const all = await filesRead(db, 'select * from organization_daily');
            expect(Math.max(...all)).toBe(9);
            for (const [sql, files] of [
                ["from organization_hourly where organization_id = '301'", 2],
                ["from organization_daily where organization_id = '301'", 2],
                ["from organization_monthly where organization_id = '20'", 7],
                ["from organization_monthly where organization_id in ('300', '301')", 4],
                ["from organization_summary('300', '2026')", 2],
                ["from energy_statistics('22', '2026')", 3],
                ["from load_profile('22', '2026')", 3],
                ["from after_hours_energy('22', '2026')", 3],
                ["from compare_periods('22', '2026-03', 'previous')", 3],
                ["from channel_readings('22', '2026-01-01', '2027-01-01', 3600)", 3],
            ] as const) {
                const found = await filesRead(db, `select * ${sql}`);
                expect(found.length, sql).toBeGreaterThan(0);
                expect(Math.max(...found), sql).toBe(files);
            }
        });
    });

    it('gives the same for a period, however the files are cut', { timeout: 240_000 }, async () => {
        const answers: string[][] = [];
        for (const granularity of ['day', 'month', 'year'] as const) {
            await withFleet({ ...fleet, granularity }, async ({ db }) => {
                const rows: Record<string, unknown>[] = [];
                for (const name of ['2026-03', '2026-W10', '2026-03-01', '2026-02-28/2026-03-02']) {
                    for (const id of ['1', '20', '301']) {
                        rows.push(...(await db.rows(`from organization_summary('${id}', '${name}')`)));
                        const [from, to] = [`period_start('${name}')`, `period_end('${name}')`];
                        const [row] = await db.rows(
                            `select sum(energy_kwh) as energy from organization_daily
                             where organization_id = '${id}' and date >= ${from} and date < ${to}`,
                        );
                        expect(rows.at(-1)?.energy_kwh, `${id} ${name}`).toBeCloseTo(Number(row?.energy), 9);
                    }
                }
                answers.push(text(rows));
            });
        }
        expect(answers[1]).toEqual(answers[0]);
        expect(answers[2]).toEqual(answers[0]);
    });

    it('changes no row, and the session’s zone none either', { timeout: 240_000 }, async () => {
        const questions = [
            ['organization_hourly', "organization_id = '300' and energy_kwh > 1"],
            ['organization_daily', "date = date '2026-03-29'"],
            ['organization_daily', "organization_id in ('1', '301') and date >= date '2026-03-08'"],
            ['organization_weekly', "week = date '2026-03-09'"],
            ['organization_monthly', "organization_id = '20'"],
            ['organization_monthly', "month = date '2026-03-01' and peak_power_kw > 0"],
            ["energy_statistics('22', '2026-03')", 'true'],
            ["after_hours_energy('34', '2026-W10')", "kind <> 'day off'"],
            ["load_profile('33', '2026')", 'weekday = 7'],
            ["compare_periods('11', '2026-03', 'previous')", 'weekday = 1'],
            ["channel_readings('11', '2026-03-08', '2026-03-09', 3600)", 'energy_kwh is not null'],
            ["organization_summary('1', '2026-03')", 'true'],
            ['data_freshness', "channel_id = '11'"],
        ] as const;
        await withFleet(fleet, async ({ db }) => {
            for (const [source, filter] of questions) {
                await db.run("set TimeZone = 'UTC'");
                await db.run(`create or replace temp table everything as select * from ${source}`);
                const expected = text(await db.rows(`select * from everything where ${filter}`));
                expect(expected.length, source).toBeGreaterThan(0);
                for (const zone of ['Pacific/Auckland', 'America/St_Johns']) {
                    await db.run(`set TimeZone = '${zone}'`);
                    const found = text(await db.rows(`select * from ${source} where ${filter}`));
                    expect(found, `${source} where ${filter} in ${zone}`).toEqual(expected);
                }
            }
        });
    });
});
