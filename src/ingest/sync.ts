/** What cron runs: pull what is missing, compact it, publish the views. */
import type { ApiClient } from '../api/client.ts';
import { compactInto } from './compact.ts';
import type { LakeContext } from './context.ts';
import { type IngestOptions, ingestInto, type PlanPreview, previewIngest } from './ingest.ts';
import { packDaily } from './pack.ts';
import { publish } from './publish.ts';
import type { RunSummary } from './summary.ts';
import { withRun } from './tally.ts';

/** Whatever was landed is compacted and published even when the source failed half-way. */
export async function sync(
    lake: LakeContext,
    api: ApiClient,
    options: IngestOptions,
): Promise<RunSummary | PlanPreview> {
    if (options.dryRun) return previewIngest(lake, api, options);
    return withRun(lake, { resolution: options.resolution }, async (tally) => {
        try {
            await ingestInto(lake, api, options, tally);
        } finally {
            await compactInto(lake, tally);
            await publish(lake);
        }
        const packed = await packDaily(lake, options.rereadDays);
        for (const warning of packed?.warnings ?? []) tally.warning(warning);
    });
}
