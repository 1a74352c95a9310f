/** A lake may stand in any folder a disk can hold. */
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedFleet } from '../../src/simulator/generated-fleet.ts';
import { withDuckDB } from '../../src/warehouse/duckdb.ts';
import { startDemoApi } from '../support/demo-api.ts';
import { hashFiles, listFiles } from '../support/lake-fixture.ts';
import { runCli } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';

const now = '2026-11-23T09:20:00Z';
const span = ['--from', '2026-09-28', '--to', '2026-10-04'];

describe('a lake', { timeout: 120_000 }, () => {
    it.each([
        `it's "here"\tand -there`,
        'stars * and ** too',
        '[a-z]{x,y} [ ]',
        'ümläut 漢字 🙂 %20 $HOME ~ #1 & co; -- x',
        "x'; drop table readings; --",
        `deep/${'a'.repeat(200)}/month-2026-10/channel_id`,
    ])('in %j works like any other', async (name) => {
        const parent = tempFolder();
        const { env } = await startDemoApi(() => Date.parse(now), {
            source: generatedFleet({ channels: 2 }),
        });
        const lake = join(parent, name, 'lake');
        mkdirSync(join(parent, name), { recursive: true });
        const run = async (...argv: string[]) => {
            const { code, stdout, stderr } = await runCli([...argv, `--lake=${lake}`], { cwd: parent, env });
            expect({ argv, code, stderr: code === 0 ? '' : stderr + stdout }).toEqual({
                argv,
                code: 0,
                stderr: '',
            });
            return stdout;
        };
        await run('init');
        await run('sync', ...span);
        // A second time, so that existing files are read and merged into.
        await run('sync', ...span, '--refetch');
        expect(listFiles(join(lake, 'quarantine'))).toEqual([]);
        expect(
            JSON.parse(await run('query', 'select count(*) as n from readings', '--format', 'json')),
        ).toEqual([{ n: 2 * 6 * 96 }]);
        const output = join(parent, name, "an's*wer[1].parquet");
        await run('query', 'energy_daily', '--output', output);
        expect(readFileSync(output).subarray(0, 4).toString()).toBe('PAR1');
        const before = hashFiles(join(lake, 'readings'));
        for (const command of ['verify', 'check', 'status', 'rebuild', 'compact']) await run(command);
        await run('export', `--folder=${join(parent, name, "ex'port *")}`, '--format=parquet');
        expect(hashFiles(join(lake, 'readings'))).toEqual(before);
        await run('repartition', '--granularity=year');
        await run('fields', 'add', 'F');
        expect(await run('query', 'select count(*) as n from readings', '--format', 'csv')).toBe('n\n1152\n');
        // What is published works for others, by the same odd path.
        const counted = await withDuckDB({ file: join(lake, 'lake.duckdb'), readOnly: true }, (db) =>
            db.value('select count(*)::int from readings'),
        );
        expect(counted).toBe(1152);
        await withDuckDB({}, async (db) => {
            await db.run(readFileSync(join(lake, 'lake.sql'), 'utf8'));
            expect(await db.value('select count(*)::int from readings')).toBe(1152);
        });
        // Nothing landed beside it.
        expect(listFiles(parent).filter((file) => !file.startsWith(join(parent, name)))).toEqual([]);
    });

    it.each(['what?', 'back\\slash', 'line\nbreak', 'year=2026'])(
        'in %j is refused before anything is made',
        async (name) => {
            const parent = tempFolder();
            const lake = join(parent, name);
            const { code, stderr } = await runCli(['init', '--lake', lake], { cwd: parent });
            expect({ code, stderr }).toMatchObject({
                code: 2,
                stderr: expect.stringContaining('a lake cannot be in'),
            });
            expect(existsSync(lake)).toBe(false);
        },
    );

    it('behind a link works as well', async () => {
        const parent = tempFolder();
        const { env } = await startDemoApi(() => Date.parse(now), {
            source: generatedFleet({ channels: 1 }),
        });
        mkdirSync(join(parent, 'disk'));
        symlinkSync(join(parent, 'disk'), join(parent, 'link'));
        const run = (...argv: string[]) =>
            runCli([...argv, '--lake', join(parent, 'link', 'lake')], { cwd: parent, env });
        expect(await run('sync', ...span)).toMatchObject({ code: 0 });
        expect(await run('query', 'select count(*) as n from readings', '--format', 'csv')).toMatchObject({
            stdout: 'n\n576\n',
        });
        expect(existsSync(join(parent, 'disk', 'lake', 'lake.json'))).toBe(true);
    });
});
