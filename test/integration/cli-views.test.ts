/** What people type: lists of views, macros, freshness and runs, on a lake of a simulated site. */
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { generatedSite } from '../../src/simulator/generated.ts';
import { startDemoApi } from '../support/demo-api.ts';
import { fakeRuntime } from '../support/fake-runtime.ts';
import { runCli } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';

const site = generatedSite();
const id =
    site.channels.find(({ answers, fields }) => answers === 'values' && fields.includes('E'))?.channelId ??
    '';

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
}, 120_000);

function run(...argv: readonly string[]) {
    return runCli(argv, { cwd, env: { ...env, ENISCOPE_LOG_FORMAT: 'text' } });
}

async function ask(...argv: readonly string[]): Promise<Record<string, unknown>[]> {
    const { code, stdout, stderr } = await run('query', ...argv, '--format', 'json');
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
}

describe('views', () => {
    it('begins with what people ask; what that is made of, and the checks, stand apart', async () => {
        const { code, stdout } = await run('views');
        expect(code).toBe(0);
        const lines = stdout.split('\n');
        const place = (start: string): number => lines.findIndex((line) => line.includes(start));
        expect(place('energy_daily ')).toBeGreaterThan(0);
        expect(place('energy_statistics(channel, period_name)')).toBeGreaterThan(0);
        expect(place('inner view')).toBeGreaterThan(place('organization_daily '));
        expect(place('inner view')).toBeGreaterThan(place('energy_statistics('));
        expect(place('organization_rollup(unit, first_day, end_day)')).toBeGreaterThan(place('inner view'));
        expect(place('organizations_are_a_forest')).toBeGreaterThan(place('check '));
        expect(place('check ')).toBeGreaterThan(place('reading_files '));
    });

    it('shows how a macro is asked', async () => {
        const { stdout } = await run('views', 'compare_periods');
        expect(stdout).toContain('compare_periods(channel, period_name, against):');
        expect(stdout).toContain('eniscope-lake query "compare_periods(');
        const json = await run('views', 'energy_statistics', '--format', 'json');
        expect(JSON.parse(json.stdout)).toMatchObject([
            { kind: 'macro', parameters: ['channel', 'period_name'], isInner: false },
        ]);
    });
});

describe('query', () => {
    it('asks a macro as it is written, also within a SELECT and with a limit', {
        timeout: 60_000,
    }, async () => {
        const call = `energy_statistics('${id}', '2026-11')`;
        const [found] = await ask(call);
        expect(found).toMatchObject({ channel_id: id, from_date: '2026-11-01', reading_count: 192 });
        expect(await ask(`select reading_count from ${call}`)).toEqual([{ reading_count: 192 }]);
        expect(await ask(`load_profile('${id}', '2026-11')`, '--limit', '5')).toHaveLength(5);
        const wrong = await run('query', `energy_statistics('${id}', 'november')`);
        expect(wrong.code).toBe(8);
        expect(wrong.stderr).toContain('"november" is no period');
    });

    it('says how to ask a macro that is named without its arguments', async () => {
        const { code, stderr } = await run('query', 'energy_statistics');
        expect(code).toBe(2);
        expect(stderr).toContain('energy_statistics takes channel, period_name');
        expect(stderr).toContain("energy_statistics('");
    });
});

describe('the journal as a view', () => {
    it('tells each run once, also a killed one, past a line that was cut short', {
        timeout: 60_000,
    }, async () => {
        const [done] = await ask('ingestion_runs');
        expect(done).toMatchObject({
            command: 'sync',
            outcome: 'done',
            exit_code: 0,
            readings: 192,
            channels: 1,
        });
        expect(Number(done?.landed)).toBeGreaterThan(0);
        const [month] = readdirSync(join(cwd, 'lake', 'runs'));
        const line = (fields: object): string => `${JSON.stringify({ version: 1, ...fields })}\n`;
        appendFileSync(
            join(cwd, 'lake', 'runs', month ?? ''),
            line({ time: '2026-11-23T10:00:00.000Z', run: 'b', event: 'run_started', command: 'ingest' }) +
                line({ time: '2026-11-23T10:00:01.000Z', run: 'b', event: 'request', outcome: 'landed' }) +
                line({ time: '2026-11-23T11:00:00.000Z', run: 'c', event: 'run_started', command: 'sync' }) +
                line({
                    time: '2026-11-23T11:00:05.000Z',
                    run: 'c',
                    event: 'run_failed',
                    command: 'sync',
                    code: 'SOURCE_TIMEOUT',
                    message: 'took too long',
                }) +
                line({ time: '2026-11-23T12:00:00.000Z', run: 'd', event: 'run_started', command: 'sync' }) +
                line({
                    time: '2026-11-23T12:01:00.000Z',
                    run: 'd',
                    event: 'run_finished',
                    exit: 7,
                    channels: 3,
                    failures: [{}, {}],
                    silentChannels: ['1'],
                    warnings: [],
                }) +
                '{"version":1,"time":"2026-11-23T13:0',
        );
        const rows = await ask('select * from ingestion_runs order by started_at offset 1');
        expect(rows).toMatchObject([
            { run: 'b', command: 'ingest', outcome: 'open', finished_at: null },
            { run: 'c', outcome: 'failed', error_code: 'SOURCE_TIMEOUT', error_message: 'took too long' },
            { run: 'd', outcome: 'partly', exit_code: 7, failures: 2, silent_channels: 1, warnings: 0 },
        ]);
    });

    it('says how far behind each channel is, without reading the clock', { timeout: 60_000 }, async () => {
        const rows = await ask(`select * from data_freshness where channel_id = '${id}'`);
        // Asked last at 12:01 on 23 November; measured until the end of the 21st.
        expect(rows).toMatchObject([
            { measured_until: '2026-11-22T00:00:00Z', asked_at: '2026-11-23T12:01:00Z', status: 'silent' },
        ]);
        expect(rows[0]?.behind_h).toBeCloseTo(36 + 1 / 60, 9);
        const others = await ask(
            `select distinct status, behind_h from data_freshness where channel_id <> '${id}'`,
        );
        expect(others).toEqual([{ status: 'never', behind_h: null }]);
    });
});
