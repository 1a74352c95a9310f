/** What must hold of a lake whose sync was cut short: whole tables of before or after, and the same end as without. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import type { FileJudge } from '../support/file-judge.ts';
import { hashFiles, listFiles } from '../support/lake-fixture.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { CrashLake } from './crash-site.ts';

/** The tables as digests of their rows: partitions and reference lists. */
type Tables = Readonly<Record<string, string>>;

/** What a sync that nobody disturbed leads from and to. */
export interface Calm {
    readonly before: Tables;
    readonly after: Tables;
    /** Bytes at the end, of all that must not depend on what happened on the way. */
    readonly hashes: Readonly<Record<string, string>>;
    /** The name of each point of the sync, in order. */
    readonly points: readonly string[];
    readonly durationMs: number;
}

export async function runCalm(judge: FileJudge, lake: CrashLake | undefined): Promise<Calm> {
    if (lake === undefined) throw new Error('no lake');
    const before = await readTables(judge, lake);
    const trace = join(tempFolder(), 'trace');
    const started = performance.now();
    const { code, stderr } = await lake.sync({ trace });
    expect(code, stderr).toBe(0);
    const durationMs = performance.now() - started;
    const after = await readTables(judge, lake);
    // There is something to lose and something to gain.
    expect(Object.keys(before).filter((file) => before[file] !== after[file]).length).toBeGreaterThan(3);
    expect(Object.keys(after).length).toBeGreaterThan(Object.keys(before).length);
    const points = readFileSync(trace, 'utf8').trimEnd().split('\n');
    return { before, after, hashes: hashKept(lake), points, durationMs };
}

/** Every table is readable and has the rows of before or of after: none lost, none doubled, none invented. */
export async function expectWhole(
    judge: FileJudge,
    lake: CrashLake,
    calm: Calm,
    place: string,
): Promise<void> {
    const tables = await readTables(judge, lake);
    expect(Object.keys(tables), place).toEqual(expect.arrayContaining(Object.keys(calm.before)));
    for (const [file, digest] of Object.entries(tables)) {
        // Estimates are withdrawn before what was measured takes their place, and are then neither.
        if (file === 'grid_patches.parquet') continue;
        expect([calm.before[file], calm.after[file]], `${place}: ${file}`).toContain(digest);
    }
    const stored = Object.entries(tables).filter(([file]) => file.startsWith('channel_id='));
    const rows = stored.reduce((sum, [, digest]) => sum + Number.parseInt(digest, 10), 0);
    expect(await lake.countByCatalog(), place).toEqual({ rows, keys: rows });
    for (const file of listFiles(join(lake.root, 'raw'))) {
        JSON.parse(gunzipSync(readFileSync(file)).toString());
    }
}

/** After a sync that came to its end: sound, complete, and in every byte what an undisturbed one leaves. */
export async function expectMended(lake: CrashLake, calm: Calm, place: string): Promise<void> {
    expect(await lake.verify(), place).toEqual([]);
    expect(hashKept(lake), place).toEqual(calm.hashes);
    expect(readdirSync(join(lake.root, 'raw', 'inbox')), place).toEqual([]);
    expect(readdirSync(join(lake.root, '.staging')), place).toEqual([]);
}

async function readTables(judge: FileJudge, lake: CrashLake): Promise<Tables> {
    const [readings, reference] = [join(lake.root, 'readings'), join(lake.root, 'reference')];
    return { ...(await judge.digests(readings)), ...(await judge.digests(reference)) };
}

/** The bytes of all that has one right form at the end: data, reference lists, raw answers; and what counts as asked. */
function hashKept(lake: CrashLake): Readonly<Record<string, string>> {
    const folders = ['readings', 'reference', 'raw'].map((name) =>
        Object.fromEntries(
            Object.entries(hashFiles(join(lake.root, name))).map(([file, hash]) => [join(name, file), hash]),
        ),
    );
    // When a channel was last looked at is known only to a run that came to its end.
    const answered = listFiles(join(lake.root, 'state', 'coverage')).map((file) => [
        basename(file),
        JSON.stringify(JSON.parse(readFileSync(file, 'utf8')).answered),
    ]);
    return Object.assign({}, ...folders, Object.fromEntries(answered));
}
