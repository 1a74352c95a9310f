/** `pack`: puts the raw snapshots of closed months together, one file a channel and month. */
import { defineCommand } from '../command.ts';
import { openLake } from '../lake.ts';
import { count } from '../render/summary.ts';

export const pack = defineCommand({
    usage: 'pack',
    summary:
        'Put the raw snapshots of closed months together, one file a channel and month; `sync` does it bit by bit.',
    options: {},
    settings: ['lockWaitSeconds'],
    examples: [{ command: 'pack', does: 'after a large backfill, or in a lake of an older version' }],
    run: async (_args, context) => {
        const { packArchive } = await import('../../ingest/pack.ts');
        const done = await openLake(context, { command: 'pack', write: true }, (lake) =>
            packArchive(lake, { restDays: 0, most: Number.POSITIVE_INFINITY }),
        );
        const { packs, snapshots, warnings } = done;
        const text = `${count(snapshots, 'raw snapshot')} packed into ${count(packs, 'file')}`;
        const lines = [text, ...warnings.map((warning) => `warning: ${warning}`)];
        context.say[warnings.length === 0 ? 'info' : 'warn'](
            'pack_finished',
            { packs, snapshots, ...(warnings.length === 0 ? {} : { warnings }) },
            lines.join('\n'),
        );
        return 0;
    },
});
