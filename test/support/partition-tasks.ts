/** Partitions to be written, with snapshots made by hand, and the two ways to write them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FileFormat, MergeTask, SnapshotFile } from '../../src/warehouse/merge.ts';
import { withPartitionWriter } from '../../src/warehouse/partition-writer.ts';

export const format: FileFormat = { fields: ['E', 'P'], codec: 'zstd', version: 'V2' };

export type GivenRecord = Readonly<Record<string, number | null>>;

/** A snapshot on disk, with its records in the order they are given. `from` and `to` in epoch seconds. */
export function makeSnapshot(
    path: string,
    span: { readonly from: number; readonly to: number; readonly resolution: number },
    records: readonly GivenRecord[],
): SnapshotFile {
    const body = { resolution: span.resolution, recordCount: records.length, records };
    const text = JSON.stringify({ request: {}, fetched_at: '2026-03-01T00:00:00.007Z', body });
    writeFileSync(path, gzipSync(text));
    return { path, from: span.from, to: span.to, textBytes: Buffer.byteLength(text) };
}

export interface WrittenFiles {
    readonly rows: readonly number[];
    /** The bytes of each task's file; undefined for a task without rows. */
    readonly bytes: readonly (Buffer | undefined)[];
}

/** Writes the tasks into `folder`: all by one call, or each by a call of its own. */
export async function writeTasks(
    folder: string,
    tasks: readonly Omit<MergeTask, 'target'>[],
    how: 'together' | 'one by one',
    given: FileFormat = format,
): Promise<WrittenFiles> {
    mkdirSync(folder, { recursive: true });
    const targets = tasks.map((task, index) => ({ ...task, target: join(folder, `${index}.tmp`) }));
    const options = { format: given, stagingFolder: folder, memoryLimit: '400MB', connections: 2 };
    const rows = await withPartitionWriter(options, async (writer) => {
        if (how === 'together') return writer.write(targets);
        const counts: number[] = [];
        for (const task of targets) counts.push(...(await writer.write([task])));
        return counts;
    });
    const bytes = targets.map(({ target }, index) => (rows[index] === 0 ? undefined : readFileSync(target)));
    return { rows, bytes };
}
