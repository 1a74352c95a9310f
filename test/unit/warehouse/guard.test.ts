import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCatalog } from '../../../src/warehouse/catalog.ts';
import type { DuckDB } from '../../../src/warehouse/duckdb.ts';
import { checkReadOnly } from '../../../src/warehouse/guard.ts';
import { allFields, withSmallLake } from './small-lake.ts';

const given = { readings: [{ channel: '1', at: 0, interval: 900, energy: 1 }] };

async function withLockedLake(use: (db: DuckDB) => Promise<void>): Promise<void> {
    await withSmallLake(given, async (root) => {
        await openCatalog({ root, fields: allFields, granularity: 'month' }, use);
    });
}

describe('the fence around SQL', () => {
    it('lets one SELECT pass, with comments and CTEs', async () => {
        await withLockedLake(async (db) => {
            for (const sql of [
                'select 1',
                '  -- why\n with x as (select 1) select * from x;',
                '(select * from readings)',
                'from energy_daily',
                'values (1), (2)',
            ]) {
                await checkReadOnly(db, sql);
            }
        });
    });

    it('refuses everything that is not one SELECT', async () => {
        await withLockedLake(async (db) => {
            for (const sql of [
                '',
                'select 1; select 2',
                'create table t (a int)',
                "copy (select 1) to 'x.csv'",
                "explain analyze copy (select 1) to 'x.csv'",
                'explain select 1',
                "attach 'x.duckdb'",
                "set TimeZone = 'UTC'",
                'pragma database_list',
                '/* x */ PRAGMA version',
                "install 'httpfs'",
                'drop view readings',
                'insert into checks.x values (1)',
            ]) {
                await expect(checkReadOnly(db, sql), sql).rejects.toMatchObject({
                    code: expect.stringMatching(/^QUERY_(NOT_READ_ONLY|INVALID)$/),
                });
            }
            await expect(checkReadOnly(db, "copy (select 1) to 'x.csv'")).rejects.toMatchObject({
                code: 'QUERY_NOT_READ_ONLY',
            });
        });
    });

    it('says what DuckDB says about wrong SQL, in one line, with a hint', async () => {
        await withLockedLake(async (db) => {
            await expect(checkReadOnly(db, 'select nothing from readings')).rejects.toMatchObject({
                code: 'QUERY_INVALID',
                message: expect.stringMatching(/^[^\n]*nothing[^\n]*$/),
                hint: expect.stringContaining('eniscope-lake views'),
            });
        });
    });

    it('keeps a SELECT from reading outside the lake, and from unlocking itself', async () => {
        const outside = await mkdtemp(join(tmpdir(), 'outside-'));
        try {
            await withLockedLake(async (db) => {
                await expect(db.rows("select * from read_text('/etc/hostname')")).rejects.toMatchObject({
                    code: 'QUERY_INVALID',
                });
                await expect(db.rows(`select * from glob('${outside}/../*')`)).rejects.toThrow();
                await expect(db.run('set enable_external_access = true')).rejects.toThrow();
                await expect(db.run(`copy (select 1) to '${join(outside, 'x.csv')}'`)).rejects.toThrow();
                expect(await db.value('select count(*) from readings')).toBe(1n);
            });
            expect(await readdir(outside)).toEqual([]);
        } finally {
            await rm(outside, { recursive: true, force: true });
        }
    });
});
