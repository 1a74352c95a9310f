import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../../src/lake/lock.ts';
import { fakeRuntime } from '../../support/fake-runtime.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const holder = { pid: 4711, host: 'here', command: 'sync' };

/** Another process that holds the lock until it is killed. */
async function startHolder(file: string): Promise<() => Promise<void>> {
    const script = `
        const { openSync, writeSync } = require('node:fs');
        const fd = openSync(${JSON.stringify(file)}, 'a+');
        require('fs-native-extensions').tryLock(fd);
        writeSync(fd, JSON.stringify({ pid: process.pid, host: 'there', command: 'compact', since: '2026-01-01T00:00:00.000Z' }));
        console.log('held');
        setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    return async () => {
        child.kill('SIGKILL');
        await once(child, 'close');
    };
}

describe('the lock', () => {
    it('lets one in and names the holder to the other', async () => {
        const file = join(tempFolder(), '.lock');
        const runtime = fakeRuntime({ now: '2026-11-23T09:00:00Z' });
        await withLock(file, holder, 0, runtime, async () => {
            const second = withLock(file, { ...holder, pid: 1 }, 0, runtime, async () => 'in');
            await expect(second).rejects.toMatchObject({
                code: 'LAKE_LOCKED',
                exitCode: 6,
                message:
                    'process 4711 on here (sync, since 2026-11-23T09:00:00.000Z) is writing to this lake',
            });
        });
        expect(await withLock(file, holder, 0, runtime, async () => 'free again')).toBe('free again');
    });

    it('is given back when the work fails', async () => {
        const file = join(tempFolder(), '.lock');
        const runtime = fakeRuntime();
        const failing = withLock(file, holder, 0, runtime, () => Promise.reject(new Error('broken')));
        await expect(failing).rejects.toThrow('broken');
        expect(await withLock(file, holder, 0, runtime, async () => 'in')).toBe('in');
    });

    it('of another process dies with it, SIGKILL included', async () => {
        const file = join(tempFolder(), '.lock');
        const kill = await startHolder(file);
        const runtime = fakeRuntime();
        const attempt = () => withLock(file, holder, 0, runtime, async () => readFileSync(file, 'utf8'));
        await expect(attempt()).rejects.toMatchObject({
            message: expect.stringContaining('on there (compact, since 2026-01-01'),
        });
        await kill();
        expect(JSON.parse(await attempt())).toMatchObject({ pid: 4711 });
    });

    it('waits as long as it is told to', async () => {
        const file = join(tempFolder(), '.lock');
        const kill = await startHolder(file);
        const runtime = fakeRuntime();
        await expect(withLock(file, holder, 3, runtime, async () => 'in')).rejects.toMatchObject({
            code: 'LAKE_LOCKED',
        });
        expect(runtime.sleeps.reduce((sum, ms) => sum + ms, 0)).toBe(3000);
        await kill();
    });

    it('does not believe what the file says, only who holds it', async () => {
        const file = join(tempFolder(), '.lock');
        writeFileSync(file, JSON.stringify({ ...holder, since: '2026-01-01T00:00:00.000Z' }));
        expect(await withLock(file, holder, 0, fakeRuntime(), async () => 'in')).toBe('in');
    });
});
