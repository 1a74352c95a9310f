/** The SQL of derived tables: rows are made portion by portion, and take the place of the old ones in one new file. */
import type { Span } from '../model/time.ts';
import { createStatement } from './catalog-sql.ts';
import { type DuckDB, identifier, literal, literalList } from './duckdb.ts';
import { copyOptions, type FileFormat } from './merge.ts';
import { type ReferenceTable, referenceColumns } from './reference-columns.ts';
import {
    type ReadingsPortion,
    readingsSpanView,
    readingsView,
    type SourceOptions,
    sourceViews,
} from './sources.ts';

/** Until the next call, the views of readings hold these readings alone: every view above works on them. */
export async function narrowReadings(
    db: DuckDB,
    sources: SourceOptions,
    portion: ReadingsPortion,
): Promise<void> {
    for (const table of ['readings', 'overlapping_readings'] as const) {
        await db.run(createStatement(readingsView(table, { ...sources, portion })));
    }
    await db.run(createStatement(readingsSpanView({ portion })));
}

/** Lets the view of a reference table read its file, once there is one. */
export async function showTable(
    db: DuckDB,
    sources: SourceOptions,
    table: ReferenceTable,
    file: string,
): Promise<void> {
    const view = sourceViews({ ...sources, staged: { table, file } }).find(({ name }) => name === table);
    if (view !== undefined) await db.run(createStatement(view));
}

/** True when the file can be opened and has the table's columns. */
export async function isReadable(db: DuckDB, table: ReferenceTable, file: string): Promise<boolean> {
    const columns = referenceColumns[table].columns.map(({ name }) => identifier(name)).join(', ');
    try {
        await db.rows(
            `select ${columns} from read_parquet(${literal(file)}, hive_partitioning = false) limit 0`,
        );
        return true;
    } catch {
        // Damaged, or of another version.
        return false;
    }
}

/** A text per channel that changes when one of the columns does. */
export async function readFacts(
    db: DuckDB,
    follows: Readonly<Record<string, readonly string[]>>,
): Promise<Record<string, string>> {
    const facts: Record<string, string> = {};
    for (const [view, columns] of Object.entries(follows)) {
        const rows = await db.rows(
            `select channel_id, hash(${columns.map(identifier).join(', ')})::varchar as facts from ${identifier(view)}`,
        );
        for (const row of rows) {
            const channelId = String(row.channel_id);
            facts[channelId] = `${facts[channelId] ?? ''}${view} ${String(row.facts)};`;
        }
    }
    return facts;
}

/** Begins a new make of the table: nothing replaced, nothing made yet. */
export async function beginRows(db: DuckDB, table: ReferenceTable): Promise<void> {
    const columns = referenceColumns[table].columns.map(({ name, type }) => `${identifier(name)} ${type}`);
    await db.run(`create or replace temp table made (${columns.join(', ')})`);
    await db.run(
        'create or replace temp table replaced (channel varchar, rows_from timestamptz, rows_to timestamptz)',
    );
}

/** Makes the rows of the channels in the span from the readings that are there now. */
export async function makeRows(
    db: DuckDB,
    source: { readonly table: ReferenceTable; readonly view: string; readonly time: string | undefined },
    channelIds: readonly string[],
    span: Span,
): Promise<void> {
    const columns = referenceColumns[source.table].columns.map(({ name }) => identifier(name)).join(', ');
    const from = `make_timestamptz(${span.from}000000)`;
    const to = `make_timestamptz(${span.to}000000)`;
    await db.run(`insert into replaced select unnest(${literalList(channelIds)}), ${from}, ${to}`);
    const within =
        source.time === undefined
            ? ''
            : ` and ${identifier(source.time)} >= ${from} and ${identifier(source.time)} < ${to}`;
    await db.run(`
        insert into made
        select ${columns} from ${identifier(source.view)}
        where channel_id in (select unnest(${literalList(channelIds)}))${within}`);
}

/** Writes the table with the new rows in the place of the replaced ones: equal rows give equal bytes. */
export async function writeRows(
    db: DuckDB,
    source: { readonly table: ReferenceTable; readonly time: string | undefined },
    keepsOld: boolean,
    format: Pick<FileFormat, 'codec' | 'version'>,
    target: string,
): Promise<void> {
    const columns = referenceColumns[source.table].columns.map(({ name }) => identifier(name));
    const within =
        source.time === undefined
            ? ''
            : ` and ${identifier(source.time)} >= rows_from and ${identifier(source.time)} < rows_to`;
    const old = `
        select ${columns.join(', ')} from ${identifier(source.table)}
        where not exists (select 1 from replaced where channel = channel_id${within})
        union all `;
    await db.run(`
        copy (
            select * from (${keepsOld ? old : ''}select * from made)
            order by length(channel_id), ${columns.join(', ')}
        ) to ${literal(target)} (${copyOptions(format)})`);
}
