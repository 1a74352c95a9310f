/** The program as a shell starts it: exit codes, pipes, signals, and the crontab line. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startDemoApi } from '../support/demo-api.ts';
import { binFile, runBin, runProcess } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';

describe('the process', () => {
    it('ends with the exit code and keeps stdout for data', async () => {
        const cwd = tempFolder();
        const [help, usage, settings] = await Promise.all([
            runBin(['--help'], { cwd }),
            runBin(['nonsense'], { cwd }),
            runBin(['sync'], { cwd }),
        ]);
        expect([help.code, help.stderr]).toEqual([0, '']);
        expect([usage.code, usage.stdout]).toEqual([2, '']);
        expect([settings.code, settings.stdout]).toEqual([3, '']);
    });

    it('ends quietly when the reader of a pipe has seen enough', async () => {
        const cwd = tempFolder();
        await runBin(['init'], { cwd });
        const query = `"${process.execPath}" "${binFile}" query "select * from range(2000000)" --format csv`;
        const { code, stdout, stderr } = await runProcess(
            '/bin/bash',
            ['-c', `set -o pipefail; ${query} | head -n 2`],
            { cwd },
        );
        expect(stdout).toBe('range\n0\n');
        expect(stderr).toBe('');
        expect(code).toBe(0);
    });

    it.each(['SIGINT', 'SIGTERM'] as const)('ends the simulator cleanly on %s', async (signal) => {
        const { code, stdout } = await runBin(['simulate'], {
            cwd: tempFolder(),
            onOutput: (text, kill) => {
                if (text.includes('simulator_listening')) kill(signal);
            },
        });
        expect(code).toBe(0);
        expect(stdout).toMatch(/^ENISCOPE_API_URL=http:\/\/127\.0\.0\.1:\d+$/m);
    });

    it.each([
        ['SIGINT', 130],
        ['SIGTERM', 143],
    ] as const)('stops a sync on %s with %d and leaves a lake that works', async (signal, exit) => {
        const cwd = tempFolder();
        const { env, simulator } = await startDemoApi(Date.now, {
            quirks: { latency: { minMs: 20, maxMs: 30 } },
        });
        const running = runBin(['sync', '--verbose', '--concurrency', '1'], {
            cwd,
            env,
            onOutput: (_text, kill) => {
                if (simulator.requests.some(({ path }) => path.startsWith('/readings'))) kill(signal);
            },
        });
        const { code, stderr } = await running;
        expect(code, stderr).toBe(exit);
        expect(stderr).not.toContain('BUG');
        const after = await runBin(['compact'], { cwd, env });
        expect(after.code, after.stderr).toBe(0);
    });

    it('stops a long question on SIGINT', async () => {
        const cwd = tempFolder();
        await runBin(['init'], { cwd });
        let isKilled = false;
        const { code, stderr } = await runBin(
            ['query', 'select * from range(1000000000)', '--format', 'csv'],
            {
                cwd,
                onOutput: (_text, kill) => {
                    // Once: a second signal ends the process on the spot.
                    if (!isKilled) kill('SIGINT');
                    isKilled = true;
                },
            },
        );
        expect(code, stderr).toBe(130);
        expect(JSON.parse(stderr)).toMatchObject({ event: 'run_stopped', signal: 'SIGINT' });
    });

    it('names a folder it may not write to', async () => {
        const cwd = tempFolder();
        mkdirSync(join(cwd, 'locked'));
        chmodSync(join(cwd, 'locked'), 0o500);
        // Permissions do not bind root; /proc takes folders from nobody.
        const locked = process.getuid?.() === 0 ? '/proc/locked' : 'locked';
        const { code, stderr } = await runBin(['init', '--lake', `${locked}/lake`], { cwd });
        expect(code).toBe(6);
        expect(JSON.parse(stderr)).toMatchObject({ code: 'LAKE_NOT_WRITABLE' });
    });

    it('names a file where a folder should be', async () => {
        const cwd = tempFolder();
        writeFileSync(join(cwd, 'lake'), 'not a folder');
        const { code, stderr } = await runBin(['init'], { cwd });
        expect(code, stderr).toBe(6);
        expect(stderr).toContain(join(cwd, 'lake'));
    });
});

describe('schedule', () => {
    it('prints a line that syncs as cron runs it: no environment, /bin/sh, another folder', async () => {
        const home = join(tempFolder(), "it's 100% mine");
        mkdirSync(home);
        const { env } = await startDemoApi(Date.now);
        const lines = Object.entries(env).map(([name, value]) => `${name}="${value}"`);
        writeFileSync(join(home, '.env'), `${lines.join('\n')}\nENISCOPE_FIRST_RUN_DAYS=2\n`);
        const { code, stdout, stderr } = await runBin(['schedule', '--every', '15min'], { cwd: home });
        expect([code, stderr]).toEqual([0, '']);
        const match = /^\*\/15 \* \* \* \* (.*)\n$/.exec(stdout);
        // cron ends the command at a bare % and takes the backslash from an escaped one.
        const command = (match?.[1] ?? '').split(/(?<!\\)%/)[0]?.replaceAll(String.raw`\%`, '%') ?? '';
        const elsewhere = tempFolder();
        const ran = await runProcess('/usr/bin/env', ['-i', '/bin/sh', '-c', command], { cwd: elsewhere });
        const log = readFileSync(join(home, 'lake.log'), 'utf8').trimEnd().split('\n');
        // Two virtual channels of the simulated site always fail.
        expect(ran, log.join('\n')).toEqual({ code: 7, stdout: '', stderr: '' });
        expect(log).toHaveLength(1);
        expect(JSON.parse(log[0] ?? '')).toMatchObject({ event: 'sync_finished' });
    });

    it('carries over what is set in this shell only, and says which secrets cron will miss', async () => {
        const cwd = tempFolder();
        const env = {
            ENISCOPE_API_KEY: 'key-777',
            ENISCOPE_EMAIL: 'a@example.com',
            ENISCOPE_PASSWORD: 'hunter2',
            ENISCOPE_RESOLUTION: '3600',
        };
        const { stdout, stderr } = await runBin(['schedule', '--exclude-channel', '7,8'], { cwd, env });
        expect(stdout).toContain('--resolution 3600');
        expect(stdout).toContain('--exclude-channel 7,8');
        expect(stdout + stderr).not.toMatch(/key-777|hunter2/);
        expect(JSON.parse(stderr)).toMatchObject({
            event: 'unseen_by_cron',
            variables: ['ENISCOPE_API_KEY', 'ENISCOPE_EMAIL', 'ENISCOPE_PASSWORD'],
        });
    });
});
