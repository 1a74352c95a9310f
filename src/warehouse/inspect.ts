/** Looks into one data file: is it whole, of the lake's schema, in order, and within its partition? */
import { messageOf } from '../core/errors.ts';
import type { Span } from '../model/time.ts';
import { type DuckDB, literal } from './duckdb.ts';
import { readingColumns } from './merge.ts';

/** The problems of a partition file, as sentences; none when it is sound. `deep` reads every row. */
export async function inspectPartition(
    db: DuckDB,
    file: string,
    span: Span,
    fields: readonly string[],
    deep: boolean,
): Promise<string[]> {
    try {
        const source = `read_parquet(${literal(file)}, hive_partitioning = false)`;
        const strange = await findStrangeShape(db, file, fields);
        if (strange !== undefined) return [strange];
        const bounds = await checkBounds(db, source, span);
        return deep ? [...bounds, ...(await checkRows(db, source))] : bounds;
    } catch (error) {
        return [`it cannot be read: ${messageOf(error)}`];
    }
}

/** What is wrong with the columns of a data file; undefined when they are the lake's. */
export async function findStrangeShape(
    db: DuckDB,
    file: string,
    fields: readonly string[],
): Promise<string | undefined> {
    const found = await db.rows(
        `describe select * from read_parquet(${literal(file)}, hive_partitioning = false)`,
    );
    const shape = found.map(({ column_name, column_type }) => `${column_name} ${column_type}`).join(', ');
    const expected = readingColumns(fields)
        .map(([name, type]) => `${name} ${type}`)
        .join(', ');
    return shape === expected ? undefined : `its columns are ${shape}; expected are ${expected}`;
}

async function checkBounds(db: DuckDB, source: string, span: Span): Promise<string[]> {
    const [row] = await db.rows(`
        select
            count(*) as row_count,
            count(*) filter (where timestamp is null or interval_s is null or fetched_at is null) as unkeyed,
            epoch(min(timestamp))::bigint as first,
            epoch(max(timestamp))::bigint as last
        from ${source}`);
    if (Number(row?.row_count ?? 0) === 0) return ['it holds no rows'];
    const problems: string[] = [];
    if (Number(row?.unkeyed) > 0) problems.push(`${row?.unkeyed} rows have no key`);
    if (Number(row?.first) < span.from || Number(row?.last) >= span.to) {
        problems.push('it holds rows of another partition');
    }
    return problems;
}

async function checkRows(db: DuckDB, source: string): Promise<string[]> {
    // A sum over every column makes DuckDB decompress every page, and with that check it.
    await db.rows(`select count(columns(*)), sum(hash(columns(*))) from ${source}`);
    const [row] = await db.rows(`
        with ordered as (
            select
                (timestamp, interval_s) as key,
                lag((timestamp, interval_s)) over (order by file_row_number) as previous
            from read_parquet(${source.slice('read_parquet('.length, -1)}, file_row_number = true)
        )
        select
            count(*) filter (where key = previous) as doubled,
            count(*) filter (where key < previous) as unsorted
        from ordered`);
    const problems: string[] = [];
    if (Number(row?.doubled) > 0) problems.push(`${row?.doubled} keys come twice`);
    if (Number(row?.unsorted) > 0) problems.push(`${row?.unsorted} rows are out of order`);
    return problems;
}
