/** `verify`: what is truncated, changed, foreign, left over or not what its name says. Reads only. */
import { join, relative } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { listFolder, sizeMaybe } from '../lake/files.ts';
import { parsePartitionFolder, partitionFileName, referenceFile, referenceTables } from '../lake/layout.ts';
import { listArchive, listArchivedChannels, listInbox, readRaw } from '../lake/snapshots.ts';
import type { Partition } from '../model/time.ts';
import { type DuckDB, withDuckDB } from '../warehouse/duckdb.ts';
import { inspectPartition } from '../warehouse/inspect.ts';
import { readReference } from '../warehouse/reference.ts';
import type { LakeContext } from './context.ts';

export interface Problem {
    /** Relative to the lake. */
    readonly file: string;
    readonly problem: string;
    readonly hint: string;
}

export interface Verification {
    readonly checked: number;
    readonly problems: readonly Problem[];
}

const rebuildHint = (channelId: string): string =>
    `make it again with \`eniscope-lake rebuild --channel ${channelId}\``;

/** `deep` also reads every row and every raw snapshot. `channels` are ids; empty = all. */
export async function verifyLake(
    lake: LakeContext,
    options: { readonly deep: boolean; readonly channels: readonly string[] },
): Promise<Verification> {
    const problems: Problem[] = [];
    let checked = 0;
    const report = (path: string, problem: string, hint: string): void => {
        problems.push({ file: relative(lake.paths.root, path), problem, hint });
    };
    await withDuckDB({ memoryLimit: '400MB' }, async (db) => {
        for (const { path, channelId, partition } of await listPartitions(lake, report)) {
            if (options.channels.length > 0 && !options.channels.includes(channelId)) continue;
            checked += 1;
            const found = await inspectPartition(db, path, partition, lake.manifest.fields, options.deep);
            for (const problem of found) report(path, problem, rebuildHint(channelId));
        }
        checked += await verifyReference(lake, db, report);
    });
    for (const stranger of (await listInbox(lake.paths)).strangers) {
        report(stranger, 'it is not a snapshot', 'the next compact sets it aside in quarantine');
    }
    if (options.deep) checked += await verifyRaw(lake, options.channels, report);
    return { checked, problems };
}

type Report = (path: string, problem: string, hint: string) => void;

interface PartitionPath {
    readonly path: string;
    readonly channelId: string;
    readonly partition: Partition;
}

/** Every partition file; whatever else lies under `readings` is reported. */
async function listPartitions(lake: LakeContext, report: Report): Promise<PartitionPath[]> {
    const { paths, manifest } = lake;
    const found: PartitionPath[] = [];
    for (const channel of await listFolder(paths.readings)) {
        const folders = await listFolder(join(paths.readings, channel)).catch(() => []);
        if (folders.length === 0)
            report(join(paths.readings, channel), 'it does not belong here', 'remove it');
        for (const period of folders) {
            const folder = join(paths.readings, channel, period);
            const parsed = parsePartitionFolder(`${channel}/${period}`, manifest.granularity);
            if (parsed === undefined) {
                report(folder, 'it is not a partition of this lake', 'remove it');
                continue;
            }
            for (const file of await listFolder(folder)) {
                if (file === partitionFileName) found.push({ ...parsed, path: join(folder, file) });
                else
                    report(
                        join(folder, file),
                        'it does not belong here; readers may take it for data',
                        'remove it',
                    );
            }
        }
    }
    return found;
}

async function verifyReference(lake: LakeContext, db: DuckDB, report: Report): Promise<number> {
    let checked = 0;
    for (const table of referenceTables) {
        const file = referenceFile(lake.paths, table);
        if ((await sizeMaybe(file)) === undefined) continue;
        checked += 1;
        await readReference(db, table, file).catch((error: unknown) =>
            report(
                file,
                `it cannot be read: ${messageOf(error)}`,
                'make it again with `eniscope-lake rebuild`',
            ),
        );
    }
    return checked;
}

async function verifyRaw(lake: LakeContext, channels: readonly string[], report: Report): Promise<number> {
    let checked = 0;
    for (const channelId of await listArchivedChannels(lake.paths)) {
        if (channels.length > 0 && !channels.includes(channelId)) continue;
        for (const { path } of await listArchive(lake.paths, channelId)) {
            checked += 1;
            await readRaw(path)
                .then(JSON.parse)
                .catch((error: unknown) =>
                    report(path, `it cannot be read: ${messageOf(error)}`, 'restore it from a backup'),
                );
        }
    }
    return checked;
}
