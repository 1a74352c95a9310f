/** Writes a small table under `reference/` from rows in memory, typed as its columns are declared. */
import type { ReferenceRow } from '../model/tables.ts';
import { type DuckDB, identifier, literal } from './duckdb.ts';
import { copyOptions, type FileFormat } from './merge.ts';
import { type ReferenceTable, referenceColumns } from './reference-columns.ts';

/** Writes the rows in the order given: equal rows give equal bytes. A cell that a row lacks is null. */
export async function writeTable(
    db: DuckDB,
    table: ReferenceTable,
    rows: readonly ReferenceRow[],
    format: Pick<FileFormat, 'codec' | 'version'>,
    target: string,
): Promise<void> {
    const { columns } = referenceColumns[table];
    const structure = JSON.stringify([Object.fromEntries(columns.map(({ name, type }) => [name, type]))]);
    const prepared = await db.connection.prepare(
        `create or replace temp table table_rows as
        select unnest(from_json($1::json, ${literal(structure)}), recursive := true)`,
    );
    prepared.bindVarchar(1, JSON.stringify(rows));
    await prepared.run();
    prepared.destroySync();
    await db.run(`
        copy (select ${columns.map(({ name }) => identifier(name)).join(', ')} from table_rows)
        to ${literal(target)} (${copyOptions(format)})`);
    await db.run('drop table table_rows');
}
