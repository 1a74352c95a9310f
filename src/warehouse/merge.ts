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
 * Writes one file a task, as many side by side as there are connections. The database should have one thread: each
 * connection brings its own, and sharing so small a task out costs more than it takes. The snapshots of a task must
 * be ordered oldest answer first. Returns the rows written a task.
 */
export async function mergeSnapshots(
    connections: readonly DuckDB[],
    tasks: readonly MergeTask[],
    format: FileFormat,
): Promise<number[]> {
    const results: number[] = [];
    const queue = [...tasks.entries()];
    const work = async (db: DuckDB): Promise<void> => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
            const [index, task] = next;
            results[index] = await writePartition(db, task, format);
        }
    };
    const ends = await Promise.allSettled(
        connections.map((db) =>
            work(db).catch((error: unknown) => {
                // No connection may go on writing when the caller already mends what failed.
                queue.length = 0;
                throw error;
            }),
        ),
    );
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return results;
}

async function writePartition(db: DuckDB, task: MergeTask, format: FileFormat): Promise<number> {
    const columns = readingColumns(format.fields).map(([name]) => identifier(name));
    const measures = lakeFields(format.fields).map(({ column }) => identifier(column));
    const parts = [
        ...(task.snapshots.length === 0 ? [] : [incomingRows(task, format)]),
        ...(task.base === undefined
            ? []
            : [
                  `select ${columns.join(', ')}, 0 as age
                  from read_parquet(${literal(task.base)}, hive_partitioning = false)`,
              ]),
    ];
    const all = parts.join(' union all by name ');
    const rows =
        task.base === undefined && areApart(task.snapshots)
            ? all
            : `
        select
            timestamp,
            interval_s,
            ${measures.map((column) => `arg_max(${column}, age) as ${column}`).join(', ')},
            max(fetched_at) as fetched_at
        from (${all})
        group by timestamp, interval_s`;
    const count = await db.value(`
        copy (
            select ${columns.join(', ')} from (${rows}) order by timestamp, interval_s
        ) to ${literal(task.target)} (${copyOptions(format)})`);
    return Number(count);
}

/** The records of the task's snapshots as rows; `age` counts the snapshots from 1, oldest answer first. */
function incomingRows(task: MergeTask, format: FileFormat): string {
    const fields = lakeFields(format.fields);
    const codes = fields.map(({ code }) => `${identifier(code)} DOUBLE`).join(', ');
    const measures = fields.map(
        ({ code, column, divisor }) =>
            `record.${identifier(code)}${divisor === 1 ? '' : ` / ${divisor}`} as ${identifier(column)}`,
    );
    const paths = literalList(task.snapshots.map(({ path }) => path));
    const largest = Math.max(...task.snapshots.map(({ textBytes }) => textBytes));
    return `
        select to_timestamp(record.ts) as timestamp, interval_s, ${measures.join(', ')}, fetched_at, age
        from (
            -- Named one by one: with a star the whole list of records would be carried along with each of them.
            select age, first_ts, end_ts, interval_s, fetched_at, unnest(records) as record
            from (
                -- Whatever is true of a whole snapshot is worked out here, before its records become rows.
                select
                    list_position(${paths}, filename) as age,
                    ${numberList(task.snapshots.map(({ from }) => Math.max(from, task.from)))}[age] as first_ts,
                    ${numberList(task.snapshots.map(({ to }) => Math.min(to, task.to)))}[age] as end_ts,
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
                        fetched_at: 'TIMESTAMPTZ',
                        body: 'STRUCT(resolution BIGINT, records STRUCT(ts BIGINT, ${codes})[])'
                    }
                )
            )
        )
        where record.ts >= first_ts and record.ts < end_ts`;
}

function numberList(numbers: readonly number[]): string {
    return `[${numbers.join(', ')}]`;
}

/** The options of the `COPY` that writes a data file. */
export function copyOptions({ codec, version }: Pick<FileFormat, 'codec' | 'version'>): string {
    return [
        'format parquet',
        `compression ${literal(codec)}`,
        `parquet_version ${literal(version)}`,
        // The oldest readers, for whom V1 is there, read the numbers of a dictionary as text.
        ...(version === 'V1' ? ['dictionary_size_limit 0'] : []),
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

/** What a file's footer says. */
export interface Footer {
    readonly rows: number;
    readonly bytes: number;
}

/** The footers of files, by path: the check before a file is put in its place. */
export async function readFooters(db: DuckDB, files: readonly string[]): Promise<Map<string, Footer>> {
    if (files.length === 0) return new Map();
    const rows = await db.rows(
        `select file_name, num_rows, file_size_bytes from parquet_file_metadata(${literalList(files)})`,
    );
    return new Map(
        rows.map(({ file_name, num_rows, file_size_bytes }) => [
            String(file_name),
            { rows: Number(num_rows), bytes: Number(file_size_bytes) },
        ]),
    );
}
