/** What lies under `readings`: partition files, and whatever does not belong there. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listFolder } from '../lake/files.ts';
import { parsePartitionFolder, partitionFileName } from '../lake/layout.ts';
import type { Partition } from '../model/time.ts';
import type { LakeContext } from './context.ts';

export interface PartitionFile {
    readonly path: string;
    readonly channelId: string;
    readonly partition: Partition;
}

export interface Stranger {
    readonly path: string;
    readonly problem: string;
}

export interface Readings {
    readonly files: PartitionFile[];
    /** Folders a partition may have and none has. */
    readonly empty: string[];
    readonly strangers: Stranger[];
}

export async function listReadings(lake: LakeContext): Promise<Readings> {
    const { paths, manifest } = lake;
    const files: PartitionFile[] = [];
    const empty: string[] = [];
    const strangers: Stranger[] = [];
    for (const channel of await listFolder(paths.readings)) {
        const folder = join(paths.readings, channel);
        const periods = await listMaybe(folder);
        if (periods?.length === 0 && /^channel_id=\d{1,20}$/.test(channel)) empty.push(folder);
        else if (periods === undefined || periods.length === 0)
            strangers.push({ path: folder, problem: 'it does not belong here' });
        for (const period of periods ?? []) {
            const inner = join(folder, period);
            const parsed = parsePartitionFolder(`${channel}/${period}`, manifest.granularity);
            const names = await listMaybe(inner);
            if (parsed === undefined || names === undefined) {
                strangers.push({ path: inner, problem: 'it is not a partition of this lake' });
                continue;
            }
            if (names.length === 0) empty.push(inner);
            for (const name of names) {
                const path = join(inner, name);
                if (name === partitionFileName) files.push({ ...parsed, path });
                else
                    strangers.push({
                        path,
                        problem: 'it does not belong here; readers may take it for data',
                    });
            }
        }
    }
    return { files, empty, strangers };
}

/** Undefined for a file in the place of a folder. */
async function listMaybe(path: string): Promise<string[] | undefined> {
    return (await stat(path)).isDirectory() ? listFolder(path) : undefined;
}
