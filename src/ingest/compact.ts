/** Compaction: the snapshots of the inbox are merged into the partitions they touch, and into no others. */
import { listInbox } from '../lake/snapshots.ts';
import type { LakeContext } from './context.ts';
import { coverInbox } from './cover-inbox.ts';
import { mergeAll } from './merge-partitions.ts';
import { groupByPartition } from './partition-work.ts';
import { publish } from './publish.ts';
import { setStrangersAside, sizeSnapshots } from './raw.ts';
import type { RunSummary } from './summary.ts';
import { type Tally, withRun } from './tally.ts';

export async function compact(lake: LakeContext): Promise<RunSummary> {
    return withRun(lake, {}, async (tally) => {
        await compactInto(lake, tally);
        await publish(lake);
    });
}

/** The body of a compaction, counted into the tally of the run it is part of. */
export async function compactInto(lake: LakeContext, tally: Tally): Promise<void> {
    const { snapshots, strangers } = await listInbox(lake.paths);
    await setStrangersAside(lake, strangers, tally);
    await coverInbox(lake, snapshots);
    const sized = await sizeSnapshots(snapshots);
    await mergeAll(lake, groupByPartition(sized, lake.manifest.granularity), tally, 'merge');
}
