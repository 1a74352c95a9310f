/** The partition files of a lake as they lie on the disk, with a mark that changes whenever one is replaced. */
import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Granularity, Partition } from '../model/time.ts';
import { type LakePaths, parsePartitionFolder, partitionFileName } from './layout.ts';

export interface PartitionFile {
    readonly channelId: string;
    readonly partition: Partition;
    readonly path: string;
    readonly bytes: number;
    /** Size and time of change: equal marks mean the same file. */
    readonly mark: string;
}

/** Every partition file, by channel and period. Strangers are passed over; `verify` names them. */
export function listPartitionFiles(paths: LakePaths, granularity: Granularity): PartitionFile[] {
    // Not async: a thousand files by way of the thread pool take five times as long.
    return foldersIn(paths.readings).flatMap((channel) =>
        foldersIn(join(paths.readings, channel)).flatMap((period) => {
            const parsed = parsePartitionFolder(`${channel}/${period}`, granularity);
            if (parsed === undefined) return [];
            const path = join(paths.readings, channel, period, partitionFileName);
            const found = fileMark(path);
            return found === undefined ? [] : [{ ...parsed, path, ...found }];
        }),
    );
}

/** Size and mark of one file; undefined when there is none. */
export function fileMark(path: string): Pick<PartitionFile, 'bytes' | 'mark'> | undefined {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (found?.isFile() !== true) return undefined;
    return { bytes: Number(found.size), mark: `${found.size}-${found.mtimeNs}` };
}

function foldersIn(path: string): string[] {
    const entries: Dirent[] = [];
    try {
        entries.push(...readdirSync(path, { withFileTypes: true }));
    } catch {
        // No readings yet.
        return [];
    }
    return entries
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort();
}
