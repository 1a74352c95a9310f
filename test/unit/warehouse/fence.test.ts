/** What a person's SELECT cannot do, tried with every function the shipped DuckDB has. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCatalog } from '../../../src/warehouse/catalog.ts';
import { type DuckDB, literal } from '../../../src/warehouse/duckdb.ts';
import { checkReadOnly } from '../../../src/warehouse/guard.ts';
import { hashFiles } from '../../support/lake-fixture.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { allFields, withSmallLake } from './small-lake.ts';

const given = { readings: [{ channel: '1', at: 0, interval: 900, energy: 1 }] };
const treasure = 'TREASURE-7f3a91';

interface Fence {
    readonly db: DuckDB;
    readonly lake: string;
    /** A folder outside the lake with `secret.csv` and `secret.json`, both of which hold the treasure. */
    readonly outside: string;
    /** What the program answers to the SQL; the error's code when it refuses. */
    ask(sql: string): Promise<string>;
}

async function withFence(use: (fence: Fence) => Promise<void>): Promise<void> {
    const outside = tempFolder();
    writeFileSync(join(outside, 'secret.csv'), `word\n${treasure}\n`);
    writeFileSync(join(outside, 'secret.json'), `{"word":"${treasure}"}`);
    await withSmallLake(given, async (lake) => {
        symlinkSync(join(outside, 'secret.csv'), join(lake, 'link.csv'));
        const before = [hashFiles(lake), hashFiles(outside)];
        await openCatalog({ root: lake, fields: allFields, granularity: 'month' }, async (db) => {
            const ask = async (sql: string): Promise<string> => {
                try {
                    await checkReadOnly(db, sql);
                    return JSON.stringify(await db.rows(sql), (_key, value) =>
                        typeof value === 'bigint' ? String(value) : value,
                    );
                } catch (error) {
                    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
                }
            };
            await use({ db, lake, outside, ask });
            // Whatever was tried, the lake still answers, and no file came, went or changed.
            expect(await ask('select count(*)::int as n from readings')).toBe('[{"n":1}]');
        });
        expect([hashFiles(lake), hashFiles(outside)]).toEqual(before);
    });
}

describe('a SELECT', () => {
    it('may use every view, macro and reading function', async () => {
        await withFence(async ({ ask }) => {
            for (const sql of [
                'from energy_daily',
                "from energy_rollup('day')",
                'select * from range(3) r, lateral (select r.range + 1) x',
                'select unnest([1, 2])',
                'from duckdb_views() limit 1',
                "from query_table('readings')",
                'summarize readings',
                "from (show tables) where name like 'energy%'",
                'pivot readings on interval_s in (900) using sum(energy_kwh)',
                'select * from readings where interval_s in (select unnest(generate_series(900, 901)))',
            ]) {
                expect(await ask(sql), sql).toMatch(/^\[/);
            }
        });
    });

    it('writes no file by the functions that do so from inside a SELECT', async () => {
        await withFence(async ({ ask, lake, outside }) => {
            for (const folder of [lake, outside, join(lake, 'readings')]) {
                const log = `enable_logging('QueryLog', storage = 'file', storage_config = {'path': ${literal(join(folder, 'log'))}})`;
                const profile = `enable_profiling(format = 'json', save_location = ${literal(join(folder, 'profile.json'))})`;
                for (const call of [log, profile, 'force_checkpoint()', 'truncate_duckdb_logs()']) {
                    for (const sql of [
                        `from ${call}`,
                        `from /* a */ system.main.${call}`,
                        `select (select count(*) from ${call})`,
                        `with x as materialized (from ${call}) from readings, x`,
                        `from readings where exists (from ${call})`,
                        `from readings limit (select count(*) from ${call})`,
                        `from query(${literal(`from ${call}`)})`,
                        `from query('from ' || ${literal(call)})`,
                        `describe from ${call}`,
                        `summarize from ${call}`,
                    ]) {
                        expect(await ask(sql), sql).toMatch(/^QUERY_/);
                    }
                }
            }
        });
    });

    it('is one SELECT, however it is dressed up', async () => {
        await withFence(async ({ ask, outside, lake }) => {
            const file = literal(join(outside, 'made'));
            for (const sql of [
                `copy readings to ${file}`,
                `copy (select 1) to ${literal(join(lake, 'readings', 'made'))}`,
                `/* select */ copy readings to ${file}`,
                `select 1; copy readings to ${file}`,
                `with x as (select 1) insert into readings from x`,
                `with x as (insert into t values (1) returning *) from x`,
                `explain analyze copy readings to ${file}`,
                `attach ${file} as made`,
                'detach memory',
                'use memory',
                `export database ${file}`,
                `import database ${file}`,
                'install httpfs',
                'load httpfs',
                'set enable_external_access = true',
                'set global enable_external_access = true',
                'reset enable_external_access',
                'pragma enable_profiling',
                'call enable_logging()',
                'create table t as select 1',
                'create temp view readings as select 1',
                "create secret s (type s3, key_id 'a', secret 'b')",
                'drop view readings',
                'delete from readings',
                'update readings set energy_kwh = 0',
                'truncate readings',
                'vacuum',
                'checkpoint',
                'begin',
                'prepare p as select 1',
                'execute p',
                'deallocate p',
                'comment on view readings is null',
                'alter view readings rename to r',
                'set variable x = 1',
                '',
                ';',
                '--',
            ]) {
                expect(await ask(sql), sql).toMatch(/^QUERY_/);
            }
        });
    });

    it('reads no file outside the lake, by whatever path', async () => {
        await withFence(async ({ ask, outside, lake }) => {
            const secret = join(outside, 'secret.csv');
            const paths = [
                secret,
                `file://${secret}`,
                join(outside, '*.csv'),
                join(outside, '**'),
                `${lake}/../${outside.split('/').at(-1)}/secret.csv`,
                `${lake}/readings/../../${outside.split('/').at(-1)}/secret.csv`,
                `${lake}//..//${outside.split('/').at(-1)}//secret.csv`,
                `${lake}/*/../../${outside.split('/').at(-1)}/secret.csv`,
                join(lake, 'link.csv'),
                '/etc/passwd',
                '~/.ssh/id_rsa',
                '/proc/self/environ',
                '/dev/stdin',
                'http://127.0.0.1:9/x.csv',
                's3://bucket/x.csv',
                'hf://datasets/x.csv',
            ].map(literal);
            for (const path of paths) {
                for (const sql of [
                    `from ${path}`,
                    `from read_csv(${path})`,
                    `from read_text(${path})`,
                    `from read_csv([${literal(join(lake, 'lake.json'))}, ${path}])`,
                    `select * from glob(${path}) where true`,
                    `select (select content from read_text(${path}))`,
                ]) {
                    const answer = await ask(sql);
                    expect(answer, sql).not.toContain(treasure);
                    // A pattern that leads outside is refused or finds nothing.
                    expect(answer, sql).toMatch(/^QUERY_|^LAKE_|^DATA_|^\[\]$|^\[\{"\(SELECT .*null\}\]$/);
                }
            }
        });
    });

    it('reads no file outside the lake by any table function there is', { timeout: 180_000 }, async () => {
        await withFence(async ({ db, ask, outside }) => {
            const names = await db.rows(
                "select distinct function_name as name from duckdb_functions() where function_type = 'table' order by 1",
            );
            expect(names.length).toBeGreaterThan(50);
            const open: string[] = [];
            for (const { name } of names) {
                for (const end of [String(name).includes('json') ? 'json' : 'csv', '*']) {
                    const path = literal(join(outside, `secret.${end}`));
                    for (const given of [path, `[${path}]`, `${path}, ${path}`]) {
                        const answer = await ask(`from "${name}"(${given})`);
                        // The name of a file nobody named would be a look into the folder.
                        const isListed = end === '*' && answer.includes('secret.csv');
                        if (answer.includes(treasure) || isListed) open.push(`${name}(${given})`);
                    }
                }
            }
            expect(open).toEqual([]);
        });
    });

    it('reads neither files nor the environment by any scalar function there is', {
        timeout: 180_000,
    }, async () => {
        process.env.FENCE_TREASURE = treasure;
        try {
            await withFence(async ({ db, ask, outside }) => {
                const names = await db.rows(
                    `select distinct function_name as name, len(parameter_types) as count from duckdb_functions()
                    where function_type in ('scalar', 'macro') and len(parameter_types) in (1, 2)
                        and regexp_matches(function_name, '^\\w+$') order by all`,
                );
                expect(names.length).toBeGreaterThan(300);
                const open: string[] = [];
                for (const { name, count } of names) {
                    for (const word of [join(outside, 'secret.csv'), 'FENCE_TREASURE']) {
                        const given = Array.from({ length: Number(count) }, () => literal(word)).join(', ');
                        if ((await ask(`select "${name}"(${given})`)).includes(treasure))
                            open.push(String(name));
                    }
                }
                expect(open).toEqual([]);
                expect(await ask("select getenv('FENCE_TREASURE')")).toBe('QUERY_INVALID');
            });
        } finally {
            delete process.env.FENCE_TREASURE;
        }
    });

    it('reads nothing beside the file its answer goes to', async () => {
        const folder = tempFolder();
        writeFileSync(join(folder, 'beside.csv'), `word\n${treasure}\n`);
        mkdirSync(join(folder, 'below'));
        await withSmallLake(given, async (root) => {
            const target = join(folder, 'answer.parquet');
            await openCatalog(
                { root, fields: allFields, granularity: 'month', writable: [target] },
                async (db) => {
                    await expect(db.rows(`from ${literal(join(folder, 'beside.csv'))}`)).rejects.toThrow();
                    await expect(db.rows(`from glob(${literal(join(folder, '*'))})`)).rejects.toThrow();
                    await expect(
                        db.run(`copy (select 1) to ${literal(join(folder, 'other'))}`),
                    ).rejects.toThrow();
                    await db.run(`copy (select 42 as answer) to ${literal(target)} (format parquet)`);
                },
            );
            expect(readFileSync(target).subarray(0, 4).toString()).toBe('PAR1');
        });
    });
});
