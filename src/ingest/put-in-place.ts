/** Puts a merged partition in its place, and notes what it changed there. */
import { fileMark } from '../lake/partitions.ts';
import type { LakeContext } from './context.ts';
import type { PartitionWork } from './partition-work.ts';

export interface FinishedMerge {
    readonly work: PartitionWork;
    readonly target: string;
    readonly final: string;
    /** Made from raw from the ground up: any of its rows may differ. */
    readonly rebuilt: boolean;
    readonly snapshots: PartitionWork['snapshots'];
}

export async function putInPlace(lake: LakeContext, merge: FinishedMerge): Promise<void> {
    const { work, target, final, rebuilt, snapshots } = merge;
    const before = fileMark(final)?.mark;
    await lake.files.replace(target, final);
    const { from, to } = work.partition;
    // A bucket may begin before the span that was asked for, and end after it.
    const starts = snapshots.map((snapshot) => snapshot.from - snapshot.answered);
    const ends = snapshots.map((snapshot) => snapshot.to + snapshot.answered);
    const span = rebuilt
        ? { from, to }
        : { from: Math.max(from, Math.min(...starts)), to: Math.min(to, Math.max(...ends)) };
    lake.written.note(final, before, fileMark(final)?.mark ?? '', span);
}
