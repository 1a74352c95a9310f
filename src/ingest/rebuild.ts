/** Restores `readings/` and `reference/` from the raw snapshots; the result is byte-identical to what compaction made. */
import { join } from 'node:path';
import { parseList } from '../api/wire.ts';
import { isAppError } from '../core/errors.ts';
import { readChecksums } from '../lake/checksums.ts';
import { sizeMaybe } from '../lake/files.ts';
import { referenceFile, referenceTables } from '../lake/layout.ts';
import { listArchive, listArchivedChannels } from '../lake/snapshots.ts';
import { namelessChannel, selectChannels } from './channels.ts';
import { checkBytes } from './checksums.ts';
import { compactInto } from './compact.ts';
import type { LakeContext } from './context.ts';
import { mergeAll } from './merge-partitions.ts';
import { cutWork, groupByPartition, type PartitionWork } from './partition-work.ts';
import { nameInLake } from './problems.ts';
import { publish } from './publish.ts';
import { hasAllRaw, sizeSnapshots } from './raw.ts';
import { lookBefore, proveRebuilt } from './rebuild-proof.ts';
import { readChannels, rebuildReference } from './reference.ts';
import type { RunSummary } from './summary.ts';
import { type Tally, withRun } from './tally.ts';

export interface RebuildOptions {
    /** By id or name; empty = all channels that have raw snapshots. */
    readonly channels: readonly string[];
    /** Epoch seconds: the partitions that overlap the range. */
    readonly from?: number;
    readonly to?: number;
    readonly dryRun: boolean;
}

export async function rebuild(lake: LakeContext, options: RebuildOptions): Promise<RunSummary> {
    return withRun(lake, { channels: options.channels }, async (tally) => {
        if (!options.dryRun) {
            // What waits is merged first, so that the archive is all there is to rebuild from.
            await compactInto(lake, tally);
            await rebuildReference(lake, (resource, bodies) =>
                bodies.flatMap((body) => parseList(resource, body).items),
            );
        }
        for (const channelId of await channelsToRebuild(lake, options)) {
            const snapshots = await sizeSnapshots(await listArchive(lake.paths, channelId));
            const work = groupByPartition(snapshots, lake.manifest.granularity).filter(
                (item) => overlaps(item, options) && mayRebuild(lake, item, tally),
            );
            tally.planned(work.length);
            if (!options.dryRun) await rebuildPartitions(lake, work, tally);
        }
        if (options.dryRun) return;
        await dropDamagedTables(lake);
        await publish(lake);
    });
}

/** A partition some of whose raw snapshots are damaged stays as it is and counts as failed; the others are made. */
async function rebuildPartitions(
    lake: LakeContext,
    work: readonly PartitionWork[],
    tally: Tally,
): Promise<void> {
    for (const batch of cutWork(work)) {
        const before = await lookBefore(lake, batch);
        const done: PartitionWork[] = [];
        const make = async (items: readonly PartitionWork[]): Promise<void> => {
            await mergeAll(lake, items, tally, 'rebuild');
            done.push(...items);
        };
        await make(batch).catch(async (error: unknown) => {
            if (!isAppError(error, 'DATA_CORRUPT')) throw error;
            for (const item of batch) {
                await make([item]).catch((cause: unknown) => reportDamaged(item, cause, tally));
            }
        });
        await proveRebuilt(lake, before, done, tally);
    }
}

function reportDamaged({ channelId, partition }: PartitionWork, cause: unknown, tally: Tally): void {
    if (!isAppError(cause, 'DATA_CORRUPT')) throw cause;
    tally.failure(channelId, '', cause.code, `${partition.value} was left as it was: ${cause.message}`);
}

async function channelsToRebuild(lake: LakeContext, options: RebuildOptions): Promise<string[]> {
    const all = await listArchivedChannels(lake.paths);
    if (options.channels.length === 0) return all;
    const named = new Map((await readChannels(lake)).map((channel) => [channel.channelId, channel]));
    const known = all.map((channelId) => named.get(channelId) ?? namelessChannel(channelId));
    const wanted = { channels: options.channels, organizations: [], excludeChannels: [] };
    return selectChannels(known, wanted).map(({ channelId }) => channelId);
}

/** Publishing makes a table that is gone anew, and leaves one that is there; those from the API are made again here. */
async function dropDamagedTables(lake: LakeContext): Promise<void> {
    const fromRaw = referenceTables.map((table) => referenceFile(lake.paths, table));
    const recorded = await readChecksums(lake.paths, [nameInLake(lake, lake.paths.reference)]);
    for (const [name, known] of recorded) {
        const file = join(lake.paths.root, name);
        if (fromRaw.includes(file) || (await sizeMaybe(file)) === undefined) continue;
        if ((await checkBytes(lake, file, known)).length > 0) await lake.files.remove(file);
    }
}

function overlaps({ partition }: PartitionWork, { from, to }: RebuildOptions): boolean {
    return (from === undefined || partition.to > from) && (to === undefined || partition.from < to);
}

/** A partition some of whose raw snapshots `retention` removed stays as it is: a rebuild would lose readings. */
function mayRebuild(lake: LakeContext, { channelId, partition }: PartitionWork, tally: Tally): boolean {
    if (hasAllRaw(lake, partition)) return true;
    tally.warning(
        `channel ${channelId}, ${partition.value} was left as it is: raw snapshots before ${lake.manifest.rawKeptFrom} were removed`,
    );
    return false;
}
