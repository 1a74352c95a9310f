/** A disk that is full, closed to writing, or slow. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isAppError } from '../../src/core/errors.ts';
import type { FileHook } from '../../src/lake/files.ts';
import { isFull, sample } from '../support/extent.ts';
import { type FileJudge, withFileJudge } from '../support/file-judge.ts';
import { hashFiles } from '../support/lake-fixture.ts';
import { type CliResult, runBin } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { type CrashLake, startCrashSite } from './crash-site.ts';
import { type Calm, expectMended, expectWhole, runCalm } from './whole-lake.ts';

/** Steps that need no space: a full disk lets them pass. */
const freeOfSpace = new Set(['rename', 'unlink', 'sync']);

type Code = 'ENOSPC' | 'EDQUOT' | 'EACCES' | 'EROFS';

/** Fails every step from the nth on, as a disk does that stays full. Counts the steps in `seen`. */
function failingFrom(nth: number, code: Code, seen: { steps: number }): FileHook {
    return (step, path, when) => {
        if (when === 'after') return;
        seen.steps += 1;
        const passes = (code === 'ENOSPC' || code === 'EDQUOT') && freeOfSpace.has(step);
        if (seen.steps < nth || passes) return;
        throw Object.assign(new Error(`${code}: made to fail`), { code, path });
    };
}

/** The raw answers that were landed, wherever they lie by now. */
function landed(lake: CrashLake): Readonly<Record<string, string>> {
    return Object.fromEntries(
        Object.entries(hashFiles(join(lake.root, 'raw'))).map(([file, hash]) => [basename(file), hash]),
    );
}

/** One sentence for a person, with a code of its own. */
function expectOneSentence(result: CliResult, code: string, place: string): void {
    expect(result.code, `${place}: ${result.stderr}`).toBe(6);
    const errors = result.stderr
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
    expect(
        errors.filter(({ level }) => level === 'error'),
        place,
    ).toHaveLength(1);
    expect(errors.at(-1), place).toMatchObject({ code, message: expect.not.stringContaining('\n') });
    expect(result.stderr, place).not.toMatch(/BUG|this is a bug/);
}

async function expectEverywhere(
    judge: FileJudge,
    lake: CrashLake,
    calm: Calm,
    code: Code,
    counts: readonly [few: number, many: number],
): Promise<number> {
    const counted = { steps: 0 };
    lake.reset();
    await lake.syncHere(failingFrom(Number.POSITIVE_INFINITY, code, counted));
    const steps = Array.from({ length: counted.steps }, (_, index) => index + 1);
    let failed = 0;
    for (const nth of sample(steps, ...counts)) {
        const place = `${code} from step ${nth}`;
        lake.reset();
        const seen = { steps: 0 };
        const error: unknown = await lake
            .syncHere(failingFrom(nth, code, seen))
            .catch((thrown: unknown) => thrown);
        // From the last steps on nothing may be left that takes space.
        if (error === undefined) continue;
        failed += 1;
        const expected = code === 'ENOSPC' || code === 'EDQUOT' ? 'LAKE_DISK_FULL' : 'LAKE_NOT_WRITABLE';
        expect(isAppError(error, expected), `${place}: ${error}`).toBe(true);
        expect(error, place).toMatchObject({
            message: expect.stringMatching(/^[^\n]+$/),
            hint: expect.any(String),
        });
        await expectQuiet(lake, seen, place);
        await expectWhole(judge, lake, calm, place);
        const kept = landed(lake);
        await lake.syncHere();
        expect(landed(lake), place).toMatchObject(kept);
        await expectMended(lake, calm, place);
    }
    expect(failed).toBeGreaterThan(0);
    return failed;
}

/** Nothing of a run that has failed goes on behind its back: it has given the lock away. */
async function expectQuiet(lake: CrashLake, seen: { steps: number }, place: string): Promise<void> {
    const before = [seen.steps, lake.simulator.requests.length];
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 1));
    expect([seen.steps, lake.simulator.requests.length], place).toEqual(before);
}

describe('a disk that fails from any step on', () => {
    const counts: readonly (readonly [code: Code, few: number, many: number])[] = [
        ['ENOSPC', 10, 80],
        ['EACCES', 6, 24],
        ['EROFS', 2, 6],
        ['EDQUOT', 2, 6],
    ];
    it.each(counts)(
        '%s leaves the lake as it was, keeps what was landed, and the next run goes on',
        async (code, few, many) => {
            const [lake] = await startCrashSite(1);
            if (lake === undefined) throw new Error('no lake');
            await withFileJudge(async (judge) => {
                const calm = await runCalm(judge, lake);
                const failed = await expectEverywhere(judge, lake, calm, code, [few, many]);
                console.log(`${code} at ${failed} steps`);
            });
        },
        600_000,
    );

    it('ends the program with one sentence', async () => {
        const [lake] = await startCrashSite(1);
        if (lake === undefined) throw new Error('no lake');
        await withFileJudge(async (judge) => {
            const calm = await runCalm(judge, lake);
            const points = calm.points.flatMap((point, index) =>
                point.startsWith('before') ? [index + 1] : [],
            );
            for (const failAt of sample(points, 2, 10)) {
                for (const code of ['ENOSPC', 'EACCES'] as const) {
                    const place = `${code} from ${calm.points[failAt - 1]}`;
                    lake.reset();
                    const ended = await lake.sync({ failAt, code });
                    if (ended.code === 0) continue;
                    expectOneSentence(
                        ended,
                        code === 'ENOSPC' ? 'LAKE_DISK_FULL' : 'LAKE_NOT_WRITABLE',
                        place,
                    );
                    await expectWhole(judge, lake, calm, place);
                    await lake.syncHere();
                    await expectMended(lake, calm, place);
                }
            }
        });
    }, 600_000);
});

describe('a slow disk', () => {
    it('takes its time and changes nothing', async () => {
        const [lake] = await startCrashSite(1);
        if (lake === undefined) throw new Error('no lake');
        await withFileJudge(async (judge) => {
            const calm = await runCalm(judge, lake);
            lake.reset();
            const { code, stderr } = await lake.sync({ slowMs: isFull ? 40 : 10 });
            expect(code, stderr).toBe(0);
            await expectMended(lake, calm, 'slow');
        });
    }, 600_000);
});

const [mount, unmount] = ['mount', 'umount'] as const;

/** The user who owns nothing. */
const nobody = 65_534;

/** Mounts a small disk of its own in memory; undefined, and said loudly, where this is not allowed. */
function mountSmallDisk(kilobytes: number): string | undefined {
    const folder = join(tempFolder(), 'disk');
    mkdirSync(folder);
    const { status, stderr, error } = spawnSync(
        mount,
        ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder],
        { encoding: 'utf8' },
    );
    if (status === 0) {
        onTestFinished(() => void spawnSync(unmount, ['-l', folder]));
        return folder;
    }
    shout(`a real disk: mount says ${error?.message ?? stderr.trim()}`);
    return undefined;
}

/** What this machine does not allow was proved by injected errors alone. */
function shout(what: string): void {
    const line = `NOT TRIED  ${what}; errors were injected instead`;
    console.warn(`\n${'='.repeat(line.length)}\n${line}\n${'='.repeat(line.length)}`);
}

/** Takes all space but so many bytes. */
function fillDisk(folder: string, leave: number): void {
    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(join(folder, 'ballast'), Buffer.alloc(Math.max(0, bavail * bsize - leave)));
}

describe('a real disk', () => {
    it('that is full at any amount of free space leaves the lake as it was', async () => {
        const disk = mountSmallDisk(16_384);
        if (disk === undefined) return;
        const [lake] = await startCrashSite(1, disk);
        if (lake === undefined) throw new Error('no lake');
        await withFileJudge(async (judge) => {
            const calm = await runCalm(judge, lake);
            let failed = 0;
            // DuckDB writes by itself: only a real disk fails it.
            const amounts = Array.from({ length: 240 }, (_, index) => index * 4096);
            for (const leave of sample(amounts, 8, 30)) {
                const place = `${leave} bytes free`;
                lake.reset();
                fillDisk(disk, leave);
                const ended = await lake.sync();
                await expectWhole(judge, lake, calm, place);
                if (ended.code === 0) break;
                failed += 1;
                expectOneSentence(ended, 'LAKE_DISK_FULL', place);
                const kept = landed(lake);
                rmSync(join(disk, 'ballast'));
                await lake.syncHere();
                expect(landed(lake), place).toMatchObject(kept);
                await expectMended(lake, calm, place);
            }
            console.log(`a full disk at ${failed} amounts of free space`);
            expect(failed).toBeGreaterThan(3);
        });
    }, 600_000);

    it('that is mounted read-only is named, can be read, and is written again later', async () => {
        const disk = mountSmallDisk(16_384);
        if (disk === undefined) return;
        const [lake] = await startCrashSite(1, disk);
        if (lake === undefined) throw new Error('no lake');
        await withFileJudge(async (judge) => {
            const calm = await runCalm(judge, lake);
            lake.reset();
            const before = hashFiles(lake.root);
            expect(spawnSync(mount, ['-o', 'remount,ro', disk]).status).toBe(0);
            expectOneSentence(await lake.sync(), 'LAKE_NOT_WRITABLE', 'read-only');
            await expectWhole(judge, lake, calm, 'read-only');
            expect(hashFiles(lake.root)).toEqual(before);
            expect(spawnSync(mount, ['-o', 'remount,rw', disk]).status).toBe(0);
            await lake.syncHere();
            await expectMended(lake, calm, 'read-only, then not');
        });
    }, 600_000);

    it('that belongs to somebody else is named, and can be read', async () => {
        const [lake] = await startCrashSite(1);
        if (lake === undefined) throw new Error('no lake');
        await withFileJudge(async (judge) => {
            const calm = await runCalm(judge, lake);
            lake.reset();
            const before = hashFiles(lake.root);
            // Permissions do not bind root: it becomes nobody.
            const isRoot = process.getuid?.() === 0;
            const folder = join(lake.root, '..', '..');
            chmodSync(folder, 0o755);
            if (isRoot && (await runBin(['--version'], { cwd: folder, user: nobody })).code !== 0) {
                shout('a lake of somebody else: nobody may read this program here');
                return;
            }
            if (!isRoot) spawnSync('chmod', ['-R', 'a-w', lake.root]);
            const ended = await lake.sync({}, undefined, isRoot ? nobody : undefined);
            if (!isRoot) spawnSync('chmod', ['-R', 'u+w', lake.root]);
            expectOneSentence(ended, 'LAKE_NOT_WRITABLE', 'no permission');
            expect(hashFiles(lake.root)).toEqual(before);
            await lake.syncHere();
            await expectMended(lake, calm, 'no permission, then some');
        });
    }, 600_000);
});
