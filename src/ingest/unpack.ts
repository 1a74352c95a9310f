/** What a merge reads: packed snapshots as files of their own, and nothing that is damaged in the archive. */
import pLimit from 'p-limit';
import { isAppError, messageOf } from '../core/errors.ts';
import { sizeMaybe } from '../lake/files.ts';
import { readSnapshotBytes, type Snapshot } from '../lake/snapshots.ts';
import type { DuckDB } from '../warehouse/duckdb.ts';
import { newestFetches } from '../warehouse/merge.ts';
import type { LakeContext } from './context.ts';
import type { PartitionWork, SizedSnapshot } from './partition-work.ts';
import { damagedInArchive, findDamage, setFileAside } from './raw.ts';
import type { Tally } from './tally.ts';

/** As much of a merge as unpacking needs. */
interface Unpackable {
    readonly work: PartitionWork;
    readonly final: string;
    readonly snapshots: readonly SizedSnapshot[];
}

/**
 * The merge with every snapshot in a file that holds it alone: packed ones are written out under `.staging`. Throws
 * DATA_CORRUPT for one whose bytes are not those of its hash.
 */
export async function unpackMerge<M extends Unpackable>(lake: LakeContext, merge: M): Promise<M> {
    const limit = pLimit(8);
    const unpack = async (snapshot: SizedSnapshot): Promise<SizedSnapshot> => {
        const { packed, ...alone } = snapshot;
        if (packed === undefined) return snapshot;
        const bytes = await readSnapshotBytes(lake.paths, snapshot).catch((error: unknown) => {
            throw damagedInArchive(lake, snapshot, messageOf(error));
        });
        return { ...alone, path: await lake.files.scratch(snapshot.file, bytes) };
    };
    const snapshots = await Promise.all(merge.snapshots.map((snapshot) => limit(() => unpack(snapshot))));
    return { ...merge, snapshots };
}

/**
 * The same for a compaction: a partition that must be made again from raw that is damaged is left as it is, or set aside
 * when it cannot be read, and counts as failed; its new snapshots wait on. Undefined then.
 */
export async function unpackSound<M extends Unpackable>(
    lake: LakeContext,
    db: DuckDB,
    merge: M,
    tally: Tally,
): Promise<M | undefined> {
    const { channelId, partition } = merge.work;
    try {
        for (const snapshot of merge.snapshots) {
            if (snapshot.path.startsWith(lake.paths.inbox)) continue;
            const problem = await findDamage(lake, snapshot);
            if (problem !== undefined) throw damagedInArchive(lake, snapshot, problem);
        }
        return await unpackMerge(lake, merge);
    } catch (error) {
        if (!isAppError(error, 'DATA_CORRUPT')) throw error;
        tally.failure(channelId, '', error.code, `${partition.value} was left as it was: ${error.message}`);
        const isThere = (await sizeMaybe(merge.final)) !== undefined;
        if (isThere && (await newestFetches(db, [merge.final])).size === 0) {
            await setFileAside(lake, merge.final, merge.work, 'its raw snapshots are damaged', tally);
        }
        return undefined;
    }
}

/** Removes what was written out for a merge; a merge of thousands must not fill the disk. */
export async function removeUnpacked(lake: LakeContext, snapshots: readonly Snapshot[]): Promise<void> {
    const files = snapshots.filter(({ path }) => path.startsWith(lake.paths.staging));
    const limit = pLimit(8);
    await Promise.all(files.map(({ path }) => limit(() => lake.files.remove(path))));
}
