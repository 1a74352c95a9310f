/** A sync that is killed with SIGKILL at every step of its file work, and at random moments. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mix, unit } from '../../src/simulator/noise.ts';
import { isFull, sample } from '../support/extent.ts';
import { killed } from '../support/faulty-disk.ts';
import { type FileJudge, withFileJudge } from '../support/file-judge.ts';
import { hashFiles, listFiles } from '../support/lake-fixture.ts';
import { type CrashLake, startCrashSite } from './crash-site.ts';
import { type Calm, expectMended, expectWhole, runCalm } from './whole-lake.ts';

/** Where and when a sync is killed: at a point of its file work, or so many milliseconds after its start. */
type Kill = { readonly at: number } | { readonly afterMs: number };

const lanes = 2;
const randomMoments = isFull ? 20 : 3;

describe('a sync killed with SIGKILL', () => {
    it('leaves whole tables of before or after, and the next one ends as if nobody had been killed', async () => {
        const lakes = await startCrashSite(lanes);
        await withFileJudge(async (judge) => {
            const calm = await runCalm(judge, lakes[0]);
            expect(calm.points.length).toBeGreaterThan(300);
            expect(new Set(calm.points.map(kindOf))).toEqual(new Set(everyKind));
            const numbers = calm.points.map((_, index) => index + 1);
            const moments = Array.from({ length: randomMoments }, (_, index) => ({
                afterMs: 100 + unit(mix(index, 11)) * calm.durationMs,
            }));
            const kills: Kill[] = [...sample(numbers, 40, 300).map((at) => ({ at })), ...moments];
            const queue = [...kills.entries()];
            const attack = async (lake: CrashLake): Promise<number> => {
                let count = 0;
                for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
                    const [index, kill] = next;
                    count += await killAndMend(judge, lake, calm, kill, index);
                }
                return count;
            };
            const counts = await Promise.all(lakes.map(attack));
            const total = counts.reduce((sum, count) => sum + count, 0);
            console.log(`${total} kills at ${calm.points.length} points and ${randomMoments} random moments`);
            expect(total).toBeGreaterThanOrEqual(isFull ? 300 : 40);
        });
    }, 1_200_000);
});

describe('a reference list that a killed run has landed', () => {
    it('counts from when it was landed, for the next run as for a rebuild', async () => {
        const [lake] = await startCrashSite(1);
        if (lake === undefined) throw new Error('no lake');
        const count = (step: number[], path: string): void => {
            if (path.includes('reference')) step.push(step.length);
        };
        const seen: number[] = [];
        lake.reset();
        await lake.syncHere((_step, path) => count(seen, path));
        expect(seen.length).toBeGreaterThan(10);
        for (const last of sample(seen, 6, 30)) {
            lake.reset();
            const steps: number[] = [];
            const killed = lake.syncHere((_step, path) => {
                if (steps.length > last) throw new Error('killed');
                count(steps, path);
            });
            await expect(killed).rejects.toThrow('killed');
            await lake.syncHere(undefined, 1);
            const tables = hashFiles(join(lake.root, 'reference'));
            await lake.rebuildHere();
            expect(hashFiles(join(lake.root, 'reference')), `step ${last} of ${seen.length}`).toEqual(tables);
        }
    }, 600_000);
});

/** A step of a kind, at one of its moments. */
const everyKind = [
    ...['open', 'write', 'append', 'sync', 'rename', 'unlink', 'mkdir', 'link', 'truncate'].flatMap(
        (step) => [`before ${step}`, `after ${step}`],
    ),
    'within write',
];

const kindOf = (point: string): string => point.split(' ').slice(0, 2).join(' ').replace('remove', 'unlink');

/** Kills one sync (every eighth time also the one that mends), looks at the lake, and lets it finish. Returns the kills. */
async function killAndMend(
    judge: FileJudge,
    lake: CrashLake,
    calm: Calm,
    kill: Kill,
    index: number,
): Promise<number> {
    const place =
        'at' in kill
            ? `killed ${calm.points[kill.at - 1]} (point ${kill.at})`
            : `killed after ${kill.afterMs} ms`;
    lake.reset();
    let kills = await runAndKill(lake, kill);
    await expectWhole(judge, lake, calm, place);
    if (index % 8 === 0) {
        kills += await runAndKill(lake, { at: 1 + (mix(index, 5) % calm.points.length) });
        await expectWhole(judge, lake, calm, `${place}, then again`);
    }
    const mended = await lake.sync();
    expect(mended.code, `${place}: ${mended.stderr}`).toBe(0);
    await expectMended(lake, calm, place);
    expectJournal(lake, kills, place);
    return kills;
}

/** Returns 1 when the process was killed, 0 when it came to its end before. */
async function runAndKill(lake: CrashLake, kill: Kill): Promise<number> {
    const { code, stderr } =
        'at' in kill
            ? await lake.sync({ killAt: kill.at })
            : await lake.sync({}, (end) => void setTimeout(end, kill.afterMs).unref());
    expect([killed, 0], stderr).toContain(code);
    return code === killed ? 1 : 0;
}

/** A kill tears at most the line that was being written. */
function expectJournal(lake: CrashLake, kills: number, place: string): void {
    const lines = listFiles(join(lake.root, 'runs')).flatMap((file) =>
        readFileSync(file, 'utf8').trimEnd().split('\n'),
    );
    const torn = lines.filter((line) => !isJson(line));
    expect(torn.length, `${place}: ${torn.join('\n')}`).toBeLessThanOrEqual(kills);
}

function isJson(text: string): boolean {
    try {
        JSON.parse(text);
        return true;
    } catch {
        // The question was whether it is.
        return false;
    }
}
