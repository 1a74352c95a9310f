/** Several processes want to write to one lake. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DemoApi, startDemoApi } from '../support/demo-api.ts';
import { binFile, type CliResult, runBin } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';

const sync = ['sync', '--from', '2025-10-01', '--to', '2025-10-03', '--channel', '162320'];
const locked = 6;

/** A sync that holds the lock: its readings never come. */
async function startHolder({ simulator, env }: DemoApi, cwd: string): Promise<ChildProcess> {
    simulator.faults.always({ path: /^\/readings/ }, { kind: 'stall' });
    const before = simulator.requests.length;
    const child = spawn(process.execPath, [binFile, ...sync], {
        cwd,
        env: { PATH: process.env.PATH, ...env },
        stdio: 'ignore',
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    while (!simulator.requests.slice(before).some(({ path }) => path.startsWith('/readings'))) {
        if (child.exitCode !== null) throw new Error(`the holder ended with ${child.exitCode}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
    simulator.faults.clear();
    return child;
}

async function kill(child: ChildProcess): Promise<void> {
    child.kill('SIGKILL');
    await once(child, 'close');
}

const told = ({ stderr }: CliResult) => JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '');

describe('two writers', () => {
    it('the second ends at once with its own code and names pid, host and start of the first', async () => {
        const cwd = tempFolder();
        const api = await startDemoApi(Date.now);
        const holder = await startHolder(api, cwd);
        const asked = api.simulator.requests.length;
        const second = await runBin(sync, { cwd, env: api.env });
        expect(second.code, second.stderr).toBe(locked);
        expect(holder.exitCode).toBeNull();
        expect(told(second)).toMatchObject({
            code: 'LAKE_LOCKED',
            message: expect.stringMatching(
                new RegExp(
                    `^process ${holder.pid} on ${hostname()} \\(sync, since \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z\\)`,
                ),
            ),
        });
        // It did not even ask the source.
        expect(api.simulator.requests.length).toBe(asked);
        for (const writer of [['compact'], ['rebuild'], ['repartition', '--granularity', 'day']]) {
            expect((await runBin(writer, { cwd })).code, writer[0]).toBe(locked);
        }
        for (const reader of [['query', 'select 1 as one'], ['status'], ['verify']]) {
            expect((await runBin(reader, { cwd })).code, reader[0]).toBe(0);
        }
    });

    it('the lock dies with its process, SIGKILL included', async () => {
        const cwd = tempFolder();
        const api = await startDemoApi(Date.now);
        await kill(await startHolder(api, cwd));
        expect(readFileSync(join(cwd, 'lake', '.lock'), 'utf8')).toContain('"pid":');
        const next = await runBin(sync, { cwd, env: api.env });
        expect(next.code, next.stderr).toBe(0);
    });

    it('a pid that lives again in another process holds nothing', async () => {
        const cwd = tempFolder();
        const { env } = await startDemoApi(Date.now);
        expect((await runBin(['init'], { cwd })).code).toBe(0);
        const since = new Date(0).toISOString();
        const gone = { pid: process.pid, host: hostname(), command: 'sync', since };
        writeFileSync(join(cwd, 'lake', '.lock'), JSON.stringify(gone));
        const next = await runBin(sync, { cwd, env });
        expect(next.code, next.stderr).toBe(0);
    });

    it('the second waits as long as --wait says, and works when the first has gone', async () => {
        const cwd = tempFolder();
        const api = await startDemoApi(Date.now);
        const holder = await startHolder(api, cwd);
        const impatient = await runBin([...sync, '--wait', '1'], { cwd, env: api.env });
        expect([impatient.code, told(impatient).code]).toEqual([locked, 'LAKE_LOCKED']);
        let isDone = false;
        const patient = runBin([...sync, '--wait', '300'], { cwd, env: api.env }).finally(() => {
            isDone = true;
        });
        // Longer than a start takes: it stands before the lock by now.
        await runBin(['status'], { cwd });
        await runBin(['status'], { cwd });
        expect(isDone).toBe(false);
        await kill(holder);
        const { code, stderr } = await patient;
        expect(code, stderr).toBe(0);
    });

    it('of many that start at once in an empty folder each ends well or names the one at work', async () => {
        const cwd = join(tempFolder(), 'shared');
        mkdirSync(cwd);
        const { env } = await startDemoApi(Date.now);
        const ends = await Promise.all(Array.from({ length: 5 }, () => runBin(sync, { cwd, env })));
        for (const { code, stderr } of ends) expect([0, locked], stderr).toContain(code);
        expect(ends.some(({ code }) => code === 0)).toBe(true);
        for (const end of ends.filter(({ code }) => code === locked)) {
            expect(told(end).message).toMatch(/^process \d+ on /);
        }
        const sql = 'select count(*) as rows, count(distinct timestamp) as keys from readings';
        const counted = await runBin(['query', sql, '--format', 'json'], { cwd });
        expect(JSON.parse(counted.stdout)).toEqual([{ rows: 192, keys: 192 }]);
        expect((await runBin(['verify', '--deep'], { cwd })).code).toBe(0);
    });
});
