/** `export`: views as files for spreadsheets, Tableau or a colleague, with a manifest that says what they are. */
import { stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { AppError } from '../../core/errors.ts';
import type { ViewQuery } from '../../warehouse/query.ts';
import type { View } from '../../warehouse/view-file.ts';
import { defineCommand, oneOf, text, texts } from '../command.ts';
import { openViews } from '../lake.ts';
import { makeFolder, temporaryOf, writeWhole } from '../output-file.ts';
import { rangeOptions, readWhole } from '../range.ts';
import { count } from '../render/summary.ts';
import { findChannels, findOrganizations } from '../selection.ts';

const usualViews = ['channels', 'energy_hourly', 'energy_daily', 'energy_monthly'];

interface ExportedFile {
    readonly view: string;
    readonly file: string;
    readonly rows: number;
    readonly bytes: number;
    /** Rows the view has under the same filter. */
    readonly available: number;
    readonly cut: boolean;
    readonly columns: readonly { readonly name: string; readonly type: string; readonly meaning: string }[];
}

export const exportViews = defineCommand({
    usage: 'export [views..]',
    summary: `Write views into files; without names ${usualViews.join(', ')}.`,
    positionals: { views: texts('Names of views.', 'VIEWS') },
    options: {
        to: rangeOptions.to,
        from: rangeOptions.from,
        channel: texts('Only these channels, by id or name.', 'CHANNELS'),
        organization: texts('Only these organizations, by id or name.', 'ORGANIZATIONS'),
        limit: text('At most so many rows a file; the manifest says which were cut.', 'N'),
        format: oneOf('Form of the files.', ['csv', 'parquet'], 'csv'),
        folder: text('Folder the files go to. Default ./export.', 'DIR'),
    },
    examples: [
        { command: 'export --from 2026-10-01 --to 2026-11-01', does: 'October as CSV in ./export' },
        { command: 'export readings_enriched --format parquet --folder out', does: 'every reading' },
    ],
    run: async (args, context) => {
        const { runtime, say, settings } = context;
        const folder = resolve(runtime.cwd, args.text('folder') ?? 'export');
        const format = args.text('format') === 'parquet' ? 'parquet' : 'csv';
        const limit = readWhole('limit', args.text('limit'), 1);
        const names = args.texts('views').length > 0 ? args.texts('views') : usualViews;
        const [from, to] = [args.text('from'), args.text('to')];
        await makeFolder(folder);
        const { queryView } = await import('../../warehouse/query.ts');
        const { writeAnswer } = await import('../render/file.ts');
        const pathOf = (view: string): string => join(folder, `${view}.${format}`);
        const writable = names.map((name) => temporaryOf(pathOf(name), runtime.pid));
        const files = await openViews(context, writable, async (db, views) => {
            const channels = await findChannels(db, settings.lake, args.texts('channel'));
            const organizations = await findOrganizations(db, args.texts('organization'));
            const questions = names.map((name) => {
                const view = views.find((known) => known.name === name);
                const question = applicable(view, { view: name, channels, organizations }, { from, to });
                return { name, view, all: queryView(views, question) };
            });
            const done: ExportedFile[] = [];
            for (const { name, view, all } of questions) {
                runtime.signal.throwIfAborted();
                const available = Number(await db.value(`select count(*) from (\n${all}\n)`));
                const sql = limit === undefined ? all : `select * from (\n${all}\n) limit ${limit}`;
                const path = pathOf(name);
                const rows = await writeWhole(path, runtime.pid, (temporary) =>
                    writeAnswer(db, sql, temporary, format),
                );
                const { size } = await stat(path);
                const columns = (view?.columns ?? []).map((column) => ({
                    name: column.name,
                    type: column.type,
                    meaning: column.text,
                }));
                const cut = rows < available;
                done.push({ view: name, file: basename(path), rows, bytes: size, available, cut, columns });
            }
            return done;
        });
        const manifest = {
            created_at: new Date(runtime.now()).toISOString(),
            lake: settings.lake,
            from: from ?? null,
            to: to ?? null,
            channels: args.texts('channel'),
            organizations: args.texts('organization'),
            files,
        };
        await writeWhole(join(folder, 'manifest.json'), runtime.pid, (temporary) =>
            writeFile(temporary, `${JSON.stringify(manifest, null, 2)}\n`),
        );
        for (const { file, rows, available, cut } of files) {
            if (cut)
                say.warn(
                    'export_cut',
                    { file, rows, available },
                    `${file} is cut: ${rows} of ${count(available, 'row')}`,
                );
        }
        const total = files.reduce((sum, { rows }) => sum + rows, 0);
        say.info(
            'export_finished',
            { folder, files: files.length, rows: total },
            `${count(files.length, 'file')} with ${count(total, 'row')} in ${folder}; manifest.json describes them`,
        );
        return 0;
    },
});

/** Filters a view does not have are left out: a list of channels has no `--from`. */
function applicable(
    view: View | undefined,
    question: ViewQuery,
    range: { readonly from: string | undefined; readonly to: string | undefined },
): ViewQuery {
    // An unknown view is named by `queryView`.
    if (view === undefined) return { view: question.view };
    if (view.kind === 'macro') {
        throw new AppError(
            'USAGE_BAD_ARGUMENTS',
            `${view.name} takes parameters and cannot be exported as it is`,
            {
                hint: `Use \`eniscope-lake query "select * from ${view.name}(…)" --output FILE\`.`,
            },
        );
    }
    const has = (name: string): boolean => view.columns.some((column) => column.name === name);
    const timed = view.time !== undefined;
    return {
        view: question.view,
        ...(timed && range.from !== undefined ? { from: range.from } : {}),
        ...(timed && range.to !== undefined ? { to: range.to } : {}),
        ...(has('channel_id') ? { channels: question.channels ?? [] } : {}),
        ...(has('organization_id') ? { organizations: question.organizations ?? [] } : {}),
    };
}
