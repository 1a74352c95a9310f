/** What always holds of the lake as a whole, one law after the other, each with a test that fails without it: laws 5 to 10. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exitCodeOf } from '../../src/ingest/summary.ts';
import { generatedSite, trueMinute } from '../../src/simulator/generated.ts';
import { respond } from '../../src/simulator/respond.ts';
import { demoCredentials } from '../../src/simulator/server.ts';
import { openCatalog } from '../../src/warehouse/catalog.ts';
import { differences, isClose } from '../support/close.ts';
import { startDemoApi } from '../support/demo-api.ts';
import { hashFiles, listFiles } from '../support/lake-fixture.ts';
import { binFile, runBin, runCli } from '../support/run-cli.ts';
import { addUp } from '../support/second-opinion.ts';
import { startSiteLake } from '../support/site-lake.ts';
import { tempFolder } from '../support/temp-folder.ts';

const source = generatedSite({ seed: 7 });
const now = '2026-10-20T12:07:00Z';
const [rooftop, office] = ['162320', '163001'];
const at = (iso: string): number => Date.parse(iso) / 1000;
const autumn = {
    from: at('2026-09-28T00:00:00Z'),
    to: at('2026-10-06T00:00:00Z'),
    channels: [rooftop, office],
};

describe('5. nothing is lost quietly', () => {
    it('an unusable answer is kept aside with its reason, counted, and stops no other channel', async () => {
        const site = await startSiteLake({ source, now });
        site.simulator.faults.always(
            { channel: rooftop, path: /^\/readings/ },
            respond.edit((body) => body.slice(0, -200)),
        );
        const summary = await site.sync(autumn);
        expect(summary).toMatchObject({ quarantined: 2, landed: 2 });
        const failed = summary.failures.map(({ channelId, code }) => `${channelId} ${code}`);
        expect(failed).toEqual([`${rooftop} SOURCE_BAD_ANSWER`, `${rooftop} SOURCE_BAD_ANSWER`]);
        expect(exitCodeOf(summary)).toBe(7);
        const aside = listFiles(site.paths.quarantine).filter((file) => file.includes(rooftop));
        expect(aside).toHaveLength(2);
        for (const file of aside) {
            expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
                reason: expect.stringMatching(/^\w+$/),
                message: expect.stringContaining(rooftop),
                body: expect.stringMatching(/^\{.*"ts":\d+/s),
            });
        }
        const [row] = await site.ask(
            'select count(distinct channel_id)::int as n, count(*)::int as rows from readings',
        );
        expect(row).toEqual({ n: 1, rows: 8 * 96 });
        site.simulator.faults.clear();
        expect(await site.sync(autumn)).toMatchObject({ landed: 2, failures: [] });
    });
});

describe('6. energy is conserved', () => {
    it('what the meters used is what every layer says, finer and coarser answers mixed', async () => {
        const site = await startSiteLake({ source, now });
        await site.sync({ ...autumn, resolution: 3600 });
        await site.sync({ ...autumn, resolution: 900 });
        const oneDay = { from: at('2026-10-01T00:00:00Z'), to: at('2026-10-02T00:00:00Z') };
        await site.sync({ ...autumn, ...oneDay, resolution: 60 });
        const truth = autumn.channels.map((channelId) => {
            const minutes = Array.from(
                { length: (autumn.to - autumn.from) / 60 },
                (_, index) => autumn.from + 60 * index,
            );
            return addUp(minutes.map((minute) => trueMinute(7, channelId, minute).E ?? 0)) / 1000;
        });
        const views = [
            'readings_clean',
            'readings_enriched',
            'energy_hourly',
            'energy_daily',
            'energy_weekly',
            'energy_monthly',
        ];
        const rows = await openCatalog(
            { root: site.paths.root, fields: ['E', 'P', 'V', 'I', 'PF', 'T'], granularity: 'month' },
            async (db) => {
                const sums = [];
                for (const view of views) {
                    sums.push(
                        await db.rows(
                            `select channel_id, sum(energy_kwh) as kwh from ${view} group by 1 order by 1`,
                        ),
                    );
                }
                return sums;
            },
        );
        for (const [index, sums] of rows.entries()) {
            expect(
                sums.map(({ channel_id: id }) => id),
                views[index],
            ).toEqual(autumn.channels);
            // Every layer alike to 1e-9; against the minutes as exactly as the API rounds its answers.
            for (const [channel, { kwh }] of sums.entries()) {
                expect(isClose(kwh, Number(rows[0]?.[channel]?.kwh)), `${views[index]}`).toBe(true);
                expect(Math.abs(Number(kwh) / (truth[channel] ?? 0) - 1)).toBeLessThan(1e-6);
            }
        }
    });
});

describe('7. derived is disposable', () => {
    it('state, catalog and partitions come back as they were', async () => {
        const site = await startSiteLake({ source, now });
        await site.sync(autumn);
        const { paths } = site;
        const readings = hashFiles(paths.readings);
        const sql = readFileSync(paths.catalogSql, 'utf8');
        for (const gone of [paths.state, paths.catalog, paths.catalogSql]) rmSync(gone, { recursive: true });
        const asked = site.simulator.requests.length;
        await site.sync(autumn);
        expect(
            site.simulator.requests.slice(asked).filter(({ channelId }) => channelId !== undefined),
        ).toEqual([]);
        expect(existsSync(paths.catalog)).toBe(true);
        expect(readFileSync(paths.catalogSql, 'utf8')).toBe(sql);
        expect(hashFiles(paths.readings)).toEqual(readings);
        rmSync(paths.readings, { recursive: true });
        mkdirSync(paths.readings);
        await site.rebuild();
        expect(hashFiles(paths.readings)).toEqual(readings);
    });
});

// 8. The same answer everywhere: test/consumers, with the DuckDB command line and pandas.
describe('8. the same question has one answer', () => {
    it('in whatever zone the machine and the session stand', async () => {
        const cwd = tempFolder();
        const { env } = await startDemoApi(Date.now, { source });
        const span = ['--from', '2025-10-24', '--to', '2025-11-04', '--channel', `${rooftop},${office}`];
        expect((await runBin(['sync', ...span], { cwd, env })).code).toBe(0);
        const ask = async (TZ: string, view: string): Promise<unknown> =>
            JSON.parse((await runBin(['query', view, '--format', 'json'], { cwd, env: { TZ } })).stdout);
        for (const view of ['energy_hourly', 'energy_daily', 'energy_weekly']) {
            const inUtc = await ask('UTC', view);
            expect(differences(await ask('Pacific/Auckland', view), inUtc)).toEqual([]);
            expect(differences(await ask('America/New_York', view), inUtc)).toEqual([]);
        }
    });
});

describe('9. one writer at a time', () => {
    it('a second one is told who holds the lake and ends with 6; the lock dies with SIGKILL', async () => {
        const cwd = tempFolder();
        const { env, simulator } = await startDemoApi(Date.now, { source });
        // The first one waits for an answer as long as the test needs it.
        simulator.faults.always({ channel: rooftop }, { kind: 'stall' });
        const span = ['--from', '2025-09-01', '--to', '2025-10-05', '--channel', rooftop];
        const first = spawn(process.execPath, [binFile, 'sync', ...span], { cwd, env, stdio: 'ignore' });
        onTestFinished(() => void first.kill('SIGKILL'));
        while (!simulator.requests.some(({ channelId }) => channelId === rooftop) && first.exitCode === null)
            await tick();
        const second = await runBin(['sync', ...span], { cwd, env });
        expect(second.code).toBe(6);
        expect(second.stderr).toContain(`process ${first.pid}`);
        expect(second.stderr).toContain('sync');
        // Readers need no lock.
        expect((await runBin(['query', 'select 1 as one', '--format', 'csv'], { cwd })).code).toBe(0);
        first.kill('SIGKILL');
        await once(first, 'close');
        simulator.faults.clear();
        expect((await runBin(['sync', ...span], { cwd, env })).code).toBe(0);
    });
});

describe('10. no secret', () => {
    it('is in a file, in what is said, or in the process list, even when everything is said', async () => {
        const cwd = tempFolder();
        const { env, simulator } = await startDemoApi(Date.now, {
            source,
            quirks: { latency: { minMs: 100, maxMs: 100 } },
        });
        const span = ['--from', '2025-09-01', '--to', '2025-09-05', '--channel', `${rooftop},162127`];
        let commandLine = '';
        const loud = ['--verbose', '--debug'];
        let isOver = false;
        const running = runBin(['sync', ...span, ...loud], { cwd, env }).finally(() => {
            isOver = true;
        });
        while (simulator.requests.length < 1 && !isOver) await tick();
        if (existsSync('/proc')) commandLine = findCommandLine(cwd);
        const good = await running;
        expect(good.code).toBe(7);
        const wrong = { ...env, ENISCOPE_PASSWORD: 'a wrong password' };
        const refused = await runCli(['sync', ...span, ...loud], { cwd, env: wrong });
        expect(refused.code).not.toBe(0);
        const config = await runCli(['config', ...loud], { cwd, env });
        const said = [good, refused, config].map(({ stdout, stderr }) => stdout + stderr).join('\n');
        const { apiKey, email, password } = demoCredentials;
        const secrets = [
            apiKey,
            password,
            'a wrong password',
            Buffer.from(`${email}:${password}`).toString('base64'),
            ...simulator.requests.flatMap(({ query }) => (query.includes('token') ? [query] : [])),
        ];
        const kept = listFiles(cwd).map((file) => {
            const bytes = readFileSync(file);
            return file.endsWith('.gz') ? gunzipSync(bytes).toString() : bytes.toString('latin1');
        });
        for (const secret of secrets) {
            expect(said).not.toContain(secret);
            expect(commandLine).not.toContain(secret);
            expect(kept.filter((text) => text.includes(secret))).toEqual([]);
        }
        if (existsSync('/proc')) expect(commandLine).toContain('sync');
    });
});

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));

/** The command line of the process that works in a folder, as ps shows it. */
function findCommandLine(folder: string): string {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        const line = readMaybe(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
        if (
            line.includes(binFile) &&
            existsSync(`/proc/${pid}/cwd/lake`) &&
            sameFolder(`/proc/${pid}/cwd`, folder)
        ) {
            return line;
        }
    }
    return '';
}

function sameFolder(a: string, b: string): boolean {
    return statSync(a).ino === statSync(b).ino;
}

function readMaybe(path: string): string {
    try {
        return readFileSync(path, 'utf8');
    } catch {
        // The process ended in between.
        return '';
    }
}
