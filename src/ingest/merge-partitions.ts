/**
 * Merges snapshots into partitions, in batches of bounded size, so that memory does not grow with the backlog.
 *
 * Every partition is written complete under `.staging`, counted, synced and renamed; then its snapshots move to the
 * archive. A kill at any point leaves snapshots in the inbox that are merged again with the same result.
 */
import pLimit from 'p-limit';
import { AppError, isAppError } from '../core/errors.ts';
import { together } from '../core/together.ts';
import { sizeMaybe } from '../lake/files.ts';
import { partitionFile } from '../lake/layout.ts';
import { byAge, type Snapshot } from '../lake/snapshots.ts';
import type { DuckDB } from '../warehouse/duckdb.ts';
import { type Footer, newestFetches, readFooters } from '../warehouse/merge.ts';
import { type PartitionWriter, withPartitionWriter } from '../warehouse/partition-writer.ts';
import { archiveSnapshots, countUses } from './archive-snapshots.ts';
import { findChanged } from './checksums.ts';
import type { LakeContext } from './context.ts';
import { linkOverlaps } from './overlaps.ts';
import { cutSnapshots, cutWork, type PartitionWork, type SizedSnapshot } from './partition-work.ts';
import { putPartitions } from './put-partitions.ts';
import {
    archivedFor,
    archivedForLost,
    hasAllRaw,
    setDamagedAside,
    setFileAside,
    sizeSnapshots,
} from './raw.ts';
import type { Tally } from './tally.ts';
import { removeUnpacked, unpackMerge, unpackSound } from './unpack.ts';
import { withdrawPatches } from './withdraw-patches.ts';

/** Enough for what is written at once; more would only make a small machine swap. */
const memoryLimit = '400MB';
/** One more than a small machine has cores: while a connection waits for its next work, the others use them. */
const connections = 3;
/** One is put in its place and one runs dry while the next is begun. */
const batchesAtOnce = 3;

/**
 * Merges the work into its partitions. `rebuild` starts each partition from nothing; `merge` starts from the file that
 * is there, or from all of its raw snapshots when one of the new ones is older than what the file already holds.
 */
export async function mergeAll(
    lake: LakeContext,
    work: readonly PartitionWork[],
    tally: Tally,
    mode: 'merge' | 'rebuild',
): Promise<void> {
    if (work.length === 0) return;
    const left = countUses(work);
    const format = { fields: lake.manifest.fields, ...lake.manifest.parquet };
    const stagingFolder = lake.paths.staging;
    await withPartitionWriter({ format, stagingFolder, memoryLimit, connections }, async (writer) => {
        lake.progress.start(work.length, 'partitions');
        try {
            await together(cutWork(work), batchesAtOnce, async (batch) => {
                const { merged, written } = await mergeBatch(lake, writer, batch, tally, mode);
                await finishBatch(lake, merged, written, left, tally);
            });
        } finally {
            lake.progress.stop();
        }
    });
}

/** Puts the written partitions in their places, notes them, and moves their snapshots to the archive. */
async function finishBatch(
    lake: LakeContext,
    batch: readonly PartitionWork[],
    written: readonly Written[],
    left: Map<string, number>,
    tally: Tally,
): Promise<void> {
    await putPartitions(
        lake,
        written.map(({ merge }) => merge),
    );
    for (const { rows, bytes } of written) tally.partition(rows, bytes);
    await lake.journal.write(
        ...written.map(({ merge, rows, bytes }) => ({
            event: 'partition' as const,
            channel_id: merge.work.channelId,
            partition: merge.work.partition.value,
            snapshots: merge.snapshots.length,
            rows,
            bytes,
            rebuilt: merge.rebuilt,
        })),
    );
    await archiveSnapshots(lake, batch, left, tally);
    lake.progress.step(batch.length);
}

interface Merge {
    readonly work: PartitionWork;
    readonly final: string;
    readonly target: string;
    readonly base: string | undefined;
    readonly snapshots: readonly SizedSnapshot[];
    readonly rebuilt: boolean;
}

/** Writes every partition of the batch complete under `.staging`, and counts what is in it. */
async function mergeBatch(
    lake: LakeContext,
    writer: PartitionWriter,
    batch: readonly PartitionWork[],
    tally: Tally,
    mode: 'merge' | 'rebuild',
): Promise<{ readonly merged: PartitionWork[]; readonly written: Written[] }> {
    const decided = await decide(lake, writer.db, batch, mode, tally);
    const merges = await inTurn(decided, (merge) =>
        mode === 'merge' ? unpackSound(lake, writer.db, merge, tally) : unpackMerge(lake, merge),
    );
    // A rebuild from many snapshots may be larger than a batch: those go one by one, in slices.
    const big = merges.filter(({ snapshots }) => cutSnapshots(snapshots).length > 1);
    const small = merges.filter((merge) => !big.includes(merge));
    const written = [
        ...(await mergeTogether(lake, writer, small, tally)),
        ...(await inTurn(big, (merge) => mergeInSlices(lake, writer, merge, tally))),
    ];
    await removeUnpacked(
        lake,
        merges.flatMap(({ snapshots }) => snapshots),
    );
    const checked = await checkWritten(writer.db, written);
    const coming = checked.map(({ merge }) => ({
        file: merge.target,
        channelId: merge.work.channelId,
        final: merge.final,
    }));
    await linkOverlaps(lake, writer.db, coming);
    await withdrawPatches(lake, writer.db, coming);
    return { merged: merges.map(({ work }) => work), written: checked };
}

/** What each partition is merged from. */
async function decide(
    lake: LakeContext,
    db: DuckDB,
    batch: readonly PartitionWork[],
    mode: 'merge' | 'rebuild',
    tally: Tally,
): Promise<Merge[]> {
    const finals = batch.map(({ channelId, partition }) => partitionFile(lake.paths, channelId, partition));
    const present = new Set<string>();
    const look = async (final: string): Promise<void> => {
        if ((await sizeMaybe(final)) !== undefined) present.add(final);
    };
    if (mode === 'merge') await Promise.all(finals.map(look));
    const restorable = batch.flatMap(({ partition }, index) =>
        hasAllRaw(lake, partition) ? (finals[index] ?? []) : [],
    );
    const changed = await findChanged(
        lake,
        restorable.filter((final) => present.has(final)),
    );
    const newest = await newestFetches(
        db,
        [...present].filter((final) => !changed.has(final)),
    );
    return inTurn([...batch.entries()], async ([index, work]) => {
        const final = finals[index] ?? '';
        const target = lake.files.temporary(`${work.channelId}-${work.partition.value}`);
        const rebuilt = mode === 'rebuild';
        const fresh = { work, final, target, base: undefined, snapshots: work.snapshots, rebuilt };
        if (!present.has(final)) {
            const archived =
                mode === 'merge' ? await archivedForLost(lake, work.channelId, work.partition) : [];
            if (archived.length === 0) return fresh;
            const snapshots = await sizeSnapshots(distinct([...archived, ...work.snapshots]));
            return { ...fresh, snapshots, rebuilt: true };
        }
        const base = newest.get(final);
        const oldest = work.snapshots[0]?.fetchedAt ?? 0;
        if (base !== undefined && base < oldest) return { ...fresh, base: final };
        if (base === undefined) {
            if (hasAllRaw(lake, work.partition)) {
                tally.warning(`${final} is damaged; it is made again from its raw snapshots`);
            } else await setFileAside(lake, final, work, 'retention removed its raw snapshots', tally);
        }
        const archived = await archivedFor(lake, work.channelId, work.partition);
        const snapshots = await sizeSnapshots(distinct([...archived, ...work.snapshots]));
        const keepsBase = base !== undefined && lake.manifest.rawKeptFrom !== undefined;
        return { ...fresh, base: keepsBase ? final : undefined, snapshots, rebuilt: true };
    });
}

function distinct<T extends Snapshot>(snapshots: readonly T[]): T[] {
    return [...new Map(snapshots.map((snapshot) => [snapshot.file, snapshot])).values()].sort(byAge);
}

interface Merged {
    readonly merge: Merge;
    readonly rows: number;
}

interface Written extends Merged, Footer {}

/** Merges side by side. When a snapshot cannot be read, it is set aside and the rest is merged without it. */
async function mergeTogether(
    lake: LakeContext,
    writer: PartitionWriter,
    merges: readonly Merge[],
    tally: Tally,
): Promise<Merged[]> {
    const tasks = merges.map(({ snapshots, base, target, work }) => ({
        snapshots,
        base,
        target,
        from: work.partition.from,
        to: work.partition.to,
    }));
    try {
        const results = await writer.write(tasks);
        return merges.flatMap((merge, index) => {
            const rows = results[index] ?? 0;
            return rows === 0 ? [] : [{ merge, rows }];
        });
    } catch (error) {
        const rest = await mending(() => withoutDamaged(lake, merges, tally, error));
        return mergeTogether(lake, writer, rest, tally);
    }
}

/** Two batches may share a damaged snapshot: one sets it aside, and then the other finds it gone. */
const mending = pLimit(1);

/** What can still be merged of that which failed; throws the failure again when no snapshot is to blame. */
async function withoutDamaged(
    lake: LakeContext,
    merges: readonly Merge[],
    tally: Tally,
    failure: unknown,
): Promise<Merge[]> {
    const all = distinct(merges.flatMap(({ snapshots }) => snapshots));
    const there = await inTurn(all, async (snapshot) =>
        (await sizeMaybe(snapshot.path)) === undefined ? undefined : snapshot,
    );
    const mayBeDamaged = isAppError(failure, 'QUERY_INVALID', 'DATA_CORRUPT');
    const good = mayBeDamaged ? await setDamagedAside(lake, there, tally) : there;
    if (good.length === all.length) throw failure;
    const paths = new Set(good.map(({ path }) => path));
    return merges
        .map((merge) => ({ ...merge, snapshots: merge.snapshots.filter(({ path }) => paths.has(path)) }))
        .filter(({ snapshots }) => snapshots.length > 0);
}

/** Slice by slice, oldest first; each slice's result is the base of the next. Only the last becomes the partition. */
async function mergeInSlices(
    lake: LakeContext,
    writer: PartitionWriter,
    merge: Merge,
    tally: Tally,
): Promise<Merged | undefined> {
    let { base } = merge;
    let written: Merged | undefined;
    for (const snapshots of cutSnapshots(merge.snapshots)) {
        const target = lake.files.temporary(`${merge.work.channelId}-slice`);
        const slice = { ...merge, base, snapshots, target };
        const [result] = await mergeTogether(lake, writer, [slice], tally);
        if (result === undefined) continue;
        if (base !== undefined && base !== merge.base) await lake.files.remove(base);
        base = target;
        written = { ...result, merge: { ...merge, target } };
    }
    return written;
}

/** Compares each file's footer with what was written, before the file is put in its place. */
async function checkWritten(db: DuckDB, merged: readonly Merged[]): Promise<Written[]> {
    const footers = await readFooters(
        db,
        merged.map(({ merge }) => merge.target),
    );
    return merged.map(({ merge, rows }) => {
        const footer = footers.get(merge.target);
        if (footer?.rows === rows) return { merge, ...footer };
        throw new AppError(
            'DATA_CORRUPT',
            `${merge.target} holds ${footer?.rows ?? 'no'} rows after writing ${rows}; the partition was left as it was`,
            { hint: 'Check the disk; run the command again.' },
        );
    });
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R | undefined>): Promise<R[]> {
    const results: R[] = [];
    for (const item of items) {
        const result = await work(item);
        if (result !== undefined) results.push(result);
    }
    return results;
}
