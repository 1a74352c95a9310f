/** The demo, as the README's first command runs it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generatedSite } from '../../src/simulator/generated.ts';
import { generatedFleet } from '../../src/simulator/generated-fleet.ts';
import { startDemoApi } from '../support/demo-api.ts';
import { fakeRuntime } from '../support/fake-runtime.ts';
import { runCli } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';

it('shows the main job, twice: the second run asks only for what is new', async () => {
    const cwd = tempFolder();
    // A lake of the settings must stay untouched by simulated readings.
    const runtime = fakeRuntime({ cwd, env: { ENISCOPE_LAKE: join(cwd, 'real-lake') } });
    const first = await runCli(['demo'], { runtime });
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toBe('');
    expect(first.stdout).not.toContain(String.fromCharCode(27));
    for (const text of [
        'What was fetched',
        'demo-lake/readings/',
        'RTU-1',
        '100 %',
        '██',
        'answered null',
        'failed with',
    ]) {
        expect(first.stdout).toContain(text);
    }
    for (const { channelName } of generatedSite().channels.filter(({ answers }) => answers === 'error')) {
        expect(first.stdout).toContain(channelName);
    }
    runtime.advance(3_600_000);
    const second = await runCli(['demo'], { runtime });
    expect(second.code, second.stderr).toBe(0);
    expect(second.stdout).toContain('Second run: only what is new');
    const readings = ({ stdout }: { readonly stdout: string }): number =>
        Number(/([\d,]+) readings of/.exec(stdout)?.[1]?.replaceAll(',', ''));
    expect(readings(second)).toBeGreaterThan(0);
    expect(readings(second)).toBeLessThan(readings(first) / 5);
    expect(existsSync(join(cwd, 'real-lake'))).toBe(false);
});

it('refuses a lake that holds other channels, and leaves it as it is', async () => {
    const runtime = fakeRuntime({ cwd: tempFolder() });
    const { env } = await startDemoApi(runtime.now, { source: generatedFleet({ channels: 1 }) });
    const mine = await runCli(['sync', '--lake', 'mine', '--since', '2h'], { cwd: runtime.cwd, env });
    expect(mine.code, mine.stderr).toBe(0);
    const { code, stdout, stderr } = await runCli(['demo', '--lake', 'mine'], { runtime });
    expect([code, stdout]).toEqual([6, '']);
    expect(JSON.parse(stderr)).toMatchObject({
        code: 'LAKE_EXISTS',
        message: expect.stringContaining('300000'),
    });
    expect(existsSync(join(runtime.cwd, 'mine', 'readings', 'channel_id=163001'))).toBe(false);
});
