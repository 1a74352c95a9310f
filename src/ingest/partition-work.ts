/** Which snapshots go into which partition, cut into portions of bounded size. Pure. */
import { byAge, type Snapshot } from '../lake/snapshots.ts';
import { type Granularity, type Partition, partitionsOf } from '../model/time.ts';

/** A snapshot with the bytes of the text inside it. */
export interface SizedSnapshot extends Snapshot {
    readonly textBytes: number;
}

export interface PartitionWork {
    readonly channelId: string;
    readonly partition: Partition;
    /** Oldest answer first. */
    readonly snapshots: readonly SizedSnapshot[];
}

/** Text read at once; measured: more is not faster, and memory follows it. */
const portionBytes = 32 * 1024 * 1024;
/** Snapshots read, and partitions written, at once. */
const portionCount = 128;

/** The partitions the snapshots touch, in a fixed order. */
export function groupByPartition(
    snapshots: readonly SizedSnapshot[],
    granularity: Granularity,
): PartitionWork[] {
    const found = new Map<string, { channelId: string; partition: Partition; snapshots: SizedSnapshot[] }>();
    for (const snapshot of snapshots) {
        for (const partition of touchedPartitions(snapshot, granularity)) {
            const key = `${snapshot.channelId.padStart(20, '0')} ${partition.value}`;
            const entry = found.get(key);
            if (entry === undefined) {
                found.set(key, { channelId: snapshot.channelId, partition, snapshots: [snapshot] });
            } else {
                entry.snapshots.push(snapshot);
            }
        }
    }
    return [...found.entries()]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, work]) => ({ ...work, snapshots: work.snapshots.sort(byAge) }));
}

/** The partitions in which a bucket of the snapshot begins. A local day may end in a partition it has no bucket in. */
export function touchedPartitions(snapshot: Snapshot, granularity: Granularity): Partition[] {
    const { from, to, answered } = snapshot;
    return partitionsOf(snapshot, granularity).filter((partition) => {
        const skipped = Math.max(0, Math.ceil((partition.from - from) / answered));
        return from + skipped * answered < Math.min(partition.to, to);
    });
}

/** Portions of partitions that are merged together. */
export function cutWork(work: readonly PartitionWork[]): PartitionWork[][] {
    return cut(work, ({ snapshots }) => ({
        bytes: snapshots.reduce((sum, { textBytes }) => sum + textBytes, 0),
        count: Math.max(1, snapshots.length),
    }));
}

/** Portions of one partition's snapshots, oldest first. */
export function cutSnapshots(snapshots: readonly SizedSnapshot[]): SizedSnapshot[][] {
    return cut(snapshots, ({ textBytes }) => ({ bytes: textBytes, count: 1 }));
}

function cut<T>(items: readonly T[], sizeOf: (item: T) => { bytes: number; count: number }): T[][] {
    const portions: T[][] = [];
    let bytes = 0;
    let count = 0;
    for (const item of items) {
        const size = sizeOf(item);
        bytes += size.bytes;
        count += size.count;
        const last = portions.at(-1);
        if (last === undefined || bytes > portionBytes || count > portionCount) {
            portions.push([item]);
            ({ bytes, count } = size);
        } else {
            last.push(item);
        }
    }
    return portions;
}
