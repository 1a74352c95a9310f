/**
 * Merges snapshots into partition files. Per key (timestamp, interval_s) and per column the newest non-null value
 * wins, so the order of merging does not matter and equal content gives equal bytes.
 */
import { type Field, findField } from '../model/fields.ts';
import type { Span } from '../model/time.ts';
import { type DuckDB, identifier, literal, literalList } from './duckdb.ts';

/** How a lake's data files are written; the same for every file of a lake. */
export interface FileFormat {
    readonly fields: readonly string[];
    readonly codec: string;
    readonly version: 'V1' | 'V2';
}

/** Threads a database for merging is opened with, and connections that write partitions. */
export const mergeThreads = 2;

/** One partition to write. Spans in epoch seconds. */
export interface MergeTask extends Span {
    /** Snapshot files, each with the span it was asked for. */
    readonly snapshots: readonly SnapshotFile[];
    /** The file whose rows are older than every snapshot; undefined for a fresh partition. */
    readonly base: string | undefined;
    /** Where the merged file is written. */
    readonly target: string;
}

export interface SnapshotFile extends Span {
    readonly path: string;
    /** Bytes of the text inside. */
    readonly textBytes: number;
}

export interface MergeResult {
    readonly rows: number;
    readonly bytes: number;
}

/** The fields of a lake, in the order of their columns. Unknown codes are refused by the manifest. */
export function lakeFields(codes: readonly string[]): Field[] {
    return codes.flatMap((code) => findField(code) ?? []);
}

/** The columns of a partition file, in order, with their types. */
export function readingColumns(codes: readonly string[]): readonly (readonly [name: string, type: string])[] {
    return [
        ['timestamp', 'TIMESTAMP WITH TIME ZONE'],
        ['interval_s', 'INTEGER'],
        ...lakeFields(codes).map(({ column }) => [column, 'DOUBLE'] as const),
        ['fetched_at', 'TIMESTAMP WITH TIME ZONE'],
    ];
}

/**
 * Reads all snapshots of the tasks at once and writes one file a task, two at a time. `snapshots` must be ordered
 * oldest answer first. A task without any row writes no file and reports 0 rows.
 */
export async function mergeSnapshots(
    db: DuckDB,
    second: DuckDB,
    snapshots: readonly SnapshotFile[],
    tasks: readonly MergeTask[],
    format: FileFormat,
): Promise<MergeResult[]> {
    // Rows are sorted when they are written: keeping the order they are read in would cost a fifth of the reading.
    await db.run('set preserve_insertion_order = false');
    if (snapshots.length > 0) await loadSnapshots(db, snapshots, format);
    await db.run('set preserve_insertion_order = true');
    // Each connection now works in a thread of its own; sharing so small a task out costs a third more than it takes.
    await db.run('set threads = 1');
    const ages = new Map(snapshots.map(({ path }, age) => [path, age + 1]));
    const results: MergeResult[] = [];
    const queue = [...tasks.entries()];
    const work = async (connection: DuckDB): Promise<void> => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
            const [index, task] = next;
            results[index] = await writePartition(connection, task, ages, format);
        }
    };
    try {
        await Promise.all([work(db), work(second)]);
    } finally {
        await db.run(`set threads = ${mergeThreads}`);
    }
    await db.run('drop table if exists incoming');
    return results;
}

async function loadSnapshots(
    db: DuckDB,
    snapshots: readonly SnapshotFile[],
    format: FileFormat,
): Promise<void> {
    const fields = lakeFields(format.fields);
    const codes = fields.map(({ code }) => `${identifier(code)} DOUBLE`).join(', ');
    const measures = fields.map(
        ({ code, column, divisor }) =>
            `record.${identifier(code)}${divisor === 1 ? '' : ` / ${divisor}`} as ${identifier(column)}`,
    );
    const paths = literalList(snapshots.map(({ path }) => path));
    const largest = Math.max(...snapshots.map(({ textBytes }) => textBytes));
    await db.run(`
        create or replace table incoming as
        select
            age,
            record.ts as ts,
            interval_s,
            ${measures.join(', ')},
            fetched_at
        from (
            select
                age,
                asked_from,
                asked_to,
                interval_s,
                fetched_at,
                unnest(records) as record
            from (
                -- Whatever is true of a whole snapshot is worked out here, before its records become rows.
                select
                    list_position(${paths}, filename) as age,
                    request."from" as asked_from,
                    request."to" as asked_to,
                    body.resolution::integer as interval_s,
                    fetched_at,
                    body.records as records
                from read_json(
                    ${paths},
                    format = 'unstructured',
                    compression = 'gzip',
                    filename = true,
                    maximum_object_size = ${Math.max(largest + 1024, 65_536)},
                    columns = {
                        request: 'STRUCT("from" BIGINT, "to" BIGINT)',
                        fetched_at: 'TIMESTAMPTZ',
                        body: 'STRUCT(resolution BIGINT, records STRUCT(ts BIGINT, ${codes})[])'
                    }
                )
            )
        )
        where record.ts >= asked_from and record.ts < asked_to`);
}

async function writePartition(
    db: DuckDB,
    task: MergeTask,
    ages: ReadonlyMap<string, number>,
    format: FileFormat,
): Promise<MergeResult> {
    const columns = readingColumns(format.fields).map(([name]) => identifier(name));
    const measures = lakeFields(format.fields).map(({ column }) => identifier(column));
    const mine = task.snapshots.flatMap(({ path }) => ages.get(path) ?? []);
    const incoming = `
        select to_timestamp(ts) as timestamp, interval_s, ${measures.join(', ')}, fetched_at, age
        from incoming
        where age in (${mine.join(', ') || 'null'}) and ts >= ${task.from} and ts < ${task.to}`;
    const base =
        task.base === undefined
            ? ''
            : `union all by name select ${columns.join(', ')}, 0 as age from read_parquet(${literal(task.base)}, hive_partitioning = false)`;
    const rows =
        task.base === undefined && areApart(task.snapshots)
            ? incoming
            : `
        select
            timestamp,
            interval_s,
            ${measures.map((column) => `arg_max(${column}, age) as ${column}`).join(', ')},
            max(fetched_at) as fetched_at
        from (${incoming} ${base})
        group by timestamp, interval_s`;
    const stats = await db.rows(`
        copy (
            select ${columns.join(', ')} from (${rows}) order by timestamp, interval_s
        ) to ${literal(task.target)} (${copyOptions(format)})`);
    return { rows: Number(stats[0]?.count ?? 0), bytes: Number(stats[0]?.file_size_bytes ?? 0) };
}

/** The options of the `COPY` that writes a data file. */
export function copyOptions({ codec, version }: FileFormat): string {
    return [
        'format parquet',
        `compression ${literal(codec)}`,
        `parquet_version ${literal(version)}`,
        // The oldest readers, for whom V1 is there, read the numbers of a dictionary as text.
        ...(version === 'V1' ? ['dictionary_size_limit 0'] : []),
        'return_stats',
        "kv_metadata {eniscope_lake_format: '1'}",
    ].join(', ');
}

/** True when no two spans overlap: then no key can come twice. */
function areApart(spans: readonly Span[]): boolean {
    const sorted = [...spans].sort((a, b) => a.from - b.from);
    return sorted.every((span, index) => index === 0 || (sorted[index - 1]?.to ?? 0) <= span.from);
}

/** The newest `fetched_at` (epoch milliseconds) in each readable file; files that cannot be read are left out. */
export async function newestFetches(db: DuckDB, files: readonly string[]): Promise<Map<string, number>> {
    if (files.length === 0) return new Map();
    const query = (some: readonly string[]): string => `
        select filename, epoch_ms(max(fetched_at)) as newest
        from read_parquet(${literalList(some)}, filename = true, hive_partitioning = false)
        group by filename`;
    try {
        const rows = await db.rows(query(files));
        return new Map(rows.map(({ filename, newest }) => [String(filename), Number(newest)]));
    } catch (error) {
        if (files.length === 1) return new Map();
        // One damaged file fails the whole list: halve it until the damaged one stands alone.
        const half = Math.ceil(files.length / 2);
        const first = await newestFetches(db, files.slice(0, half));
        const rest = await newestFetches(db, files.slice(half));
        if (first.size + rest.size === files.length) throw error;
        return new Map([...first, ...rest]);
    }
}

/** Rows by the footer of each file: the check before a file is put in its place. */
export async function countRows(db: DuckDB, files: readonly string[]): Promise<Map<string, number>> {
    if (files.length === 0) return new Map();
    const rows = await db.rows(
        `select file_name, num_rows from parquet_file_metadata(${literalList(files)})`,
    );
    return new Map(rows.map(({ file_name, num_rows }) => [String(file_name), Number(num_rows)]));
}
