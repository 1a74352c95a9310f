/** `views`: what can be asked, from the headers of the view files. */

import { AppError } from '../../core/errors.ts';
import { findNearest } from '../../core/nearest.ts';
import { defaultFieldCodes } from '../../model/fields.ts';
import type { ViewDescription } from '../../warehouse/catalog.ts';
import { defineCommand, oneOf, text } from '../command.ts';
import { findManifest } from '../lake.ts';
import { formatTable } from '../render/table.ts';

export const views = defineCommand({
    usage: 'views [name]',
    summary: 'List the views, or describe one with its columns and units.',
    positionals: { name: text('Name of a view.', 'VIEW') },
    options: { format: oneOf('Form of the answer.', ['table', 'json'], 'table') },
    examples: [
        { command: 'views', does: 'all of them' },
        { command: 'views energy_daily', does: 'its columns' },
    ],
    run: async (args, context) => {
        const { runtime, settings, voice } = context;
        const { describeViews } = await import('../../warehouse/catalog.ts');
        const manifest = await findManifest(context);
        const all = await describeViews({
            root: settings.lake,
            fields: manifest?.fields ?? defaultFieldCodes,
            granularity: manifest?.granularity ?? settings.granularity,
        });
        const name = args.text('name');
        const chosen = name === undefined ? all : [findView(all, name)];
        if (args.text('format') === 'json') {
            runtime.stdout.write(`${JSON.stringify(chosen, null, 2)}\n`);
            return 0;
        }
        const options = { color: voice.color.stdout };
        runtime.stdout.write(
            name === undefined
                ? listViews(chosen, options)
                : chosen.map((view) => describeView(view, options)).join('\n'),
        );
        return 0;
    },
});

/** What people ask first; below it what that is made of, and the checks. */
function listViews(views: readonly ViewDescription[], options: { readonly color: boolean }): string {
    const isCheck = ({ kind }: ViewDescription): boolean => kind === 'check';
    const groups = [
        { title: 'view', chosen: views.filter((view) => !view.isInner && !isCheck(view)) },
        { title: 'inner view', chosen: views.filter((view) => view.isInner && !isCheck(view)) },
        { title: 'check', chosen: views.filter(isCheck) },
    ];
    return groups
        .map(({ title, chosen }) => formatTable([title, 'layer', 'what it is'], chosen.map(toLine), options))
        .join('\n');
}

function toLine(view: ViewDescription): string[] {
    const sentence = view.summary.split(/(?<=\.) /)[0] ?? '';
    return [callOf(view), view.layer.replace(/^\d+_/, ''), sentence];
}

/** `energy_daily`; a macro with its parameters: `energy_statistics(channel, period_name)`. */
function callOf({ name, parameters }: ViewDescription): string {
    return parameters.length > 0 ? `${name}(${parameters.join(', ')})` : name;
}

function describeView(view: ViewDescription, options: { readonly color: boolean }): string {
    const facts = [
        `${callOf(view)}: ${view.summary}`,
        ...(view.grain === undefined ? [] : [`grain: ${view.grain}`]),
        ...(view.time === undefined ? [] : [`--from and --to act on: ${view.time}`]),
        ...(view.kind === 'macro' ? [`ask: eniscope-lake query "${view.example ?? callOf(view)}"`] : []),
    ];
    const columns = view.columns.map(({ name, type, text: meaning }) => [name, type, meaning]);
    return `${facts.join('\n')}\n\n${formatTable(['column', 'type', 'meaning'], columns, options)}`;
}

function findView(all: readonly ViewDescription[], name: string): ViewDescription {
    const found = all.find((view) => view.name === name);
    if (found !== undefined) return found;
    const meant = findNearest(
        name,
        all.map((view) => view.name),
    );
    throw new AppError('USAGE_UNKNOWN_VIEW', `there is no view "${name}"`, {
        hint: `${meant === undefined ? '' : `Did you mean ${meant}? `}\`eniscope-lake views\` lists them.`,
    });
}
