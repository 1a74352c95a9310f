/** Puts merged partitions in their places, and notes for the derived tables where their rows may have changed. */
import { fileMark } from '../lake/partitions.ts';
import type { Snapshot } from '../lake/snapshots.ts';
import type { Span } from '../model/time.ts';
import type { LakeContext } from './context.ts';
import type { PartitionWork } from './partition-work.ts';
import { putFiles } from './put-files.ts';

/** A partition that is written complete at `target`. */
interface Merge {
    readonly work: PartitionWork;
    readonly target: string;
    readonly final: string;
    readonly snapshots: readonly Snapshot[];
    readonly rebuilt: boolean;
}

export async function putPartitions(lake: LakeContext, merges: readonly Merge[]): Promise<void> {
    const before = merges.map(({ final }) => fileMark(final)?.mark);
    await putFiles(
        lake,
        merges.map(({ target, final }) => ({ temporary: target, final })),
    );
    for (const [index, merge] of merges.entries()) {
        lake.written.note(merge.final, before[index], fileMark(merge.final)?.mark ?? '', touchedSpan(merge));
    }
}

function touchedSpan({ work, rebuilt, snapshots }: Merge): Span {
    const { from, to } = work.partition;
    if (rebuilt) return { from, to };
    // A bucket may begin before the span that was asked for, and end after it.
    const starts = snapshots.map((snapshot) => snapshot.from - snapshot.answered);
    const ends = snapshots.map((snapshot) => snapshot.to + snapshot.answered);
    return { from: Math.max(from, Math.min(...starts)), to: Math.min(to, Math.max(...ends)) };
}
