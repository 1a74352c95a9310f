/** `retention`: removes old raw snapshots whose readings are in Parquet; tells first, deletes only with --apply. */
import prettyBytes from 'pretty-bytes';
import { AppError } from '../../core/errors.ts';
import { defineCommand, flag, text } from '../command.ts';
import { openLake } from '../lake.ts';
import { readWhole } from '../range.ts';
import { count } from '../render/summary.ts';

export const retention = defineCommand({
    usage: 'retention',
    summary: 'Remove old raw snapshots; without --apply it only tells what would go.',
    options: {
        'raw-days': text('Keep the raw snapshots of so many days.', 'DAYS'),
        apply: flag('Really delete.'),
    },
    settings: ['lockWaitSeconds'],
    examples: [
        { command: 'retention --raw-days 400', does: 'tells what would go' },
        { command: 'retention --raw-days 400 --apply', does: 'deletes it' },
    ],
    run: async (args, context) => {
        const rawDays = readWhole('raw-days', args.text('raw-days'), 1);
        if (rawDays === undefined) {
            throw new AppError('USAGE_BAD_ARGUMENTS', '--raw-days is missing', {
                hint: 'Say how many days of raw snapshots to keep, for example --raw-days 400.',
            });
        }
        const apply = args.flag('apply');
        const { applyRetention } = await import('../../ingest/retention.ts');
        const done = await openLake(context, { command: 'retention', write: apply }, (lake) =>
            applyRetention(lake, { rawDays, apply }),
        );
        const what = `${count(done.snapshots, 'raw snapshot')} (${prettyBytes(done.bytes)}) from before ${done.before}`;
        context.say.info(
            'retention_finished',
            { ...done },
            done.applied ? `deleted ${what}` : `would delete ${what}; add --apply to do it`,
        );
        return 0;
    },
});
