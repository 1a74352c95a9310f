/** `compact`: merges the landed snapshots into the Parquet files they touch. */
import { exitCodeOf } from '../../ingest/summary.ts';
import { defineCommand } from '../command.ts';
import { openLake } from '../lake.ts';
import { saySummary } from '../render/summary.ts';

export const compact = defineCommand({
    usage: 'compact',
    summary: 'Merge new snapshots into the Parquet files and publish the views.',
    options: {},
    settings: ['lockWaitSeconds'],
    examples: [{ command: 'compact', does: 'touches only the files that have something new' }],
    run: async (_args, context) => {
        const { compact: work } = await import('../../ingest/compact.ts');
        const summary = await openLake(context, { command: 'compact', write: true }, (lake) => work(lake));
        saySummary(summary, context.say);
        return exitCodeOf(summary);
    },
});
