/** Writes partitions of one form from partitions of another: other period, other fields, other codec. */
import type { Span } from '../model/time.ts';
import { type DuckDB, identifier, literal, literalList } from './duckdb.ts';
import { copyOptions, type FileFormat, lakeFields, readingColumns } from './merge.ts';

/** First and last timestamp (epoch seconds) of the files together. */
export async function readBounds(db: DuckDB, files: readonly string[]): Promise<Span> {
    const [row] = await db.rows(
        `select epoch(min(timestamp))::bigint as first, epoch(max(timestamp))::bigint as last
        from read_parquet(${literalList(files)}, hive_partitioning = false)`,
    );
    return { from: Number(row?.first ?? 0), to: Number(row?.last ?? 0) + 1 };
}

/** The rows of `files` (which all have the fields `present`) inside the span, in the wanted form. Returns the rows written. */
export async function rewriteRows(
    db: DuckDB,
    files: readonly string[],
    present: readonly string[],
    span: Span,
    format: FileFormat,
    target: string,
): Promise<number> {
    const kept = new Set(lakeFields(present).map(({ column }) => column));
    const columns = readingColumns(format.fields).map(([name, type]) =>
        type !== 'DOUBLE' || kept.has(name) ? identifier(name) : `null::double as ${identifier(name)}`,
    );
    const count = await db.value(`
        copy (
            select ${columns.join(', ')}
            from read_parquet(${literalList(files)}, hive_partitioning = false)
            where epoch(timestamp) >= ${span.from} and epoch(timestamp) < ${span.to}
            order by timestamp, interval_s
        ) to ${literal(target)} (${copyOptions(format)})`);
    return Number(count);
}
