/** `fields`: which measures the lake keeps and which there are; `fields add` takes in more. */

import { AppError } from '../../core/errors.ts';
import { findNearest } from '../../core/nearest.ts';
import { exitCodeOf } from '../../ingest/summary.ts';
import { fieldCatalogue, findField } from '../../model/fields.ts';
import { defineCommand, flag, text, texts } from '../command.ts';
import type { Context } from '../context.ts';
import { findManifest, openLake } from '../lake.ts';
import { saySummary } from '../render/summary.ts';
import { formatTable } from '../render/table.ts';

export const fields = defineCommand({
    usage: 'fields [action] [codes..]',
    summary: 'List the fields of the lake, or add some with `fields add CODE…`.',
    positionals: {
        action: text('list or add.', 'ACTION'),
        codes: texts('Codes of the fields to add.', 'CODES'),
    },
    options: { all: flag('List every field the API knows.') },
    settings: ['lockWaitSeconds'],
    examples: [
        { command: 'fields --all', does: 'every code, its column and unit' },
        { command: 'fields add F In', does: 'frequency and neutral current from now on' },
    ],
    run: async (args, context) => {
        const [action = 'list', codes] = [args.text('action'), args.texts('codes')];
        if (action === 'list' && codes.length === 0) return listFields(args.flag('all'), context);
        if (action === 'add' && codes.length > 0) return addFields(codes, context);
        throw new AppError('USAGE_BAD_ARGUMENTS', `fields does not know "${[action, ...codes].join(' ')}"`, {
            hint: 'Write `eniscope-lake fields`, or `eniscope-lake fields add F In`.',
        });
    },
});

async function listFields(all: boolean, context: Context): Promise<number> {
    const { runtime, settings, voice } = context;
    const kept = (await findManifest(context))?.fields ?? settings.fields;
    const shown = fieldCatalogue.filter(({ code }) => all || kept.includes(code));
    const rows = shown.map(({ code, column, label, kind, unit }) => [
        code,
        column,
        unit,
        kind,
        label,
        kept.includes(code) ? 'yes' : '',
    ]);
    const head = ['code', 'column', 'unit', 'kind', 'what it is', 'in the lake'];
    runtime.stdout.write(formatTable(head, rows, { color: voice.color.stdout }));
    return 0;
}

async function addFields(codes: readonly string[], context: Context): Promise<number> {
    for (const code of codes) {
        if (findField(code) !== undefined) continue;
        const meant = findNearest(
            code,
            fieldCatalogue.map((field) => field.code),
        );
        throw new AppError('USAGE_BAD_ARGUMENTS', `there is no field ${code}`, {
            hint: `${meant === undefined ? '' : `Did you mean ${meant}? `}\`eniscope-lake fields --all\` lists them.`,
        });
    }
    const { addFields: work } = await import('../../ingest/fields.ts');
    const summary = await openLake(context, { command: 'fields add', write: true }, (lake) =>
        work(lake, { fields: codes }),
    );
    saySummary(summary, context.say);
    return exitCodeOf(summary);
}
