import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
    catalogSql,
    describeViews,
    loadViews,
    openCatalog,
    publishCatalog,
} from '../../../src/warehouse/catalog.ts';
import { withDuckDB } from '../../../src/warehouse/duckdb.ts';
import { referenceTables } from '../../../src/warehouse/reference-columns.ts';
import { allFields, type GivenReading, withSmallLake } from './small-lake.ts';

const readings: readonly GivenReading[] = [{ channel: '1', at: 0, interval: 900, energy: 2, power: 8 }];
const options = (root: string) => ({ root, fields: allFields, granularity: 'month' as const });
const publishOptions = (root: string) => ({
    ...options(root),
    catalogFile: join(root, 'lake.duckdb'),
    sqlFile: join(root, 'lake.sql'),
    stagingFolder: join(root, '.staging'),
    replaceFile: rename,
});

/** Another process, in another folder, opens the published catalog read-only. */
async function askFromElsewhere(file: string, sql: string): Promise<string> {
    const node = fileURLToPath(
        new URL('../../../node_modules/@duckdb/node-api/lib/index.js', import.meta.url),
    );
    const script = `
        const { DuckDBInstance } = await import(${JSON.stringify(node)});
        const db = await (await DuckDBInstance.create(${JSON.stringify(file)}, { access_mode: 'READ_ONLY' })).connect();
        process.stdout.write(JSON.stringify((await db.runAndReadAll(${JSON.stringify(sql)})).getRowsJson()));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
        cwd: '/',
    });
    return stdout;
}

describe('publishCatalog', () => {
    it('leaves one checkpointed file that several processes read from any folder', async () => {
        await withSmallLake({ zones: { '1': 'Europe/London' }, readings }, async (root) => {
            expect(await publishCatalog(publishOptions(root))).toBe('published');
            expect((await readdir(root)).sort()).toEqual([
                '.staging',
                'lake.duckdb',
                'lake.sql',
                'readings',
                'reference',
            ]);
            expect(await readdir(join(root, '.staging'))).toEqual([]);
            const sql = 'select channel_name, energy_kwh from energy_daily';
            const answers = await Promise.all(
                [1, 2].map(() => askFromElsewhere(join(root, 'lake.duckdb'), sql)),
            );
            expect(answers).toEqual(['[["Channel 1",2]]', '[["Channel 1",2]]']);
        });
    });

    it('works through an attached catalog under another name', async () => {
        await withSmallLake({ readings }, async (root) => {
            await publishCatalog(publishOptions(root));
            await withDuckDB({}, async (db) => {
                await db.run(`attach '${join(root, 'lake.duckdb')}' as site (read_only)`);
                expect(await db.rows('select energy_kwh from site.energy_monthly')).toEqual([
                    { energy_kwh: 2 },
                ]);
            });
        });
    });

    it('writes nothing when nothing changed, and again when the first reading or a field arrives', async () => {
        await withSmallLake({ readings: [] }, async (root) => {
            expect(await publishCatalog(publishOptions(root))).toBe('published');
            const before = await stat(join(root, 'lake.duckdb'));
            expect(await publishCatalog(publishOptions(root))).toBe('unchanged');
            expect((await stat(join(root, 'lake.duckdb'))).ino).toBe(before.ino);
            expect(await publishCatalog({ ...publishOptions(root), fields: ['E', 'P', 'In'] })).toBe(
                'published',
            );
        });
    });

    it('publishes again when lake.duckdb was deleted, and replaces it while a reader has it open', async () => {
        await withSmallLake({ readings }, async (root) => {
            const publish = publishOptions(root);
            await publishCatalog(publish);
            await withDuckDB({ file: publish.catalogFile, readOnly: true }, async (db) => {
                await writeFile(publish.sqlFile, 'old');
                expect(await publishCatalog(publish)).toBe('published');
                expect(await db.value('select energy_kwh from energy_daily')).toBe(2);
            });
        });
    });
});

describe('lake.sql', () => {
    it('makes the views in any session zone and carries their comments', async () => {
        await withSmallLake({ readings }, async (root) => {
            const sql = await catalogSql(options(root));
            await withDuckDB({}, async (db) => {
                await db.run("set TimeZone = 'America/St_Johns'");
                await db.run(sql);
                expect(await db.value('select cast(date as varchar) from energy_daily')).toBe('1970-01-01');
                const comment =
                    "select comment from duckdb_columns() where table_name = 'energy_daily' and column_name = 'coverage'";
                expect(String(await db.value(comment))).toContain('23, 24 or 25 hours');
            });
        });
    });

    it('bears a quote in the path', async () => {
        await withSmallLake({ readings }, async (root) => {
            const odd = join(root, "it's here");
            await mkdir(odd);
            await rename(join(root, 'readings'), join(odd, 'readings'));
            await openCatalog(options(odd), async (db) => {
                expect(await db.value('select energy_kwh from readings')).toBe(2);
            });
        });
    });
});

describe('openCatalog', () => {
    it('opens what is published when it is of this make, and makes the views again when not', async () => {
        await withSmallLake({ readings }, async (root) => {
            const publish = publishOptions(root);
            await publishCatalog(publish);
            const ask = (): Promise<unknown> =>
                openCatalog({ ...options(root), published: publish }, (db) =>
                    db.value('select energy_kwh from energy_daily'),
                );
            // A mark that only the published file has.
            await withDuckDB({ file: publish.catalogFile }, async (db) => {
                await db.run('create or replace view energy_daily as select 42 as energy_kwh');
                await db.run('checkpoint');
            });
            expect(await ask()).toBe(42);
            const sql = await readFile(publish.sqlFile, 'utf8');
            await writeFile(publish.sqlFile, `${sql} `);
            expect(await ask()).toBe(2);
            await writeFile(publish.sqlFile, sql);
            await writeFile(publish.catalogFile, 'no database');
            expect(await ask()).toBe(2);
            await expect(
                openCatalog({ ...options(root), published: publish }, (db) => db.rows('select nothing')),
            ).rejects.toThrow('nothing');
        });
    });

    it('is fenced in, also with what is published', async () => {
        await withSmallLake({ readings }, async (root) => {
            const publish = publishOptions(root);
            await publishCatalog(publish);
            await openCatalog({ ...options(root), published: publish }, async (db) => {
                expect(await db.value('select energy_kwh from energy_daily')).toBe(2);
                await expect(db.rows("select * from read_text('/etc/hostname')")).rejects.toThrow();
                await expect(db.run('create table x (a integer)')).rejects.toThrow();
            });
        });
    });

    it('answers in a lake without any file, with typed columns', async () => {
        await withSmallLake({ readings: [] }, async (root) => {
            await openCatalog(options(root), async (db, views) => {
                expect(await db.rows('select * from energy_daily')).toEqual([]);
                expect(views.map(({ name }) => name)).toContain('readings');
            });
        });
    });

    it('reads only the files of the channel that is asked for', async () => {
        const many = ['1', '2', '3', '4', '5'].flatMap((channel) =>
            [0, 40 * 86400].map((at) => ({ channel, at, interval: 900, energy: 1 })),
        );
        await withSmallLake({ readings: many, zones: { '1': 'UTC', '3': 'UTC' } }, async (root) => {
            await openCatalog(options(root), async (db) => {
                for (const view of [
                    'readings_clean',
                    'readings_enriched',
                    'energy_hourly',
                    'energy_daily',
                    'energy_monthly',
                ]) {
                    const [row] = await db.rows(`explain select * from ${view} where channel_id = '3'`);
                    const scans = String(row?.explain_value).match(/\d+\/10\b/g) ?? [];
                    expect(scans.length, view).toBeGreaterThan(1);
                    expect(new Set(scans), view).toEqual(new Set(['2/10']));
                }
            });
        });
    });
});

describe('the descriptions', () => {
    it('have a summary for every view and a text for every column', async () => {
        await withSmallLake({ readings: [] }, async (root) => {
            const views = await describeViews(options(root));
            expect(views.filter(({ kind }) => kind === 'source').map(({ name }) => name)).toEqual([
                'readings',
                'overlapping_readings',
                'run_journal',
                ...referenceTables,
                'readings_span',
            ]);
            for (const view of views) {
                expect(view.summary, view.name).toMatch(/^\S.{20}/);
                for (const column of view.columns)
                    expect(column.text, `${view.name}.${column.name}`).not.toBe('');
            }
        });
    });

    it('name the grain of every view, which is unique', async () => {
        for (const view of await loadViews()) {
            if (view.kind === 'view') expect(view.grain, view.name).toMatch(/^one row per /);
        }
    });
});
