/** `repartition`: cuts the files of a lake by another period. */
import { AppError } from '../../core/errors.ts';
import { exitCodeOf } from '../../ingest/summary.ts';
import { defineCommand } from '../command.ts';
import { openLake } from '../lake.ts';
import { saySummary } from '../render/summary.ts';

export const repartition = defineCommand({
    usage: 'repartition',
    summary: 'Cut the Parquet files by another period: day, month or year.',
    options: {},
    settings: ['granularity', 'lockWaitSeconds'],
    examples: [{ command: 'repartition --granularity year', does: 'fewer, larger files' }],
    run: async (_args, context) => {
        const { granularity } = context.settings;
        if (context.originOf('granularity').kind === 'default') {
            throw new AppError('USAGE_BAD_ARGUMENTS', '--granularity is missing', {
                hint: 'Say what one file shall cover, for example --granularity year.',
            });
        }
        const { repartition: work } = await import('../../ingest/repartition.ts');
        const summary = await openLake(context, { command: 'repartition', write: true }, (lake) =>
            work(lake, { granularity }),
        );
        saySummary(summary, context.say);
        return exitCodeOf(summary);
    },
});
