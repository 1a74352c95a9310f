/** Raw snapshots as compaction and rebuild need them: sized, found by partition, set aside when damaged. */
import { open } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import pLimit from 'p-limit';
import { AppError, messageOf } from '../core/errors.ts';
import { readCoverage, withoutAnswer, writeCoverage } from '../lake/coverage.ts';
import { listFolder } from '../lake/files.ts';
import { archiveFolder } from '../lake/layout.ts';
import { parseSnapshot } from '../lake/snapshot-text.ts';
import { archivePath, listArchive, readSnapshotText, type Snapshot } from '../lake/snapshots.ts';
import { type Partition, parsePartition, partitionsOf } from '../model/time.ts';
import { withDuckDB } from '../warehouse/duckdb.ts';
import type { LakeContext } from './context.ts';
import { type SizedSnapshot, touchedPartitions } from './partition-work.ts';
import type { Tally } from './tally.ts';
import { findUnreadable } from './unreadable.ts';

/** The snapshots with the size of the text in them, from the last four bytes of the gzip file. */
export async function sizeSnapshots(snapshots: readonly Snapshot[]): Promise<SizedSnapshot[]> {
    // All at once, a long backlog would run out of file handles.
    const limit = pLimit(32);
    return Promise.all(
        snapshots.map((snapshot) =>
            limit(async () => ({
                ...snapshot,
                textBytes: snapshot.packed?.textBytes ?? (await readTextSize(snapshot.path)),
            })),
        ),
    );
}

async function readTextSize(path: string): Promise<number> {
    const handle = await open(path, 'r');
    try {
        const { size } = await handle.stat();
        const trailer = Buffer.alloc(4);
        if (size >= 18) await handle.read(trailer, 0, 4, size - 4);
        // A damaged trailer may claim gigabytes; gzip never shrinks text more than a thousandfold.
        return Math.min(trailer.readUInt32LE(0), size * 1032);
    } finally {
        await handle.close();
    }
}

/** The archived snapshots with a bucket in the partition, oldest answer first. */
export async function archivedFor(
    lake: LakeContext,
    channelId: string,
    partition: Partition,
): Promise<Snapshot[]> {
    const all = await listArchive(lake.paths, channelId, partition);
    return all.filter((snapshot) =>
        touchedPartitions(snapshot, partition.granularity).some(({ value }) => value === partition.value),
    );
}

/**
 * What is archived for a partition whose file is not there: a lost file must not come back with the newest readings
 * alone. Only the folders of its own months are looked at, so that a new partition costs next to nothing.
 */
export async function archivedForLost(
    lake: LakeContext,
    channelId: string,
    partition: Partition,
): Promise<Snapshot[]> {
    for (const { value } of partitionsOf(partition, 'month')) {
        const folder = archiveFolder(lake.paths, channelId, value);
        if ((await listFolder(folder)).length > 0) return archivedFor(lake, channelId, partition);
    }
    return [];
}

/**
 * Sets the unreadable ones among waiting snapshots aside, with the reason beside them, and returns the others. An
 * archived snapshot that is damaged is an error: its readings are part of the lake and must not be dropped.
 */
export async function setDamagedAside(
    lake: LakeContext,
    snapshots: readonly SizedSnapshot[],
    tally: Tally,
): Promise<SizedSnapshot[]> {
    return withDuckDB({ threads: 1, memoryLimit: '400MB' }, async (db) => {
        const good: SizedSnapshot[] = [];
        for (const snapshot of snapshots) {
            const problem = (await findDamage(lake, snapshot)) ?? (await findUnreadable(lake, db, snapshot));
            if (problem === undefined) good.push(snapshot);
            else await setSnapshotAside(lake, snapshot, problem, tally);
        }
        return good;
    });
}

async function setSnapshotAside(
    lake: LakeContext,
    snapshot: SizedSnapshot,
    problem: string,
    tally: Tally,
): Promise<void> {
    if (!snapshot.path.startsWith(lake.paths.inbox)) {
        throw damagedInArchive(lake, snapshot, problem);
    }
    await setAside(lake, snapshot.path, `damaged snapshot: ${problem}`);
    tally.failure(snapshot.channelId, '', 'DATA_CORRUPT', `${snapshot.file}: ${problem}`);
    // Its readings are not in the lake: the next run asks for them again.
    const { channelId, resolution } = snapshot;
    const coverage = await readCoverage(lake.paths, channelId, []);
    await writeCoverage(lake.files, lake.paths, channelId, withoutAnswer(coverage, resolution, snapshot));
}

/** Files in the inbox that are no snapshots. */
export async function setStrangersAside(
    lake: LakeContext,
    strangers: readonly string[],
    tally: Tally,
): Promise<void> {
    for (const path of strangers) {
        await setAside(lake, path, 'not a snapshot: the name is not of the form the lake writes');
        tally.failure('', basename(path), 'DATA_CORRUPT', `${basename(path)} in the inbox is not a snapshot`);
    }
}

/** False when `retention` removed raw snapshots of the partition: what they held stands in its file alone. */
export function hasAllRaw(lake: LakeContext, partition: Partition): boolean {
    const keptFrom = parsePartition(lake.manifest.rawKeptFrom ?? '1970-01', 'month')?.from ?? 0;
    return partition.from >= keptFrom;
}

/**
 * Sets a data file aside that can neither be read nor made again, `because` its raw is gone or damaged: it may be
 * mended, nothing else holds its readings, and in its place it would stop every question.
 */
export async function setFileAside(
    lake: LakeContext,
    file: string,
    { channelId, partition }: { readonly channelId: string; readonly partition: Partition },
    because: string,
    tally: Tally,
): Promise<void> {
    const name = `${channelId}_${partition.value}_${lake.journal.run}_readings.parquet`;
    const reason = `${file} could not be read, and ${because}: its readings are in quarantine as ${name}`;
    await setAside(lake, file, reason, name);
    tally.failure(channelId, '', 'DATA_CORRUPT', reason);
}

/** Moves a file into quarantine, its reason beside it, and tells journal and log. */
export async function setAside(
    lake: LakeContext,
    path: string,
    reason: string,
    name: string = basename(path),
): Promise<void> {
    const folder = join(lake.paths.quarantine, new Date(lake.runtime.now()).toISOString().slice(0, 7));
    const kept = join(folder, name);
    await lake.files.write(`${kept}.reason.json`, `${JSON.stringify({ reason, from: path }, null, 4)}\n`);
    await lake.files.move(path, kept);
    await lake.journal.write({ event: 'warning', message: reason, file: basename(path) });
    lake.log.warn('file_set_aside', { file: basename(path), reason }, `${basename(path)}: ${reason}`);
}

/** Why a snapshot cannot be used; undefined for a good one. */
export async function findDamage(lake: LakeContext, snapshot: Snapshot): Promise<string | undefined> {
    try {
        parseSnapshot(await readSnapshotText(lake.paths, snapshot));
        return undefined;
    } catch (error) {
        return messageOf(error);
    }
}

/** What is in the archive is part of the lake: it is never dropped silently. */
export function damagedInArchive(lake: LakeContext, snapshot: Snapshot, problem: string): AppError {
    const pack = snapshot.packed === undefined ? '' : ` in the pack of its month`;
    return new AppError('DATA_CORRUPT', `the raw snapshot ${snapshot.file}${pack} is damaged: ${problem}`, {
        hint: 'Restore it from a backup; or fetch the span again with --refetch, then run `eniscope-lake repair --damaged-raw`.',
        details: { file: relative(lake.paths.root, archivePath(lake.paths, snapshot)) },
    });
}
