/** `ingest`: asks the API for what the lake lacks and lands the answers raw. */
import { exitCodeOf } from '../../ingest/summary.ts';
import { defineCommand } from '../command.ts';
import { ingestSettings, readIngestOptions, selectionOptions } from '../ingest-options.ts';
import { openApi, openLake } from '../lake.ts';
import { isPlan, showPlan } from '../render/plan.ts';
import { saySummary } from '../render/summary.ts';

export const ingest = defineCommand({
    usage: 'ingest',
    summary: 'Fetch what is new from the API and keep it as raw snapshots; `compact` makes Parquet of them.',
    options: selectionOptions,
    settings: ingestSettings,
    examples: [
        { command: 'ingest --dry-run', does: 'tells what would be asked, and asks nothing' },
        { command: 'ingest --from 2026-01-01 --to 2026-07-01', does: 'half a year back' },
        { command: 'ingest --since 7d --channel 162119 --refetch', does: 'one channel again' },
    ],
    run: async (args, context) => {
        const options = readIngestOptions(args, context);
        const api = await openApi(context);
        const { ingest: work } = await import('../../ingest/ingest.ts');
        const result = await openLake(context, { command: 'ingest', write: !options.dryRun }, (lake) =>
            work(lake, api, options),
        );
        if (isPlan(result)) return showPlan(result, context);
        saySummary(result, context.say);
        return exitCodeOf(result);
    },
});
