/** A sync that is killed with SIGKILL at every step of its file work, and at random moments. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { mix, unit } from '../../src/simulator/noise.ts';
import { isFull, sample } from '../support/extent.ts';
import { killed } from '../support/faulty-disk.ts';
import { type FileJudge, withFileJudge } from '../support/file-judge.ts';
import { hashFiles, listFiles } from '../support/lake-fixture.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { type CrashLake, startCrashSite } from './crash-site.ts';

/** The tables as rows: partitions and reference lists. */
type Tables = Readonly<Record<string, string>>;

/** What a sync that nobody killed leads from and to. */
interface Calm {
    readonly before: Tables;
    readonly after: Tables;
    /** Bytes at the end, of all that must not depend on kills. */
    readonly hashes: Readonly<Record<string, string>>;
    /** The name of each point of the sync, in order. */
    readonly points: readonly string[];
    readonly durationMs: number;
}

/** Where and when a sync is killed: at a point of its file work, or so many milliseconds after its start. */
type Kill = { readonly at: number } | { readonly afterMs: number };

const lanes = 2;
const randomMoments = isFull ? 40 : 4;

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
            const kills: Kill[] = [...sample(numbers, 34, 3).map((at) => ({ at })), ...moments];
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

/** A step of a kind, at one of its moments. */
const everyKind = [
    ...['open', 'write', 'append', 'sync', 'rename', 'unlink', 'mkdir', 'truncate'].flatMap((step) => [
        `before ${step}`,
        `after ${step}`,
    ]),
    'within write',
];

const kindOf = (point: string): string => point.split(' ').slice(0, 2).join(' ').replace('remove', 'unlink');

async function runCalm(judge: FileJudge, lake: CrashLake | undefined): Promise<Calm> {
    if (lake === undefined) throw new Error('no lake');
    const before = await readTables(judge, lake);
    const trace = join(tempFolder(), 'trace');
    const started = performance.now();
    const { code, stderr } = await lake.sync({ trace });
    expect(code, stderr).toBe(0);
    const after = await readTables(judge, lake);
    // There is something to lose and something to gain.
    expect(Object.keys(before).filter((file) => before[file] !== after[file]).length).toBeGreaterThan(3);
    expect(Object.keys(after).length).toBeGreaterThan(Object.keys(before).length);
    return {
        before,
        after,
        hashes: hashKept(lake),
        points: readFileSync(trace, 'utf8').trimEnd().split('\n'),
        durationMs: performance.now() - started,
    };
}

/** Kills one sync (every fourth time also the one that mends), looks at the lake, and lets it finish. Returns the kills. */
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
    if (index % 4 === 0) {
        kills += await runAndKill(lake, { at: 1 + (mix(index, 5) % calm.points.length) });
        await expectWhole(judge, lake, calm, `${place}, then again`);
    }
    const mended = await lake.sync();
    expect(mended.code, `${place}: ${mended.stderr}`).toBe(0);
    expect(await lake.verify(), place).toEqual([]);
    expect(hashKept(lake), place).toEqual(calm.hashes);
    expect(readdirSync(join(lake.root, 'raw', 'inbox')), place).toEqual([]);
    expect(readdirSync(join(lake.root, '.staging')), place).toEqual([]);
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

async function readTables(judge: FileJudge, lake: CrashLake): Promise<Tables> {
    const [readings, reference] = [join(lake.root, 'readings'), join(lake.root, 'reference')];
    return { ...(await judge.digests(readings)), ...(await judge.digests(reference)) };
}

/** Every table is readable and has the rows of before or of after: none lost, none doubled, none invented. */
async function expectWhole(judge: FileJudge, lake: CrashLake, calm: Calm, place: string): Promise<void> {
    const tables = await readTables(judge, lake);
    expect(Object.keys(tables), place).toEqual(expect.arrayContaining(Object.keys(calm.before)));
    for (const [file, digest] of Object.entries(tables)) {
        expect([calm.before[file], calm.after[file]], `${place}: ${file}`).toContain(digest);
    }
    const stored = Object.entries(tables).filter(([file]) => file.startsWith('channel_id='));
    const rows = stored.reduce((sum, [, digest]) => sum + Number.parseInt(digest, 10), 0);
    expect(await lake.countByCatalog(), place).toEqual({ rows, keys: rows });
    for (const file of listFiles(join(lake.root, 'raw')))
        JSON.parse(gunzipSync(readFileSync(file)).toString());
}

/** The bytes of all that has one right form at the end: data, reference lists, raw answers; and what counts as asked. */
function hashKept(lake: CrashLake): Readonly<Record<string, string>> {
    const folders = ['readings', 'reference', 'raw'].map((name) =>
        prefixed(name, hashFiles(join(lake.root, name))),
    );
    // When a channel was last looked at is known to a run that was not killed only.
    const answered = listFiles(join(lake.root, 'state', 'coverage')).map((file) => [
        basename(file),
        JSON.stringify(JSON.parse(readFileSync(file, 'utf8')).answered),
    ]);
    return Object.assign({}, ...folders, Object.fromEntries(answered));
}

function prefixed(name: string, hashes: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(Object.entries(hashes).map(([file, hash]) => [join(name, file), hash]));
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
