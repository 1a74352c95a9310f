/** `verify`: reads the lake's files and says which are truncated, changed or not what their name says. */
import { errorCodes } from '../../core/errors.ts';
import { defineCommand, flag, texts } from '../command.ts';
import { openLake } from '../lake.ts';
import { count } from '../render/summary.ts';
import { formatTable } from '../render/table.ts';

export const verify = defineCommand({
    usage: 'verify',
    summary: 'Check the files of the lake: readable, complete, and what their names say.',
    options: {
        deep: flag('Also read every row and compare it with the raw snapshots.'),
        channel: texts('Only these channels.', 'IDS'),
    },
    examples: [{ command: 'verify --deep', does: 'exits with 5 when a file is damaged' }],
    run: async (args, context) => {
        const { runtime, say, voice } = context;
        const { verifyLake } = await import('../../ingest/verify-lake.ts');
        const options = { deep: args.flag('deep'), channels: args.texts('channel') };
        const { checked, problems } = await openLake(context, { command: 'verify', write: false }, (lake) =>
            verifyLake(lake, options),
        );
        const facts = { checked, problems: problems.length };
        if (problems.length === 0) {
            say.info('verify_finished', facts, `${count(checked, 'file')} checked, all sound`);
            return 0;
        }
        const rows = problems.map(({ file, problem, hint }) => [file, problem, hint]);
        runtime.stdout.write(
            formatTable(['file', 'problem', 'what to do'], rows, { color: voice.color.stdout }),
        );
        say.error('verify_finished', facts, `${problems.length} of ${count(checked, 'file')} damaged`);
        return errorCodes.DATA_CORRUPT.exit;
    },
});
