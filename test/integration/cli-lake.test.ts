/** The commands on a lake of one simulated meter or two, in this process. */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { generatedSite, trueMinute } from '../../src/simulator/generated.ts';
import { startDemoApi } from '../support/demo-api.ts';
import { fakeRuntime } from '../support/fake-runtime.ts';
import { runCli } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';

const site = generatedSite();
const meter = site.channels.find(({ answers, fields }) => answers === 'values' && fields.includes('E'));
const id = meter?.channelId ?? '';

/** One lake for every test that only reads: one meter's readings of 20 and 21 November 2026. */
let cwd = '';
let env: Readonly<Record<string, string>> = {};

beforeAll(async () => {
    const ends: (() => unknown)[] = [];
    cwd = tempFolder((remove) => ends.push(remove));
    const api = await startDemoApi(fakeRuntime().now, { source: site, atEnd: (close) => ends.push(close) });
    env = api.env;
    const { code, stderr } = await run('sync', '--from', '2026-11-20', '--to', '2026-11-22', '--channel', id);
    expect(code, stderr).toBe(0);
    return async () => {
        for (const end of ends) await end();
    };
});

function run(...argv: readonly string[]) {
    return runCli(argv, { cwd, env: { ...env, ENISCOPE_LOG_FORMAT: 'text' } });
}

/** Energy of one UTC hour, summed from the meter's own minutes. */
function trueHourKwh(hour: string): number {
    const start = Date.parse(hour) / 1000;
    let wh = 0;
    for (let minute = 0; minute < 60; minute++) wh += trueMinute(1, id, start + 60 * minute).E ?? 0;
    return wh / 1000;
}

describe('query', () => {
    it('answers a view with filters, in each format', async () => {
        const hours = ['energy_hourly', '--from', '2026-11-20T12:00:00Z', '--to', '2026-11-20T14:00:00Z'];
        const json = await run('query', ...hours, '--channel', id, '--format', 'json');
        expect(json.code, json.stderr).toBe(0);
        const rows: unknown = JSON.parse(json.stdout);
        expect(rows).toMatchObject([
            { channel_id: id, hour_start: '2026-11-20T12:00:00Z', reading_count: 4, coverage: 1 },
            { channel_id: id, hour_start: '2026-11-20T13:00:00Z' },
        ]);
        const csv = await run('query', ...hours, '--format', 'csv');
        expect(csv.stdout.split('\n')[0]).toContain('channel_id,channel_name');
        expect(csv.stdout.trimEnd().split('\n')).toHaveLength(3);
        const table = await run('query', ...hours);
        expect(table.stdout).toContain('energy_kwh');
        const lines = (await run('query', ...hours, '--format', 'ndjson')).stdout.trimEnd().split('\n');
        expect(lines.map((line): unknown => JSON.parse(line))).toEqual(rows);
    });

    it('gives the energy the meter really used', async () => {
        const sql = `select energy_kwh from energy_hourly where hour_start = '2026-11-20T12:00:00Z'`;
        const { stdout } = await run('query', sql, '--format', 'json');
        const rows: { energy_kwh: number }[] = JSON.parse(stdout);
        const expected = trueHourKwh('2026-11-20T12:00:00Z');
        expect(Math.abs((rows[0]?.energy_kwh ?? 0) - expected)).toBeLessThan(1e-6 * expected);
    });

    it('writes a file whole, and takes its format from its name', async () => {
        const { code, stdout, stderr } = await run('query', 'energy_daily', '--output', 'days.csv');
        expect([code, stdout], stderr).toEqual([0, '']);
        expect(readFileSync(join(cwd, 'days.csv'), 'utf8')).toContain(id);
        const parquet = await run('query', 'energy_daily', '--output', 'days.parquet');
        expect(parquet.code, parquet.stderr).toBe(0);
        expect(readFileSync(join(cwd, 'days.parquet')).subarray(0, 4).toString()).toBe('PAR1');
        expect(readdirSync(cwd).filter((name) => name.includes('.tmp'))).toEqual([]);
    });

    it.each([
        [['energy_dayly'], 2, 'USAGE_UNKNOWN_VIEW'],
        [['energy_daily', '--channel', '999'], 2, 'USAGE_UNKNOWN_CHANNEL'],
        [['energy_daily', '--organization', 'Nobody Ltd'], 2, 'USAGE_UNKNOWN_CHANNEL'],
        [['energy_daily', '--from', '2026-11-22', '--to', '2026-11-20'], 2, 'USAGE_BAD_RANGE'],
        [['energy_daily', '--format', 'xml'], 2, 'USAGE_BAD_ARGUMENTS'],
        [['energy_daily', '--format', 'parquet'], 2, 'USAGE_BAD_ARGUMENTS'],
        [['energy_daily', '--output', 'x.doc'], 2, 'USAGE_BAD_ARGUMENTS'],
        [['energy_daily', '--output', 'nowhere/x.csv'], 2, 'USAGE_BAD_ARGUMENTS'],
        [['energy_daily', '--limit', 'ten'], 2, 'USAGE_BAD_ARGUMENTS'],
        [['select 1', '--channel', '1'], 2, 'USAGE_BAD_ARGUMENTS'],
        [[], 2, 'USAGE_BAD_ARGUMENTS'],
        [['select nonsense from nowhere'], 8, 'QUERY_INVALID'],
        [['selct 1 from x'], 8, 'QUERY_INVALID'],
        [["copy (select 1) to 'x.csv'"], 8, 'QUERY_'],
        [['select 1; select 2'], 8, 'QUERY_NOT_READ_ONLY'],
        [['drop view readings'], 8, 'QUERY_NOT_READ_ONLY'],
    ])('refuses %j with exit code %d, one sentence and no stack', async (argv, exit, expected) => {
        const before = readdirSync(cwd);
        const { code, stdout, stderr } = await run('query', ...argv);
        expect(code, stderr).toBe(exit);
        expect(stdout).toBe('');
        expect(stderr).toMatch(/^error: \S/);
        expect(stderr).toContain(expected);
        expect(stderr).not.toMatch(/\n\s+at /);
        expect(readdirSync(cwd)).toEqual(before);
    });

    it('takes the name of a channel, and says which one was meant', async () => {
        const name = meter?.channelName ?? '';
        expect((await run('query', 'energy_daily', '--channel', name.toUpperCase())).code).toBe(0);
        const { stderr } = await run('query', 'energy_daily', '--channel', `${name}x`);
        expect(stderr).toContain(`Did you mean "${name}"?`);
    });
});

describe('a lake', () => {
    it('is made once, stays with the same settings, and is refused with others', async () => {
        const cwd = tempFolder();
        const init = (...argv: string[]) => runCli(['init', '--log-format', 'text', ...argv], { cwd });
        expect((await init()).stderr).toContain('made a lake');
        expect((await init()).code).toBe(0);
        const other = await init('--granularity', 'day');
        expect(other.code).toBe(6);
        expect(other.stderr).toContain('LAKE_EXISTS');
    });

    it('is asked for by name when there is none', async () => {
        const cwd = tempFolder();
        for (const command of ['compact', 'rebuild', 'status', 'check', 'verify']) {
            const { code, stderr } = await runCli([command], { cwd });
            expect(code, command).toBe(6);
            expect(JSON.parse(stderr), command).toMatchObject({ code: 'LAKE_NOT_FOUND' });
        }
        expect(readdirSync(cwd)).toEqual([]);
    });

    it('of a newer format is refused and left alone', async () => {
        const lake = join(tempFolder(), 'lake');
        cpSync(join(cwd, 'lake'), lake, { recursive: true });
        const file = join(lake, 'lake.json');
        const newer = readFileSync(file, 'utf8').replace('"format": 1', '"format": 99');
        writeFileSync(file, newer);
        for (const argv of [['sync'], ['compact'], ['query', 'readings'], ['status']]) {
            const { code, stderr } = await run(...argv, '--lake', lake);
            expect(code, argv.join(' ')).toBe(6);
            expect(stderr).toContain('LAKE_NEWER_FORMAT');
        }
        expect(readFileSync(file, 'utf8')).toBe(newer);
    });

    it('has its state, checks and files in order after a sync', async () => {
        const status = await run('status', '--format', 'json');
        expect(JSON.parse(status.stdout)).toMatchObject({ granularity: 'month', inbox: 0, quarantined: 0 });
        const check = await run('check');
        expect(check.code, check.stdout + check.stderr).toBe(0);
        expect(check.stdout).toContain('rollups_conserve_energy');
        const verify = await run('verify', '--deep');
        expect(verify.code, verify.stdout + verify.stderr).toBe(0);
    });

    it('exports views with a manifest that says what was cut', async () => {
        const { code, stderr } = await run(
            'export',
            'energy_hourly',
            'channels',
            '--limit',
            '5',
            '--folder',
            'out',
        );
        expect(code, stderr).toBe(0);
        expect(stderr).toContain('energy_hourly.csv is cut: 5 of');
        const manifest: unknown = JSON.parse(readFileSync(join(cwd, 'out', 'manifest.json'), 'utf8'));
        expect(manifest).toMatchObject({
            files: [
                { view: 'energy_hourly', file: 'energy_hourly.csv', rows: 5, cut: true },
                { view: 'channels', rows: 5, available: site.channels.length, cut: true },
            ],
        });
        expect(
            readFileSync(join(cwd, 'out', 'energy_hourly.csv'), 'utf8')
                .trimEnd()
                .split('\n'),
        ).toHaveLength(6);
    });
});

describe('sync', () => {
    it('shows with --dry-run what it would ask, asks for no readings and writes nothing', async () => {
        const { simulator, env: fresh } = await startDemoApi(fakeRuntime().now, { source: site });
        const files = () => readdirSync(join(cwd, 'lake'), { recursive: true }).sort();
        const before = files();
        const argv = ['sync', '--dry-run', '--from', '2026-11-01', '--to', '2026-11-10', '--channel', id];
        const { code, stdout, stderr } = await runCli(argv, { cwd, env: fresh });
        expect(code, stderr).toBe(0);
        expect(stdout).toContain(id);
        expect(simulator.requests.filter(({ path }) => path.startsWith('/readings'))).toEqual([]);
        expect(files()).toEqual(before);
        expect(
            (await run('query', 'select count(*) as n from readings', '--format', 'json')).stdout,
        ).toContain('192');
    });

    it('makes no lake for a dry run', async () => {
        const empty = tempFolder();
        const { code } = await runCli(['sync', '--dry-run'], { cwd: empty, env });
        expect(code).toBe(6);
        expect(readdirSync(empty)).toEqual([]);
    });

    it('is one JSON line on a good run that nobody watches', async () => {
        const cwd = tempFolder();
        const { code, stdout, stderr } = await runCli(['sync', '--since', '2d', '--channel', id], {
            cwd,
            env,
        });
        expect([code, stdout], stderr).toEqual([0, '']);
        expect(stderr.trimEnd().split('\n')).toHaveLength(1);
        expect(JSON.parse(stderr)).toMatchObject({ event: 'sync_finished', failed: 0 });
    });

    it('ends with "partial" when a channel fails, names it and its reason, and keeps the others', async () => {
        const cwd = tempFolder();
        const broken = site.channels.find(({ answers }) => answers === 'error');
        const { code, stderr } = await runCli(
            ['sync', '--since', '2d', '--channel', `${id},${broken?.channelId}`, '--log-format', 'text'],
            { cwd, env },
        );
        expect(code).toBe(7);
        expect(stderr).toContain(`${broken?.channelName} (${broken?.channelId}`);
        const rows = await runCli(['query', 'select count(*) as n from readings', '--format', 'csv'], {
            cwd,
        });
        expect(Number(rows.stdout.split('\n')[1])).toBeGreaterThan(100);
    });

    it.each([[['--channel', '999']], [['--organization', 'Nobody Ltd']]])(
        'refuses %j, which the account does not have',
        async (argv) => {
            const { code, stderr } = await run('sync', ...argv);
            expect(code, stderr).toBe(2);
            expect(stderr).toContain(argv[1]);
            expect(stderr).toContain('USAGE_UNKNOWN_CHANNEL');
        },
    );

    it.each([
        [{ ENISCOPE_API_KEY: 'wrong' }, 3, 'SETTINGS_CREDENTIALS_REFUSED'],
        [{ ENISCOPE_API_URL: 'http://127.0.0.1:1' }, 4, 'SOURCE_UNREACHABLE'],
    ])('ends for %j with exit code %d', async (changed, exit, expected) => {
        const cwd = tempFolder();
        const { code, stderr } = await runCli(['sync'], { cwd, env: { ...env, ...changed } });
        expect(code, stderr).toBe(exit);
        const last = stderr.trimEnd().split('\n').at(-1) ?? '';
        expect(JSON.parse(last)).toMatchObject({ code: expected });
        expect(existsSync(join(cwd, 'lake', 'readings', `channel_id=${id}`))).toBe(false);
    });
});

describe('views', () => {
    it('lists and describes the views, with a lake and without', async () => {
        const cwd = tempFolder();
        const list = await runCli(['views'], { cwd });
        expect(list.code, list.stderr).toBe(0);
        for (const name of ['readings', 'readings_clean', 'energy_daily', 'latest_readings']) {
            expect(list.stdout).toMatch(new RegExp(`^${name} `, 'm'));
        }
        const one = await runCli(['views', 'energy_daily'], { cwd });
        expect(one.stdout).toMatch(/^energy_kwh +double +\S/m);
        const wrong = await runCli(['views', 'energy_dayly'], { cwd });
        expect(wrong.code).toBe(2);
        expect(JSON.parse(wrong.stderr)).toMatchObject({ hint: expect.stringContaining('energy_daily') });
    });
});
