/** Writes partition files side by side: one queue of work, and a few connections that take from it. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { together } from '../core/together.ts';
import { type DuckDB, withDuckDB } from './duckdb.ts';
import { type FileFormat, type MergeTask, writePartition } from './merge.ts';
import { bundleTasks, writeTogether } from './merge-together.ts';

export interface PartitionWriterOptions {
    readonly format: FileFormat;
    /** Where unfinished files, and what DuckDB spills, may lie. */
    readonly stagingFolder: string;
    /** Of all connections together: `400MB`. */
    readonly memoryLimit: string;
    readonly connections: number;
}

export interface PartitionWriter {
    /** A connection for other work on the same database. */
    readonly db: DuckDB;
    /**
     * Writes each task's file and returns the rows a task; a task without rows may leave no file. It rejects when a
     * task failed and none of the others is being written any more.
     */
    write(tasks: readonly MergeTask[]): Promise<number[]>;
}

/** A connection, and the folder in which it writes several partitions at once. */
interface Worker {
    readonly db: DuckDB;
    readonly folder: string;
}

/** Opens a writer for the time `use` takes. */
export async function withPartitionWriter<T>(
    options: PartitionWriterOptions,
    use: (writer: PartitionWriter) => Promise<T>,
): Promise<T> {
    const { format, stagingFolder, memoryLimit } = options;
    // Each connection brings a thread of its own; to share so small a task out costs more than it takes.
    return withDuckDB({ memoryLimit, threads: 1, spillFolder: stagingFolder }, async (db) => {
        // What was written is read back once; kept in memory it would grow with the backlog.
        await db.run('set enable_external_file_cache = false');
        const limit = pLimit(options.connections);
        const folders: string[] = [];
        const idle: Worker[] = [];
        const hire = async (): Promise<Worker> => {
            const folder = join(stagingFolder, `parts-${folders.length}.tmp`);
            folders.push(folder);
            return { folder, db: await db.connect() };
        };
        const run = (job: (worker: Worker) => Promise<number[]>): Promise<number[]> =>
            limit(async () => {
                const worker = idle.pop() ?? (await hire());
                return job(worker).finally(() => idle.push(worker));
            });
        const write = async (tasks: readonly MergeTask[]): Promise<number[]> => {
            const bundles = bundleTasks(tasks);
            const rows = await together(bundles, bundles.length, (bundle) =>
                run((worker) => writeBundle(worker, bundle, format)),
            );
            const counts = new Map(
                bundles.flatMap((bundle, index) =>
                    bundle.map((task, place) => [task, rows[index]?.[place] ?? 0] as const),
                ),
            );
            return tasks.map((task) => counts.get(task) ?? 0);
        };
        try {
            return await use({ db, write });
        } finally {
            for (const folder of folders) await rm(folder, { recursive: true, force: true });
        }
    });
}

async function writeBundle(
    { db, folder }: Worker,
    bundle: readonly MergeTask[],
    format: FileFormat,
): Promise<number[]> {
    const [only, ...others] = bundle;
    if (only === undefined || others.length > 0) return writeTogether(db, bundle, folder, format);
    return [await writePartition(db, only, format)];
}
