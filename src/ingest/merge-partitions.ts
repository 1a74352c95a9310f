/**
 * Merges snapshots into partitions, in batches of bounded size, so that memory does not grow with the backlog.
 *
 * Every partition is written complete under `.staging`, counted, synced and renamed; then its snapshots move to the
 * archive. A kill at any point leaves snapshots in the inbox that are merged again with the same result.
 */
import pLimit from 'p-limit';
import { AppError, isAppError } from '../core/errors.ts';
import { sizeMaybe } from '../lake/files.ts';
import { partitionFile } from '../lake/layout.ts';
import { archivePath, byAge, type Snapshot } from '../lake/snapshots.ts';
import { type DuckDB, withDuckDB } from '../warehouse/duckdb.ts';
import { type Footer, mergeSnapshots, newestFetches, readFooters } from '../warehouse/merge.ts';
import type { LakeContext } from './context.ts';
import { linkOverlaps } from './overlaps.ts';
import { cutSnapshots, cutWork, type PartitionWork, type SizedSnapshot } from './partition-work.ts';
import { putInPlace } from './put-in-place.ts';
import { archivedFor, hasAllRaw, setDamagedAside, setFileAside, sizeSnapshots } from './raw.ts';
import type { Tally } from './tally.ts';
import { withdrawPatches } from './withdraw-patches.ts';

/** Enough for one batch; more would only make a small machine swap. */
const memoryLimit = '400MB';

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
    await withDuckDB({ memoryLimit, threads: 1, spillFolder: lake.paths.staging }, async (db) => {
        const connections: Connections = [db, await db.connect()];
        lake.progress.start(work.length, 'partitions');
        // The disk finishes one batch while the processor reads the next.
        let finishing = Promise.resolve();
        try {
            for (const batch of cutWork(work)) {
                const written = await mergeBatch(lake, connections, batch, tally, mode);
                await finishing;
                finishing = finishBatch(lake, batch, written, left, tally);
                // Its failure is met at the next await; until then it is no unhandled one.
                finishing.catch(() => undefined);
            }
        } finally {
            await finishing.finally(() => lake.progress.stop());
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
    const limit = pLimit(8);
    await Promise.all(written.map(({ merge }) => limit(() => putInPlace(lake, merge))));
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
    await archive(lake, batch, left, tally);
    lake.progress.step(batch.length);
}

/** One for each core of a small machine. */
type Connections = readonly [DuckDB, DuckDB];

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
    connections: Connections,
    batch: readonly PartitionWork[],
    tally: Tally,
    mode: 'merge' | 'rebuild',
): Promise<Written[]> {
    const merges = await decide(lake, connections[0], batch, mode, tally);
    // A rebuild from many snapshots may be larger than a batch: those go one by one, in slices.
    const big = merges.filter(({ snapshots }) => cutSnapshots(snapshots).length > 1);
    const small = merges.filter((merge) => !big.includes(merge));
    const written = [
        ...(await mergeTogether(lake, connections, small, tally)),
        ...(await inTurn(big, (merge) => mergeInSlices(lake, connections, merge, tally))),
    ];
    const checked = await checkWritten(connections, written);
    const coming = checked.map(({ merge }) => ({
        file: merge.target,
        channelId: merge.work.channelId,
        final: merge.final,
    }));
    await linkOverlaps(lake, connections[0], coming);
    await withdrawPatches(lake, connections[0], coming);
    return checked;
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
    for (const final of mode === 'merge' ? finals : []) {
        if ((await sizeMaybe(final)) !== undefined) present.add(final);
    }
    const newest = await newestFetches(db, [...present]);
    return inTurn([...batch.entries()], async ([index, work]) => {
        const final = finals[index] ?? '';
        const target = lake.files.temporary(`${work.channelId}-${work.partition.value}`);
        const rebuilt = mode === 'rebuild';
        const fresh = { work, final, target, base: undefined, snapshots: work.snapshots, rebuilt };
        if (!present.has(final)) return fresh;
        const base = newest.get(final);
        const oldest = work.snapshots[0]?.fetchedAt ?? 0;
        if (base !== undefined && base < oldest) return { ...fresh, base: final };
        if (base === undefined) {
            if (hasAllRaw(lake, work.partition)) {
                tally.warning(`${final} could not be read; it is made again from its raw snapshots`);
            } else await setFileAside(lake, final, work.channelId, work.partition, tally);
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
    connections: Connections,
    merges: readonly Merge[],
    tally: Tally,
): Promise<Merged[]> {
    const snapshots = distinct(merges.flatMap((merge) => merge.snapshots));
    const results = await mergeSnapshots(
        connections,
        merges.map(({ snapshots: mine, base, target, work }) => ({
            snapshots: mine,
            base,
            target,
            from: work.partition.from,
            to: work.partition.to,
        })),
        { fields: lake.manifest.fields, ...lake.manifest.parquet },
    ).catch(async (error: unknown) => {
        if (!isAppError(error, 'QUERY_INVALID', 'DATA_CORRUPT')) throw error;
        const good = new Set(await setDamagedAside(lake, snapshots, tally));
        if (good.size === snapshots.length) throw error;
        return undefined;
    });
    if (results === undefined) {
        const isThere = async (merge: Merge): Promise<Merge> => {
            const left = [];
            for (const snapshot of merge.snapshots) {
                if ((await sizeMaybe(snapshot.path)) !== undefined) left.push(snapshot);
            }
            return { ...merge, snapshots: left };
        };
        const rest = await inTurn(merges, isThere);
        return mergeTogether(
            lake,
            connections,
            rest.filter((merge) => merge.snapshots.length > 0),
            tally,
        );
    }
    return merges.flatMap((merge, index) => {
        const rows = results[index] ?? 0;
        return rows === 0 ? [] : [{ merge, rows }];
    });
}

/** Slice by slice, oldest first; each slice's result is the base of the next. Only the last becomes the partition. */
async function mergeInSlices(
    lake: LakeContext,
    connections: Connections,
    merge: Merge,
    tally: Tally,
): Promise<Merged | undefined> {
    let { base } = merge;
    let written: Merged | undefined;
    for (const snapshots of cutSnapshots(merge.snapshots)) {
        const target = lake.files.temporary(`${merge.work.channelId}-slice`);
        const slice = { ...merge, base, snapshots, target };
        const [result] = await mergeTogether(lake, connections, [slice], tally);
        if (result === undefined) continue;
        if (base !== undefined && base !== merge.base) await lake.files.remove(base);
        base = target;
        written = { ...result, merge: { ...merge, target } };
    }
    return written;
}

/** Compares each file's footer with what was written, before the file is put in its place. */
async function checkWritten([db]: Connections, merged: readonly Merged[]): Promise<Written[]> {
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

/** A snapshot may touch several partitions; it is archived when the last of them is written. */
function countUses(work: readonly PartitionWork[]): Map<string, number> {
    const uses = new Map<string, number>();
    for (const { snapshots } of work) {
        for (const { path } of snapshots) uses.set(path, (uses.get(path) ?? 0) + 1);
    }
    return uses;
}

async function archive(
    lake: LakeContext,
    batch: readonly PartitionWork[],
    left: Map<string, number>,
    tally: Tally,
): Promise<void> {
    const done = batch
        .flatMap(({ snapshots }) => snapshots)
        .filter(({ path }) => {
            const uses = (left.get(path) ?? 1) - 1;
            left.set(path, uses);
            return uses === 0;
        });
    const limit = pLimit(8);
    await Promise.all(done.map((snapshot) => limit(() => moveToArchive(lake, snapshot, tally))));
}

async function moveToArchive(lake: LakeContext, snapshot: Snapshot, tally: Tally): Promise<void> {
    const kept = archivePath(lake.paths, snapshot);
    if (snapshot.path === kept) return;
    // A damaged one was set aside and is no longer there.
    if ((await sizeMaybe(snapshot.path)) === undefined) return;
    await lake.files.move(snapshot.path, kept);
    tally.snapshot();
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R | undefined>): Promise<R[]> {
    const results: R[] = [];
    for (const item of items) {
        const result = await work(item);
        if (result !== undefined) results.push(result);
    }
    return results;
}
