/** Restores `readings/` and `reference/` from the raw snapshots; the result is byte-identical to what compaction made. */
import { parseList } from '../api/wire.ts';
import { listArchive, listArchivedChannels } from '../lake/snapshots.ts';
import type { KnownChannel } from './channels.ts';
import { selectChannels } from './channels.ts';
import { compactInto } from './compact.ts';
import type { LakeContext } from './context.ts';
import { mergeAll } from './merge-partitions.ts';
import { groupByPartition, type PartitionWork } from './partition-work.ts';
import { publish } from './publish.ts';
import { hasAllRaw, sizeSnapshots } from './raw.ts';
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
            if (!options.dryRun) await mergeAll(lake, work, tally, 'rebuild');
        }
        if (!options.dryRun) await publish(lake);
    });
}

async function channelsToRebuild(lake: LakeContext, options: RebuildOptions): Promise<string[]> {
    const all = await listArchivedChannels(lake.paths);
    if (options.channels.length === 0) return all;
    const named = new Map((await readChannels(lake)).map((channel) => [channel.channelId, channel]));
    const known = all.map((channelId) => named.get(channelId) ?? nameless(channelId));
    const wanted = { channels: options.channels, organizations: [], excludeChannels: [] };
    return selectChannels(known, wanted).map(({ channelId }) => channelId);
}

function nameless(channelId: string): KnownChannel {
    return {
        channelId,
        channelName: channelId,
        organizationId: null,
        organizationName: null,
        timeZone: 'UTC',
        isListed: true,
    };
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
