/** Moves snapshots from the inbox to the archive once every partition they touch is written. */
import { together } from '../core/together.ts';
import { sizeMaybe } from '../lake/files.ts';
import { archivePath, type Snapshot } from '../lake/snapshots.ts';
import type { LakeContext } from './context.ts';
import type { PartitionWork } from './partition-work.ts';
import type { Tally } from './tally.ts';

/** A snapshot may touch several partitions; it is archived when the last of them is written. */
export function countUses(work: readonly PartitionWork[]): Map<string, number> {
    const uses = new Map<string, number>();
    for (const { snapshots } of work) {
        for (const { path } of snapshots) uses.set(path, (uses.get(path) ?? 0) + 1);
    }
    return uses;
}

/** Moves the snapshots of a finished batch that no later one needs. */
export async function archiveSnapshots(
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
    await together(done, 8, (snapshot) => moveToArchive(lake, snapshot, tally));
}

async function moveToArchive(lake: LakeContext, snapshot: Snapshot, tally: Tally): Promise<void> {
    if (!snapshot.path.startsWith(lake.paths.inbox)) return;
    const kept = archivePath(lake.paths, snapshot);
    // A damaged one was set aside and is no longer there.
    if ((await sizeMaybe(snapshot.path)) === undefined) return;
    await lake.files.move(snapshot.path, kept);
    tally.snapshot();
}
