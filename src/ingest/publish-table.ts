/** Puts a small table under `reference/`, and leaves its file alone when the rows are the same. */
import { readFile, rm } from 'node:fs/promises';
import { sizeMaybe } from '../lake/files.ts';
import { referenceFile } from '../lake/layout.ts';
import type { ReferenceRow } from '../model/tables.ts';
import type { DuckDB } from '../warehouse/duckdb.ts';
import type { ReferenceTable } from '../warehouse/reference-columns.ts';
import { writeTable } from '../warehouse/write-table.ts';
import type { LakeContext } from './context.ts';
import { putTables } from './put-files.ts';

/** `rows` in their final order. Returns whether the file changed. */
export async function publishTable(
    lake: LakeContext,
    db: DuckDB,
    table: ReferenceTable,
    rows: readonly ReferenceRow[],
): Promise<boolean> {
    const final = referenceFile(lake.paths, table);
    const temporary = lake.files.temporary(table);
    await writeTable(db, table, rows, lake.manifest.parquet, temporary);
    if ((await sizeMaybe(final)) !== undefined && (await readFile(final)).equals(await readFile(temporary))) {
        await rm(temporary);
        return false;
    }
    await putTables(lake, [{ temporary, final }]);
    return true;
}
