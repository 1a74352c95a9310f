import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCatalog } from '../../../src/warehouse/catalog.ts';
import { withDuckDB } from '../../../src/warehouse/duckdb.ts';
import { copyRows } from '../../../src/warehouse/export-rows.ts';
import { queryView } from '../../../src/warehouse/query.ts';
import { streamRows } from '../../../src/warehouse/rows.ts';
import { allFields, withSmallLake } from './small-lake.ts';

const day = 86400;
const readings = ['1', '2'].flatMap((channel) =>
    [0, 1, 2].map((index) => ({ channel, at: index * day, interval: 900, energy: index + 1, power: 1 })),
);

async function ask(query: Parameters<typeof queryView>[1]): Promise<readonly unknown[]> {
    return await withSmallLake({ zones: { '1': 'UTC', '2': null }, readings }, async (root) =>
        openCatalog({ root, fields: allFields, granularity: 'month' }, async (db, views) => {
            const rows: unknown[] = [];
            for await (const chunk of (await streamRows(db, queryView(views, query))).chunks)
                rows.push(...chunk);
            return rows;
        }),
    );
}

describe('queryView', () => {
    it("filters by the site's days on a daily view, the end excluded", async () => {
        expect(
            await ask({
                view: 'energy_daily',
                from: '1970-01-02',
                to: '1970-01-03',
                columns: ['channel_id', 'date', 'energy_kwh'],
            }),
        ).toEqual([
            { channel_id: '1', date: '1970-01-02', energy_kwh: 2 },
            { channel_id: '2', date: '1970-01-02', energy_kwh: 2 },
        ]);
    });

    it('filters by instants on readings, and by channel and organization', async () => {
        expect(
            await ask({
                view: 'readings_enriched',
                from: '1970-01-02T00:00:00Z',
                organizations: ['o1'],
                columns: ['timestamp', 'local_time'],
                limit: 1,
            }),
        ).toEqual([{ timestamp: '1970-01-02T00:00:00Z', local_time: '1970-01-02T00:00:00' }]);
        expect(
            await ask({ view: 'energy_monthly', channels: ['2', "x' or true --"], columns: ['energy_kwh'] }),
        ).toEqual([{ energy_kwh: 6 }]);
    });

    it('names the nearest view when the name is unknown', async () => {
        await expect(ask({ view: 'energy_dayly' })).rejects.toMatchObject({
            code: 'USAGE_UNKNOWN_VIEW',
            hint: 'Did you mean energy_daily?',
        });
        await expect(ask({ view: 'zzzzzzzzzzz' })).rejects.toMatchObject({ code: 'USAGE_UNKNOWN_VIEW' });
    });

    it('refuses ranges and columns that the view cannot have', async () => {
        const bad = (query: Parameters<typeof queryView>[1], code: string) =>
            expect(ask(query)).rejects.toMatchObject({ code });
        await bad({ view: 'energy_daily', from: '1970-01-02', to: '1970-01-02' }, 'USAGE_BAD_RANGE');
        await bad({ view: 'energy_daily', from: '1970-01-02T00:00:00Z' }, 'USAGE_BAD_RANGE');
        await bad({ view: 'energy_hourly', from: 'yesterday' }, 'USAGE_BAD_RANGE');
        await bad({ view: 'energy_daily', columns: ['nope'] }, 'USAGE_BAD_ARGUMENTS');
        await bad({ view: 'readings', organizations: ['o1'] }, 'USAGE_BAD_ARGUMENTS');
        await bad({ view: 'channels', from: '1970-01-02' }, 'USAGE_BAD_ARGUMENTS');
        await bad({ view: 'energy_daily', limit: -1 }, 'USAGE_BAD_ARGUMENTS');
    });
});

describe('streamRows', () => {
    it('gives every type a form that JSON can hold', async () => {
        await withDuckDB({}, async (db) => {
            const stream = await streamRows(
                db,
                `select timestamptz '2026-10-01 00:00:00+02' as tz, timestamptz '2026-10-01 00:00:00.5+00' as frac,
                 timestamp '2026-10-01 01:00:00' as ts, date '2026-10-01' as d, 1::bigint as small,
                 9007199254740993::bigint as big, 'nan'::double as nan, '-infinity'::double as inf, 1.25 as dec,
                 [1, null] as list, {'a': date '2026-10-01'} as struct, null as nothing, true as yes, 1 as twice, 2 as twice`,
            );
            expect(stream.columns.map(({ type }) => type).slice(0, 4)).toEqual([
                'timestamp with time zone',
                'timestamp with time zone',
                'timestamp',
                'date',
            ]);
            const rows: unknown[] = [];
            for await (const chunk of stream.chunks) rows.push(...chunk);
            expect(rows).toEqual([
                {
                    tz: '2026-09-30T22:00:00Z',
                    frac: '2026-10-01T00:00:00.5Z',
                    ts: '2026-10-01T01:00:00',
                    d: '2026-10-01',
                    small: 1,
                    big: '9007199254740993',
                    nan: null,
                    inf: null,
                    dec: 1.25,
                    list: [1, null],
                    struct: { a: '2026-10-01' },
                    nothing: null,
                    yes: true,
                    twice: 1,
                    'twice:1': 2,
                },
            ]);
        });
    });

    it('hands out the first rows of an endless answer', async () => {
        await withDuckDB({}, async (db) => {
            const stream = await streamRows(db, 'select range as n from range(100000000000)');
            for await (const chunk of stream.chunks) {
                expect(chunk[0]).toEqual({ n: 0 });
                expect(chunk.length).toBeLessThanOrEqual(2048);
                break;
            }
        });
    });

    it('translates an error in the middle of the answer', async () => {
        await withDuckDB({}, async (db) => {
            const read = async (): Promise<void> => {
                const stream = await streamRows(
                    db,
                    "select cast(case when range = 50000 then 'x' else '1' end as int) as n from range(100000)",
                );
                for await (const _chunk of stream.chunks);
            };
            await expect(read()).rejects.toMatchObject({ code: 'QUERY_INVALID' });
        });
    });
});

describe('copyRows', () => {
    it('writes a Parquet file and counts its rows', async () => {
        const folder = await mkdtemp(join(tmpdir(), 'export-'));
        try {
            await withDuckDB({}, async (db) => {
                const file = join(folder, 'x.parquet');
                expect(await copyRows(db, 'from range(3) -- the end', file)).toBe(3);
                expect(await db.value(`select count(*) from '${file}'`)).toBe(3n);
            });
        } finally {
            await rm(folder, { recursive: true, force: true });
        }
    });
});
