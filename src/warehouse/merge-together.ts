/**
 * Writes several fresh partitions by one statement. A `COPY` a partition spends as long on its plan as on the rows of
 * a month, so partitions that merely need their snapshots' rows in a file share one, into a folder nobody reads.
 *
 * The files must be the very bytes that a `COPY` of its own writes. That one sorts; here nothing is sorted, because
 * snapshots taken in the order of their spans give rows in order. Nobody promises that, neither the API nor
 * `PARTITION_BY`: each file is read, and written again by itself when its rows are out of order.
 */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDB, identifier, literal, literalList } from './duckdb.ts';
import {
    areApart,
    clip,
    copyOptions,
    type FileFormat,
    incomingRows,
    type MergeTask,
    readingColumns,
    writePartition,
} from './merge.ts';

/** Partitions of one statement; more is not faster. */
const bundleCount = 16;
/** Text of one statement: it bounds the memory of the files that are open at once. */
const bundleBytes = 8 * 1024 * 1024;
/** Text of one partition. The shortest records of so much text are fewer rows than a row group. */
const partitionBytes = 2 * 1024 * 1024;

/** Tasks to be written by one statement each, in the given order but for those that must stand alone. */
export function bundleTasks(tasks: readonly MergeTask[]): MergeTask[][] {
    const bundles: MergeTask[][] = [];
    const alone: MergeTask[][] = [];
    let bytes = 0;
    let paths = new Set<string>();
    for (const task of tasks) {
        const size = textOf(task);
        if (task.base !== undefined || size > partitionBytes || !areApart(task.snapshots)) {
            alone.push([task]);
            continue;
        }
        bytes += size;
        const last = bundles.at(-1);
        // A snapshot can be read for one partition only.
        const isKnown = task.snapshots.some(({ path }) => paths.has(path));
        if (last === undefined || last.length >= bundleCount || bytes > bundleBytes || isKnown) {
            bundles.push([task]);
            bytes = size;
            paths = new Set();
        } else {
            last.push(task);
        }
        for (const { path } of task.snapshots) paths.add(path);
    }
    return [...bundles, ...alone];
}

function textOf({ snapshots }: MergeTask): number {
    return snapshots.reduce((sum, { textBytes }) => sum + textBytes, 0);
}

/**
 * Writes each task's file by way of `folder`, which is made when it is not there, and returns the rows a task. Only for
 * tasks that `bundleTasks` puts together.
 */
export async function writeTogether(
    db: DuckDB,
    tasks: readonly MergeTask[],
    folder: string,
    format: FileFormat,
): Promise<number[]> {
    try {
        const total = await copyParts(db, tasks, folder, format);
        const parts = total === 0 ? [] : await inspectParts(db, folder);
        const isWhole = parts.reduce((sum, { rows }) => sum + rows, 0) === total;
        const counts = [];
        for (const [number, task] of tasks.entries()) {
            const part = parts.find((one) => one.number === number);
            const isSound = isWhole && part?.isOrdered !== false;
            if (isSound && part !== undefined) await rename(part.file, task.target);
            counts.push(isSound ? (part?.rows ?? 0) : await writePartition(db, task, format));
            if (!isSound && part !== undefined) await rm(part.file);
        }
        return counts;
    } catch (error) {
        // What is half-written must not be taken for a part of the next bundle.
        await rm(folder, { recursive: true, force: true });
        throw error;
    }
}

/** Writes the rows of each task to a folder of its own, `part=` its index. Returns the rows of all. */
async function copyParts(
    db: DuckDB,
    tasks: readonly MergeTask[],
    folder: string,
    format: FileFormat,
): Promise<number> {
    const columns = readingColumns(format.fields).map(([name]) => identifier(name));
    const snapshots = tasks.flatMap((task, index) =>
        [...task.snapshots].sort((a, b) => a.from - b.from).map((snapshot) => clip(snapshot, task, index)),
    );
    const count = await db.value(`
        copy (
            select part, ${columns.join(', ')} from (${incomingRows(snapshots, 'part', format)})
        ) to ${literal(folder)} (${copyOptions(format)}, partition_by (part), overwrite_or_ignore)`);
    return Number(count);
}

interface Part {
    /** The index of its task. */
    readonly number: number;
    readonly file: string;
    readonly rows: number;
    /** True when each row is later than the one before: then no other order is possible. */
    readonly isOrdered: boolean;
}

/** Reads what was written. A part without rows has no file. */
async function inspectParts(db: DuckDB, folder: string): Promise<Part[]> {
    const files = (await readdir(folder, { recursive: true }))
        .filter((name) => name.endsWith('.parquet'))
        .map((name) => join(folder, name));
    const rows = await db.rows(`
        select
            part,
            any_value(filename) as file,
            count(*) as rows,
            count(*) filter (where file_row_number > 0 and (timestamp > previous) is not true) = 0 as is_ordered
        from (
            -- The window streams: the files are read one after the other, from the first row to the last.
            select part, filename, file_row_number, timestamp, lag(timestamp) over () as previous
            from read_parquet(
                ${literalList(files)},
                filename = true,
                file_row_number = true,
                hive_partitioning = true,
                hive_types = {part: INTEGER}
            )
        )
        group by part`);
    return rows.map(({ part, file, rows: count, is_ordered }) => ({
        number: Number(part),
        file: String(file),
        rows: Number(count),
        isOrdered: is_ordered === true,
    }));
}
