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
 * Writes a task's file by a `COPY` of its own, and returns its rows. The snapshots must be ordered oldest answer
 * first. The database should have one thread: sharing so small a task out costs more than it takes.
 */
export async function writePartition(db: DuckDB, task: MergeTask, format: FileFormat): Promise<number> {
    const columns = readingColumns(format.fields).map(([name]) => identifier(name));
    const measures = lakeFields(format.fields).map(({ column }) => identifier(column));
    const numbered = task.snapshots.map((snapshot, index) => clip(snapshot, task, index + 1));
    const parts = [
        ...(task.snapshots.length === 0 ? [] : [incomingRows(numbered, 'age', format)]),
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

/** A snapshot of which the buckets that begin in the span are wanted, with the number its rows shall bear. */
export interface NumberedSnapshot extends SnapshotFile {
    readonly number: number;
}

/** What of a snapshot belongs to the task. */
export function clip(snapshot: SnapshotFile, task: Span, number: number): NumberedSnapshot {
    return {
        path: snapshot.path,
        textBytes: snapshot.textBytes,
        from: Math.max(snapshot.from, task.from),
        to: Math.min(snapshot.to, task.to),
        number,
    };
}

/** The records of the snapshots, no file twice, as rows; the column `numbered` holds each snapshot's number. */
export function incomingRows(
    snapshots: readonly NumberedSnapshot[],
    numbered: 'age' | 'part',
    format: FileFormat,
): string {
    const fields = lakeFields(format.fields);
    const codes = fields.map(({ code }) => `${identifier(code)} DOUBLE`).join(', ');
    const measures = fields.map(
        ({ code, column, divisor }) =>
            `record.${identifier(code)}${divisor === 1 ? '' : ` / ${divisor}`} as ${identifier(column)}`,
    );
    const paths = literalList(snapshots.map(({ path }) => path));
    const largest = Math.max(...snapshots.map(({ textBytes }) => textBytes));
    return `
        select to_timestamp(record.ts) as timestamp, interval_s, ${measures.join(', ')}, fetched_at, ${numbered}
        from (
            -- Named one by one: with a star the whole list of records would be carried along with each of them.
            select ${numbered}, first_ts, end_ts, interval_s, fetched_at, unnest(records) as record
            from (
                -- Whatever is true of a whole snapshot is worked out here, before its records become rows.
                select
                    list_position(${paths}, filename) as place,
                    ${numberList(snapshots.map(({ number }) => number))}[place] as ${numbered},
                    ${numberList(snapshots.map(({ from }) => from))}[place] as first_ts,
                    ${numberList(snapshots.map(({ to }) => to))}[place] as end_ts,
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
export function areApart(spans: readonly Span[]): boolean {
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
