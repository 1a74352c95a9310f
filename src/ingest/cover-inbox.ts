/** Makes sure the coverage knows of every waiting snapshot, before it leaves the inbox. */
import { together } from '../core/together.ts';
import { answeredSpans, readCoverage, writeCoverage } from '../lake/coverage.ts';
import type { Snapshot } from '../lake/snapshots.ts';
import type { LakeContext } from './context.ts';

/** A run killed between landing a snapshot and noting its span would otherwise ask for it again. */
export async function coverInbox(lake: LakeContext, snapshots: readonly Snapshot[]): Promise<void> {
    const byChannel = new Map<string, Snapshot[]>();
    for (const snapshot of snapshots) {
        byChannel.set(snapshot.channelId, [...(byChannel.get(snapshot.channelId) ?? []), snapshot]);
    }
    const cover = async (channelId: string, waiting: readonly Snapshot[]): Promise<void> => {
        const coverage = await readCoverage(lake.paths, channelId, [], lake.manifest.fields);
        const isKnown = waiting.every(({ resolution, from }) =>
            answeredSpans(coverage, resolution).some((span) => span.from <= from && from < span.to),
        );
        if (isKnown) return;
        await writeCoverage(
            lake.files,
            lake.paths,
            channelId,
            await readCoverage(lake.paths, channelId, waiting, lake.manifest.fields),
        );
    };
    await together(byChannel, 8, ([channelId, waiting]) => cover(channelId, waiting));
}
