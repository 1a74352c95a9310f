/** Reads and writes the reference tables: small Parquet files with a declared schema, sorted by id. */
import { type ReferenceRow, referenceIds } from '../model/tables.ts';
import { type DuckDB, identifier, literal } from './duckdb.ts';
import { referenceColumns } from './reference-columns.ts';

export type ReferenceName = keyof typeof referenceIds;

/** The rows of a reference file, instants as ISO text. */
export async function readReference(db: DuckDB, table: ReferenceName, file: string): Promise<ReferenceRow[]> {
    const select = referenceColumns[table].columns.map(({ name, type }) =>
        type === 'timestamptz'
            ? `strftime(${identifier(name)} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') as ${identifier(name)}`
            : identifier(name),
    );
    const rows = await db.rows(`select ${select.join(', ')} from read_parquet(${literal(file)})`);
    return rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([key, value]) => [key, scalar(value)])),
    );
}

/** Writes the rows to `target`, ordered by the table's id: equal rows give equal bytes. */
export async function writeReference(
    db: DuckDB,
    table: ReferenceName,
    rows: readonly ReferenceRow[],
    format: { readonly codec: string; readonly version: string },
    target: string,
): Promise<void> {
    const { columns } = referenceColumns[table];
    const structure = JSON.stringify([Object.fromEntries(columns.map(({ name, type }) => [name, type]))]);
    const id = identifier(referenceIds[table]);
    const prepared = await db.connection.prepare(
        `create or replace temp table reference_rows as
        select unnest(from_json($1::json, ${literal(structure)}), recursive := true)`,
    );
    prepared.bindVarchar(1, JSON.stringify(rows));
    await prepared.run();
    prepared.destroySync();
    await db.run(`
        copy (
            select ${columns.map(({ name }) => identifier(name)).join(', ')}
            from reference_rows
            order by length(${id}), ${id}
        ) to ${literal(target)} (
            format parquet, compression ${literal(format.codec)}, parquet_version ${literal(format.version)},
            kv_metadata {eniscope_lake_format: '1'}
        )`);
    await db.run('drop table reference_rows');
}

/** Zone names that DuckDB knows; a name it does not know would break every view. */
export async function readTimeZones(db: DuckDB): Promise<ReadonlySet<string>> {
    const rows = await db.rows('select name from pg_timezone_names()');
    return new Set(rows.map(({ name }) => String(name)));
}

function scalar(value: unknown): string | number | boolean | null {
    if (
        value === null ||
        typeof value === 'string' ||
        typeof value === 'number' ||
        typeof value === 'boolean'
    ) {
        return value;
    }
    return String(value);
}
