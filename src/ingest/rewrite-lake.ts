/**
 * Changes the form of every data file: the period of a partition, the fields, the codec. The new tree is built
 * complete beside the old one and takes its place by two renames; a kill between them is mended at the next start.
 */
import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { AppError } from '../core/errors.ts';
import type { Exchange } from '../lake/exchange.ts';
import { listFolder, makeFolder, sizeMaybe } from '../lake/files.ts';
import {
    type LakePaths,
    lakePaths,
    parsePartitionFolder,
    partitionFile,
    partitionFileName,
} from '../lake/layout.ts';
import { type LakeManifest, writeManifest } from '../lake/manifest.ts';
import { partitionsOf } from '../model/time.ts';
import { type DuckDB, withDuckDB } from '../warehouse/duckdb.ts';
import { readBounds, rewriteRows } from '../warehouse/rewrite.ts';
import { noteChecksums } from './checksums.ts';
import { compactInto } from './compact.ts';
import type { LakeContext } from './context.ts';
import { publish } from './publish.ts';
import { oldReadings } from './recover-rewrite.ts';
import type { RunSummary } from './summary.ts';
import { type Tally, withRun } from './tally.ts';

/** Rewrites the lake to the form of `next`. Readers see the old tree until the new one is complete. */
export async function rewriteLake(lake: LakeContext, next: LakeManifest): Promise<RunSummary> {
    return withRun(lake, { granularity: next.granularity, fields: next.fields }, async (tally) => {
        // What waits was cut for the old form.
        await compactInto(lake, tally);
        const staged = lakePaths(join(lake.paths.staging, 'rewrite'));
        await withDuckDB({ memoryLimit: '400MB', spillFolder: lake.paths.staging }, async (db) => {
            for (const channel of await listFolder(lake.paths.readings)) {
                await rewriteChannel(lake, db, channel, staged, next, tally);
            }
        });
        await makeFolder(staged.readings);
        await noteChecksums(lake, await listFinished(staged.readings, lake.paths.readings));
        await exchange(lake.paths, staged.readings);
        await writeManifest(lake.files, lake.paths, next);
        await rm(oldReadings(lake.paths), { recursive: true });
        await publish({ ...lake, manifest: next });
    });
}

async function rewriteChannel(
    lake: LakeContext,
    db: DuckDB,
    channel: string,
    staged: LakePaths,
    next: LakeManifest,
    tally: Tally,
): Promise<void> {
    const folder = join(lake.paths.readings, channel);
    const periods = await listFolder(folder);
    const channelId = parsePartitionFolder(
        `${channel}/${periods[0] ?? ''}`,
        lake.manifest.granularity,
    )?.channelId;
    if (channelId === undefined) return;
    const files = periods.map((period) => join(folder, period, partitionFileName));
    const format = { fields: next.fields, ...next.parquet };
    for (const partition of partitionsOf(await readBounds(db, files), next.granularity)) {
        const target = partitionFile(staged, channelId, partition);
        await makeFolder(dirname(target));
        const rows = await rewriteRows(db, files, lake.manifest.fields, partition, format, target);
        if (rows === 0) await rm(dirname(target), { recursive: true });
        else tally.partition(rows, (await sizeMaybe(target)) ?? 0);
    }
}

/** Every file of the new tree, with the place it is to have. */
async function listFinished(folder: string, place: string): Promise<Exchange[]> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .map((temporary) => ({ temporary, final: join(place, relative(folder, temporary)) }));
}

async function exchange(paths: LakePaths, finished: string): Promise<void> {
    await rename(paths.readings, oldReadings(paths));
    await rename(finished, paths.readings);
}

/** Refuses a change that changes nothing. */
export function refuseSame(isSame: boolean, what: string): void {
    if (!isSame) return;
    throw new AppError('USAGE_BAD_ARGUMENTS', `the lake already ${what}`, { hint: 'Nothing was changed.' });
}
