/** `repair`: takes leftovers and strange files out of the lake; nothing that is not there twice is deleted. */
import { defineCommand, flag } from '../command.ts';
import { openLake } from '../lake.ts';
import { count } from '../render/summary.ts';
import { formatTable } from '../render/table.ts';

export const repair = defineCommand({
    usage: 'repair',
    summary: 'Take leftovers and strange files out of the lake; `rebuild` is what makes damaged files anew.',
    options: {
        'damaged-raw': flag(
            'Also set damaged raw snapshots aside; fetch their spans again with --refetch first.',
        ),
        'dry-run': flag('Tell what would be done; change nothing.'),
    },
    settings: ['lockWaitSeconds'],
    examples: [
        { command: 'repair --dry-run', does: 'tells what is left over' },
        { command: 'repair', does: 'takes it away' },
    ],
    run: async (args, context) => {
        const { runtime, say, voice } = context;
        const { repair: work } = await import('../../ingest/repair.ts');
        const options = { damagedRaw: args.flag('damaged-raw'), dryRun: args.flag('dry-run') };
        const done = await openLake(context, { command: 'repair', write: !options.dryRun }, (lake) =>
            work(lake, options),
        );
        if (done.length > 0) {
            const rows = done.map(({ file, what }) => [file, what]);
            runtime.stdout.write(formatTable(['file', 'what'], rows, { color: voice.color.stdout }));
        }
        const text = done.length === 0 ? 'nothing to repair' : count(done.length, 'repair');
        const suffix = options.dryRun && done.length > 0 ? '; nothing was changed yet' : '';
        say.info('repair_finished', { repairs: done.length, dry_run: options.dryRun }, `${text}${suffix}`);
        return 0;
    },
});
