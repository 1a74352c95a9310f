/** An answer written straight into a file by DuckDB, without passing through JavaScript. */
import { type DuckDB, literal } from './duckdb.ts';

export type ExportFormat = 'parquet' | 'csv' | 'json' | 'ndjson';

const options: Readonly<Record<ExportFormat, string>> = {
    parquet: 'format parquet, compression zstd',
    csv: 'format csv, header true',
    json: 'format json, array true',
    ndjson: 'format json, array false',
};

/**
 * Writes the rows of `sql` to `file` and returns their number. `sql` must have passed `checkReadOnly`. `file` is
 * a temporary path in a folder the database may write to; the caller renames it. In text formats DuckDB writes
 * instants in UTC: `2026-10-01 00:00:00+00`.
 */
export async function copyRows(db: DuckDB, sql: string, file: string, format: ExportFormat): Promise<number> {
    const statement = sql.trim().replace(/;\s*$/, '');
    // The line breaks keep a closing `--` comment of the statement from swallowing the rest.
    const rows = await db.value(`copy (\n${statement}\n) to ${literal(file)} (${options[format]})`);
    return Number(rows);
}
