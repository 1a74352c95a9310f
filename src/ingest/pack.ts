/**
 * Packs the raw archive: the snapshots of a closed month become one file a channel, so that years of hourly runs stay a
 * bounded number of files. The pack is complete and in its place before a snapshot's own file is removed; a kill
 * leaves some snapshots in both, where they count once, and the next packing ends what was begun.
 */
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import pLimit from 'p-limit';
import { isAppError } from '../core/errors.ts';
import { listFolder, readMaybe, sizeMaybe } from '../lake/files.ts';
import { archiveFolder, packFile, parseArchiveMonth } from '../lake/layout.ts';
import { type PackMember, readMember, readPack, writePack } from '../lake/packs.ts';
import { listArchivedChannels, readArchiveFolder, type Snapshot } from '../lake/snapshots.ts';
import { daySeconds, parsePartition } from '../model/time.ts';
import type { LakeContext } from './context.ts';

export interface PackOptions {
    /** A month is packed when it has been over for so long, and none of its snapshots is younger. */
    readonly restDays: number;
    /** Snapshots to pack before the run ends; the rest waits for the next one. */
    readonly most: number;
}

export interface PackResult {
    readonly packs: number;
    readonly snapshots: number;
    /** Months that are due and were left for the next run. */
    readonly left: number;
    readonly warnings: readonly string[];
}

/** So many files of their own are packed even while more may come. */
const manyFiles = 100;

/** What `sync` packs in one run: some seconds of work. */
const mostPerRun = 20_000;

/** Looks for closed months once a day; a run that left some behind is followed by one that looks again. */
export async function packDaily(lake: LakeContext, restDays: number): Promise<PackResult | undefined> {
    const marker = join(lake.paths.state, 'packed.json');
    const now = lake.runtime.now();
    const looked = Date.parse(/"looked_at":"([^"]*)"/.exec((await readMaybe(marker)) ?? '')?.[1] ?? '');
    if (now >= looked && now - looked < daySeconds * 1000) return undefined;
    const done = await packArchive(lake, { restDays, most: mostPerRun });
    if (done.left === 0) {
        await lake.files.write(marker, `${JSON.stringify({ looked_at: new Date(now).toISOString() })}\n`);
    }
    return done;
}

/** Packs the months that are due, channel by channel. */
export async function packArchive(lake: LakeContext, options: PackOptions): Promise<PackResult> {
    const now = lake.runtime.now() / 1000;
    const warnings: string[] = [];
    const count = { packs: 0, snapshots: 0, left: 0 };
    for (const channelId of await listArchivedChannels(lake.paths)) {
        for (const name of await listFolder(archiveFolder(lake.paths, channelId))) {
            const month = parseArchiveMonth(name);
            if (month === undefined) continue;
            const folder = archiveFolder(lake.paths, channelId, month);
            const loose = await findDue(folder, month, now, options.restDays);
            if (loose.length === 0) continue;
            if (count.snapshots >= options.most) {
                count.left += 1;
                continue;
            }
            const packed = await packMonth(lake, folder, loose, warnings);
            count.snapshots += packed;
            if (packed > 0) count.packs += 1;
        }
    }
    if (count.packs > 0) await lake.journal.write({ event: 'packed', ...count });
    await lake.journal.write(...warnings.map((message) => ({ event: 'warning' as const, message })));
    return { ...count, warnings };
}

/** The snapshots of a month that are to join its pack; none when it is not closed, or all lie in one file already. */
async function findDue(
    folder: string,
    month: string,
    now: number,
    restDays: number,
): Promise<readonly Snapshot[]> {
    const rested = now - restDays * daySeconds;
    if ((parsePartition(month, 'month')?.to ?? now) > rested) return [];
    const { snapshots } = await readArchiveFolder(folder);
    const hasPack = (await sizeMaybe(packFile(folder))) !== undefined;
    if (snapshots.length + (hasPack ? 1 : 0) < 2) return [];
    const newest = snapshots.at(-1)?.fetchedAt ?? 0;
    return newest / 1000 <= rested || snapshots.length >= manyFiles ? snapshots : [];
}

/** Packs these snapshots and removes their own files. Returns how many. What is damaged stays as it is. */
async function packMonth(
    lake: LakeContext,
    folder: string,
    loose: readonly Snapshot[],
    warnings: string[],
): Promise<number> {
    const before = await readPack(folder);
    const where = relative(lake.paths.root, folder);
    if (before !== undefined && before.gaps.length > 0) {
        warnings.push(`${where} was not packed: its pack is damaged; \`eniscope-lake verify\` tells where`);
        return 0;
    }
    const packed = new Map(before?.members.map((member) => [member.file, member]));
    let added: readonly Snapshot[] = loose.filter(({ file }) => !packed.has(file));
    const doubles: Snapshot[] = [];
    for (const snapshot of loose) {
        const member = packed.get(snapshot.file);
        if (before === undefined || member === undefined) continue;
        if (await isSame(before.path, member, snapshot.path)) doubles.push(snapshot);
        else warnings.push(`${where}/${snapshot.file} differs from the snapshot of that name in its pack`);
    }
    while (added.length > 0 || before?.isIndexed === false) {
        const sources = added.map(({ file, path }) => ({ file, read: () => readFile(path) }));
        const damaged = await writePack(lake.files, folder, before, sources).then(
            () => undefined,
            (error: unknown) => {
                if (!isAppError(error, 'DATA_CORRUPT')) throw error;
                warnings.push(`${error.message}; it was not packed`);
                return error.details.file;
            },
        );
        if (damaged === undefined) break;
        added = added.filter(({ file }) => file !== damaged);
    }
    const done = [...added, ...doubles];
    const limit = pLimit(8);
    await Promise.all(done.map(({ path }) => limit(() => lake.files.remove(path))));
    return done.length;
}

/** False also when the packed one is damaged: then the file of its own is the one to keep. */
async function isSame(pack: string, member: PackMember, path: string): Promise<boolean> {
    try {
        return (await readMember(pack, member)).equals(await readFile(path));
    } catch {
        // Told by the caller as a difference.
        return false;
    }
}
