/** `query`: asks a view, or runs one SELECT over the views; the answer goes to stdout or into a file. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { AppError, messageOf } from '../../core/errors.ts';
import type { DuckDB } from '../../warehouse/duckdb.ts';
import type { View } from '../../warehouse/view-file.ts';
import { type Arguments, defineCommand, text, texts } from '../command.ts';
import type { Context } from '../context.ts';
import { openViews } from '../lake.ts';
import { temporaryOf, writeWhole } from '../output-file.ts';
import { rangeOptions, readWhole } from '../range.ts';
import { type FileFormat, fileFormats } from '../render/file.ts';
import { longestTable, type RowFormat } from '../render/rows.ts';
import { count } from '../render/summary.ts';
import { findChannels, findOrganizations } from '../selection.ts';

const positionals = {
    question: text('Name of a view, a macro with its arguments, or one SELECT.', 'SQL'),
} as const;

const options = {
    from: rangeOptions.from,
    to: rangeOptions.to,
    channel: texts('Only these channels, by id or name.', 'CHANNELS'),
    organization: texts('Only these organizations, by id or name.', 'ORGANIZATIONS'),
    limit: text('At most so many rows.', 'N'),
    file: text('Read the SELECT from this file.', 'FILE'),
    format: text(
        'table, csv, json, ndjson or parquet. Default table, or what the name of --output says.',
        'FORMAT',
    ),
    output: text('Write the answer into this file instead of stdout.', 'FILE'),
} as const;

type QueryArguments = Arguments<keyof typeof options | keyof typeof positionals>;

export const query = defineCommand({
    usage: 'query [question]',
    summary: 'Ask a view, or run one SELECT over the views.',
    positionals,
    options,
    examples: [
        { command: 'query energy_daily --from 2026-10-01 --to 2026-11-01', does: 'October by meter and day' },
        {
            command: 'query energy_hourly --channel 162119 --format csv > hours.csv',
            does: 'one meter by hour',
        },
        { command: 'query "select sum(energy_kwh) from energy_monthly"', does: 'any SELECT' },
        {
            command: "query \"energy_statistics('162119', '2026-10')\"",
            does: 'a macro with its arguments',
        },
        { command: 'query energy_daily --output days.parquet', does: 'into a Parquet file' },
    ],
    run: async (args, context) => {
        const output = args.text('output');
        const target = output === undefined ? undefined : resolve(context.runtime.cwd, output);
        const format = readFormat(args.text('format'), target);
        if (target !== undefined) requireFolder(dirname(target));
        const question = readQuestion(args, context.runtime.cwd);
        const writable = target === undefined ? [] : [temporaryOf(target, context.runtime.pid)];
        await openViews(context, writable, async (db, views) => {
            const sql = await toSql(question, args, { db, views, root: context.settings.lake });
            if (target !== undefined && isFileFormat(format)) {
                await writeFile({ db, sql, target, format }, context);
            } else if (isRowFormat(format)) {
                await writeStdout({ db, sql, format }, context);
            }
        });
        return 0;
    },
});

async function writeStdout(
    { db, sql, format }: { readonly db: DuckDB; readonly sql: string; readonly format: RowFormat },
    { runtime, voice, say }: Context,
): Promise<void> {
    const [{ streamRows }, { writeRows }] = await Promise.all([
        import('../../warehouse/rows.ts'),
        import('../render/rows.ts'),
    ]);
    const answer = await writeRows(await streamRows(db, sql), format, runtime.stdout, voice.color.stdout);
    if (!answer.cut) return;
    say.warn(
        'answer_cut',
        { rows: answer.rows },
        `the table is cut after ${count(longestTable, 'row')}; --format csv or --output gives all of them`,
    );
}

async function writeFile(
    question: {
        readonly db: DuckDB;
        readonly sql: string;
        readonly target: string;
        readonly format: FileFormat;
    },
    { runtime, say }: Context,
): Promise<void> {
    const { db, sql, target, format } = question;
    const { writeAnswer } = await import('../render/file.ts');
    const rows = await writeWhole(target, runtime.pid, (temporary) =>
        writeAnswer(db, sql, temporary, format),
    );
    say.info('answer_written', { file: target, rows, format }, `${count(rows, 'row')} in ${target}`);
}

/** A single word is a view's name, a macro with its arguments is asked as it stands; everything else is SQL. */
async function toSql(
    question: string,
    args: QueryArguments,
    { db, views, root }: { readonly db: DuckDB; readonly views: readonly View[]; readonly root: string },
): Promise<string> {
    const { queryView } = await import('../../warehouse/query.ts');
    const [from, to] = [args.text('from'), args.text('to')];
    const limit = readWhole('limit', args.text('limit'));
    if (isName(question)) {
        return queryView(views, {
            view: question,
            ...(from === undefined ? {} : { from }),
            ...(to === undefined ? {} : { to }),
            ...(limit === undefined ? {} : { limit }),
            channels: await findChannels(db, root, args.texts('channel')),
            organizations: await findOrganizations(db, args.texts('organization')),
        });
    }
    const sql = isCallOf(views, question) ? `from ${question}` : question;
    const filter = (['from', 'to', 'channel', 'organization'] as const).find(
        (name) => args.texts(name).length > 0,
    );
    if (filter !== undefined) {
        throw new AppError('USAGE_BAD_ARGUMENTS', `--${filter} goes with the name of a view, not with SQL`, {
            hint: 'Write the condition into the SELECT.',
        });
    }
    const { checkReadOnly } = await import('../../warehouse/guard.ts');
    await checkReadOnly(db, sql);
    return limit === undefined ? sql : `select * from (\n${sql.replace(/;\s*$/, '')}\n) limit ${limit}`;
}

function requireFolder(folder: string): void {
    if (existsSync(folder)) return;
    throw new AppError('USAGE_BAD_ARGUMENTS', `the folder ${folder} of --output does not exist`, {
        hint: 'Make it first, or name another file.',
    });
}

/** `energy_statistics('162119', '2026-10')` */
function isCallOf(views: readonly View[], question: string): boolean {
    const name = /^(\w+)\s*\(/.exec(question)?.[1];
    return views.some((view) => view.kind === 'macro' && view.name === name);
}

function isName(question: string): boolean {
    return /^\w+$/.test(question);
}

function readQuestion(args: QueryArguments, cwd: string): string {
    const [question, file] = [args.text('question'), args.text('file')];
    if ((question === undefined) === (file === undefined)) {
        const problem =
            question === undefined ? 'no question is given' : '--file and a question are both given';
        throw new AppError('USAGE_BAD_ARGUMENTS', problem, {
            hint: 'Name a view or write a SELECT; `eniscope-lake views` lists the views.',
        });
    }
    if (file === undefined) return (question ?? '').trim();
    try {
        return readFileSync(resolve(cwd, file), 'utf8').trim();
    } catch (cause) {
        throw new AppError('USAGE_BAD_ARGUMENTS', `--file ${file} cannot be read: ${messageOf(cause)}`, {
            cause,
        });
    }
}

function isFileFormat(format: string): format is FileFormat {
    return fileFormats.some((known) => known === format);
}

function isRowFormat(format: string): format is RowFormat {
    return format === 'table' || (isFileFormat(format) && format !== 'parquet');
}

/** The format that was named, else the one the file's name says, else a table. */
function readFormat(given: string | undefined, target: string | undefined): RowFormat | FileFormat {
    const byName = target === undefined ? 'table' : extname(target).slice(1);
    const format = given ?? byName;
    if (!isRowFormat(format) && !isFileFormat(format)) {
        const thing =
            given === undefined ? `the name ${target} says no format` : `--format ${given} is unknown`;
        throw new AppError('USAGE_BAD_ARGUMENTS', thing, {
            hint: 'Choose table, csv, json, ndjson or parquet with --format.',
        });
    }
    if (target === undefined && format === 'parquet') {
        throw new AppError('USAGE_BAD_ARGUMENTS', '--format parquet needs --output', {
            hint: 'Parquet is no text: name a file, for example --output answer.parquet.',
        });
    }
    if (target !== undefined && format === 'table') {
        throw new AppError('USAGE_BAD_ARGUMENTS', '--format table cannot go into --output', {
            hint: 'A file takes csv, json, ndjson or parquet.',
        });
    }
    return format;
}
