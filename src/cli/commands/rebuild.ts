/** `rebuild`: makes the Parquet files again from the raw snapshots. */
import { exitCodeOf } from '../../ingest/summary.ts';
import { defineCommand, flag, texts } from '../command.ts';
import { openLake } from '../lake.ts';
import { rangeOptions, readRange } from '../range.ts';
import { count, saySummary } from '../render/summary.ts';

export const rebuild = defineCommand({
    usage: 'rebuild',
    summary: 'Make the Parquet files again from the raw snapshots; the result is the same to the byte.',
    options: {
        ...rangeOptions,
        channel: texts('Only these channels; repeat it or separate with commas.', 'IDS'),
        'dry-run': flag('Tell which files would be made; write nothing.'),
    },
    settings: ['lockWaitSeconds'],
    examples: [
        { command: 'rebuild', does: 'everything' },
        { command: 'rebuild --channel 162119 --from 2026-10-01', does: 'one channel, from October on' },
    ],
    run: async (args, context) => {
        const range = readRange({ from: args.text('from'), to: args.text('to') }, context.runtime.now());
        const dryRun = args.flag('dry-run');
        const { rebuild: work } = await import('../../ingest/rebuild.ts');
        const summary = await openLake(context, { command: 'rebuild', write: !dryRun }, (lake) =>
            work(lake, { ...range, channels: args.texts('channel'), dryRun }),
        );
        if (dryRun) {
            const { planned } = summary;
            context.say.info(
                'planned',
                { files: planned },
                `would make ${count(planned, 'file')} anew; nothing was written`,
            );
            return 0;
        }
        saySummary(summary, context.say);
        return exitCodeOf(summary);
    },
});
