/** `sync`: fetch, compact, publish; what cron runs. Makes the lake when there is none. */
import { exitCodeOf } from '../../ingest/summary.ts';
import { defineCommand } from '../command.ts';
import { ingestSettings, readIngestOptions, selectionOptions } from '../ingest-options.ts';
import { findManifest, openApi, openLake } from '../lake.ts';
import { isPlan, showPlan } from '../render/plan.ts';
import { saySummary } from '../render/summary.ts';
import { createLake } from './init.ts';

export const sync = defineCommand({
    usage: 'sync',
    summary: 'Fetch what is new, compact it and publish the views: what cron runs.',
    options: selectionOptions,
    settings: [...ingestSettings, 'granularity', 'codec', 'parquetVersion'],
    examples: [
        { command: 'sync', does: 'from the last reading on; 30 days on the first run' },
        { command: 'sync --from 2026-01-01', does: 'and the whole year' },
        { command: 'sync --resolution 60 --since 2d', does: 'minutes of the last two days' },
        { command: 'sync --organization 23271', does: 'one customer only' },
    ],
    run: async (args, context) => {
        const options = readIngestOptions(args, context);
        const api = await openApi(context);
        if (!options.dryRun && (await findManifest(context)) === undefined) await createLake(context);
        const { sync: work } = await import('../../ingest/sync.ts');
        const result = await openLake(context, { command: 'sync', write: !options.dryRun }, (lake) =>
            work(lake, api, options),
        );
        if (isPlan(result)) return showPlan(result, context);
        saySummary(result, context.say);
        return exitCodeOf(result);
    },
});
