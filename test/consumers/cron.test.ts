/** cron runs the line that `schedule` prints: its own short environment, /bin/sh, the home folder, and `%` read its way. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startDemoApi } from '../support/demo-api.ts';
import { type CliResult, runBin, runProcess } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Two live meters, so that a good run ends with 0. */
const meters = '162320,162119';

/** What cron makes of a crontab line: five time fields, a command up to the first bare `%`, the rest its input. */
function parseCrontab(line: string): {
    readonly time: string;
    readonly command: string;
    readonly input: string;
} {
    const [, time = '', rest = ''] = /^((?:\S+\s+){4}\S+)\s+(.*)\n$/.exec(line) ?? [];
    let command = '';
    let at = 0;
    for (; at < rest.length && rest[at] !== '%'; at += 1) {
        const isEscaped = rest[at] === '\\' && rest[at + 1] === '%';
        if (isEscaped) at += 1;
        command += rest[at];
    }
    return { time, command, input: rest.slice(at + 1) };
}

/** As Debian's cron: nothing of the caller's environment, the home folder as the working one, no terminal. */
function runAsCron(command: string, home: string): Promise<CliResult> {
    const environment = [`HOME=${home}`, 'LOGNAME=meters', 'SHELL=/bin/sh', 'PATH=/usr/bin:/bin'];
    return runProcess('/usr/bin/env', ['-i', ...environment, '/bin/sh', '-c', command], { cwd: home });
}

describe('cron', () => {
    it.each(['our lakes', `the boss's 100% "$HOME" \`lakes\` [2026]`])(
        'syncs a lake in a folder called %j and logs one line a run',
        async (name) => {
            const folder = join(tempFolder(), name);
            mkdirSync(folder);
            const { env, simulator } = await startDemoApi(Date.now);
            const lines = Object.entries(env).map(([key, value]) => `${key}="${value}"`);
            writeFileSync(join(folder, '.env'), `${lines.join('\n')}\nENISCOPE_FIRST_RUN_DAYS=2\n`);
            const config = { excludeChannels: ['162127', '162141'] };
            writeFileSync(join(folder, 'eniscope-lake.config.json'), JSON.stringify(config));
            const printed = await runBin(['schedule', '--every', 'hour'], { cwd: folder });
            expect([printed.code, printed.stderr]).toEqual([0, '']);
            const { time, command, input } = parseCrontab(printed.stdout);
            expect([time, input]).toEqual(['5 * * * *', '']);

            const home = tempFolder();
            for (const run of [1, 2]) {
                expect(await runAsCron(command, home)).toEqual({ code: 0, stdout: '', stderr: '' });
                const log = readFileSync(join(folder, 'lake.log'), 'utf8');
                const said = log.trimEnd().split('\n');
                expect(said, log).toHaveLength(run);
                expect(JSON.parse(said.at(-1) ?? '')).toMatchObject({ event: 'sync_finished', failed: 0 });
            }
            expect(existsSync(join(folder, 'lake', 'lake.duckdb'))).toBe(true);
            expect(simulator.requests.some(({ channelId }) => channelId === meters.split(',')[0])).toBe(true);
            const counted = await runBin(
                ['query', 'select count(*) as n from readings', '--format', 'json'],
                {
                    cwd: folder,
                },
            );
            expect(JSON.parse(counted.stdout)[0].n).toBeGreaterThan(2 * 96);
            // What cron mails and what any user sees with ps.
            expect(command).not.toContain(env.ENISCOPE_PASSWORD);
            expect(command).not.toContain(env.ENISCOPE_API_KEY);
        },
        60_000,
    );
});
