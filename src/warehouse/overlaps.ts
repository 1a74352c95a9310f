/** Finds the data files in which readings may overlap: the views look for overlaps in no others. */
import { type DuckDB, literal, literalList } from './duckdb.ts';
import { copyOptions, type FileFormat, readingColumns } from './merge.ts';

/**
 * Those of `files` (paths, or one pattern) that do not hold a single regular grid: one interval length that divides
 * the day, on multiples of it in UTC. Readings of two such files of a channel cannot overlap either.
 */
export async function findIrregularFiles(db: DuckDB, files: readonly string[] | string): Promise<string[]> {
    if (files.length === 0) return [];
    const rows = await db.rows(`
        select filename
        from read_parquet(
            ${typeof files === 'string' ? literal(files) : literalList(files)},
            filename = true,
            hive_partitioning = false
        )
        group by filename
        having min(interval_s) <> max(interval_s)
            or 86400 % min(interval_s) <> 0
            or bool_or(epoch_us(timestamp) % (1000000 * interval_s::bigint) <> 0)
        order by filename`);
    return rows.map(({ filename }) => String(filename));
}

/** A data file of the lake's columns without rows. */
export async function writeEmptyFile(db: DuckDB, target: string, format: FileFormat): Promise<void> {
    const columns = readingColumns(format.fields).map(([name, type]) => `null::${type} as "${name}"`);
    await db.run(
        `copy (select ${columns.join(', ')} where false) to ${literal(target)} (${copyOptions(format)})`,
    );
}
