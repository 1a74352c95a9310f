/** An answer of the warehouse in a file: the same text as on stdout, or Parquet. */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { DuckDB } from '../../warehouse/duckdb.ts';
import { copyRows } from '../../warehouse/export-rows.ts';
import { streamRows } from '../../warehouse/rows.ts';
import { writeRows } from './rows.ts';

export const fileFormats = ['csv', 'json', 'ndjson', 'parquet'] as const;
export type FileFormat = (typeof fileFormats)[number];

/** Writes the rows of `sql`, which must have passed `checkReadOnly`, to `file`; gives their number. */
export async function writeAnswer(
    db: DuckDB,
    sql: string,
    file: string,
    format: FileFormat,
): Promise<number> {
    if (format === 'parquet') return copyRows(db, sql, file);
    const handle = openSync(file, 'w');
    try {
        const stream = { write: (text: string) => writeSync(handle, text) >= 0 };
        const { rows } = await writeRows(await streamRows(db, sql), format, stream, false);
        return rows;
    } finally {
        closeSync(handle);
    }
}
