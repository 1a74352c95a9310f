/** `verify`: reads the lake's files and says what is wrong with which, and since when it can be so. */
import { errorCodes } from '../../core/errors.ts';
import { defineCommand, flag, oneOf, texts } from '../command.ts';
import { openLake } from '../lake.ts';
import { count } from '../render/summary.ts';
import { formatTable } from '../render/table.ts';

export const verify = defineCommand({
    usage: 'verify',
    summary: 'Check the files of the lake: readable, complete, and what their names say.',
    options: {
        deep: flag('Also read every row and compare it with the raw snapshots.'),
        channel: texts('Only these channels.', 'IDS'),
        format: oneOf('Form of the answer.', ['table', 'json'], 'table'),
    },
    examples: [
        { command: 'verify', does: 'footers, checksums and names; exits with 5 when a file is damaged' },
        { command: 'verify --deep', does: 'every row and every raw snapshot as well' },
    ],
    run: async (args, context) => {
        const { runtime, say, voice } = context;
        const { verifyLake } = await import('../../ingest/verify-lake.ts');
        const options = { deep: args.flag('deep'), channels: args.texts('channel') };
        const found = await openLake(context, { command: 'verify', write: false }, (lake) =>
            verifyLake(lake, options),
        );
        const { checked, problems, notes } = found;
        const damaged = new Set(problems.map(({ file }) => file)).size;
        const facts = { checked, problems: problems.length, damaged, notes };
        const lines = notes.map((note) => `note: ${note}`);
        if (args.text('format') === 'json') runtime.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
        else if (problems.length > 0) {
            const rows = problems.map(({ file, problem, since, hint }) => [file, problem, since, hint]);
            const head = ['file', 'problem', 'since', 'what to do'];
            runtime.stdout.write(formatTable(head, rows, { color: voice.color.stdout }));
        }
        if (problems.length === 0) {
            const text = `${count(checked, 'file')} checked, all sound`;
            say.info('verify_finished', facts, [text, ...lines].join('\n'));
            return 0;
        }
        const text = `${damaged} of ${count(checked, 'file')} damaged`;
        say.error('verify_finished', facts, [text, ...lines].join('\n'));
        return errorCodes.DATA_CORRUPT.exit;
    },
});
