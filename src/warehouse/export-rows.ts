/** An answer written straight into a Parquet file by DuckDB, without passing through JavaScript. */
import { type DuckDB, literal } from './duckdb.ts';

/**
 * Writes the rows of `sql` to `file` and returns their number. `sql` must have passed `checkReadOnly`. `file` is
 * a temporary path in a folder the database may write to; the caller renames it.
 */
export async function copyRows(db: DuckDB, sql: string, file: string): Promise<number> {
    const statement = sql.trim().replace(/;\s*$/, '');
    // The line breaks keep a closing `--` comment of the statement from swallowing the rest.
    const rows = await db.value(
        `copy (\n${statement}\n) to ${literal(file)} (format parquet, compression zstd)`,
    );
    return Number(rows);
}
