/** Looks into one data file: is it whole, of the lake's schema, in order, and within its partition? */
import { messageOf } from '../core/errors.ts';
import type { Span } from '../model/time.ts';
import { type DuckDB, identifier, literal } from './duckdb.ts';
import { lakeFields, readingColumns } from './merge.ts';

/** One thing wrong with a data file. */
export interface Flaw {
    readonly kind: 'unreadable' | 'schema' | 'empty' | 'keyless' | 'misplaced' | 'duplicate' | 'unsorted';
    readonly problem: string;
}

/** The flaws of a partition file; none when it is sound. `deep` reads every row. */
export async function inspectPartition(
    db: DuckDB,
    file: string,
    span: Span,
    fields: readonly string[],
    deep: boolean,
): Promise<Flaw[]> {
    try {
        const source = `read_parquet(${literal(file)}, hive_partitioning = false)`;
        const strange = await findStrangeShape(db, file, fields);
        if (strange !== undefined) return [{ kind: 'schema', problem: strange }];
        const bounds = await checkBounds(db, source, span);
        return deep ? [...bounds, ...(await checkRows(db, source))] : bounds;
    } catch (error) {
        return [{ kind: 'unreadable', problem: `it cannot be read: ${messageOf(error)}` }];
    }
}

/** A row of a data file; times in epoch seconds and milliseconds, values in the order of the fields. */
export interface StoredRow {
    readonly ts: number;
    readonly intervalS: number;
    readonly values: readonly (number | null)[];
    readonly fetchedAt: number;
}

/** The rows of a file that begin in the span. */
export async function readRows(
    db: DuckDB,
    file: string,
    span: Span,
    fields: readonly string[],
): Promise<StoredRow[]> {
    const columns = lakeFields(fields).map(({ column }) => column);
    const rows = await db.rows(`
        select
            epoch(timestamp)::bigint as ts,
            interval_s,
            ${columns.map((column) => `${identifier(column)} as ${identifier(`=${column}`)}`).join(', ')},
            epoch_ms(fetched_at) as fetched
        from read_parquet(${literal(file)}, hive_partitioning = false)
        where timestamp >= to_timestamp(${span.from}) and timestamp < to_timestamp(${span.to})
        order by timestamp, interval_s`);
    return rows.map((row) => ({
        ts: Number(row.ts),
        intervalS: Number(row.interval_s),
        values: columns.map((column) => {
            const value = row[`=${column}`];
            return typeof value === 'number' ? value : null;
        }),
        fetchedAt: Number(row.fetched),
    }));
}

/** Reads a file of any columns to its last row; throws when it cannot. */
export async function readWhole(db: DuckDB, file: string): Promise<void> {
    const source = `read_parquet(${literal(file)}, hive_partitioning = false)`;
    await db.rows(`select sum(hash(columns(*))) from ${source}`);
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

async function checkBounds(db: DuckDB, source: string, span: Span): Promise<Flaw[]> {
    const [row] = await db.rows(`
        select
            count(*) as row_count,
            count(*) filter (where timestamp is null or interval_s is null or fetched_at is null) as unkeyed,
            epoch(min(timestamp))::bigint as first,
            epoch(max(timestamp))::bigint as last
        from ${source}`);
    if (Number(row?.row_count ?? 0) === 0) return [{ kind: 'empty', problem: 'it holds no rows' }];
    const problems: Flaw[] = [];
    if (Number(row?.unkeyed) > 0) {
        problems.push({ kind: 'keyless', problem: `${row?.unkeyed} rows have no key` });
    }
    if (Number(row?.first) < span.from || Number(row?.last) >= span.to) {
        problems.push({ kind: 'misplaced', problem: 'it holds rows of another partition' });
    }
    return problems;
}

async function checkRows(db: DuckDB, source: string): Promise<Flaw[]> {
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
            count(*) - count(distinct key) as doubled,
            count(*) filter (where key < previous) as unsorted
        from ordered`);
    const problems: Flaw[] = [];
    if (Number(row?.doubled) > 0) {
        problems.push({ kind: 'duplicate', problem: `${row?.doubled} keys come twice` });
    }
    if (Number(row?.unsorted) > 0) {
        problems.push({ kind: 'unsorted', problem: `${row?.unsorted} rows are out of order` });
    }
    return problems;
}
