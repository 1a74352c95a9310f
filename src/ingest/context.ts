/** A lake opened for work: manifest read, writer's lock held, journal open, leftovers of a killed run swept. */

import { AppError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Runtime } from '../core/runtime.ts';
import { createLakeFiles, type FileHook, type LakeFiles, sizeMaybe } from '../lake/files.ts';
import { type LakePaths, lakePaths } from '../lake/layout.ts';
import { withLock } from '../lake/lock.ts';
import { type LakeManifest, readManifest } from '../lake/manifest.ts';
import { formatRunId, type Journal, openJournal } from '../lake/runs.ts';
import { recoverRewrite } from './recover-rewrite.ts';
import { noteWrittenSpans, type WrittenSpans } from './written-spans.ts';

/** Requests or partitions done of planned, as a person at a terminal sees it. */
export interface Progress {
    start(total: number, unit: string): void;
    step(done: number, text?: string): void;
    grow(total: number): void;
    stop(): void;
}

export const silentProgress: Progress = { start: () => {}, step: () => {}, grow: () => {}, stop: () => {} };

export interface LakeContext {
    readonly paths: LakePaths;
    readonly manifest: LakeManifest;
    readonly files: LakeFiles;
    readonly journal: Journal;
    readonly command: string;
    readonly startedAt: number;
    readonly runtime: Runtime;
    readonly log: Logger;
    readonly progress: Progress;
    readonly written: WrittenSpans;
}

export interface OpenLakeOptions {
    readonly root: string;
    readonly command: string;
    /** A writer holds the lock; a reader does not need it. */
    readonly write: boolean;
    readonly waitSeconds?: number;
    readonly runtime: Runtime;
    readonly log: Logger;
    readonly progress?: Progress;
    /** Fault injection of the crash tests. */
    readonly fileHook?: FileHook;
}

/** Opens a lake for the time `use` takes. Throws LAKE_NOT_FOUND, LAKE_LOCKED, LAKE_NEWER_FORMAT, LAKE_NOT_WRITABLE. */
export async function withLake<T>(
    options: OpenLakeOptions,
    use: (lake: LakeContext) => Promise<T>,
): Promise<T> {
    const paths = lakePaths(options.root);
    await requireLake(paths);
    if (!options.write) return use(await openContext(paths, options));
    const holder = {
        pid: options.runtime.pid,
        host: options.runtime.hostname,
        command: options.command,
    };
    return withLock(paths.lock, holder, options.waitSeconds ?? 0, options.runtime, async () => {
        const lake = await openContext(paths, options);
        await recoverRewrite(paths, lake.manifest);
        await lake.files.sweepStaging();
        await lake.files.folder(paths.staging);
        return use(lake);
    });
}

async function requireLake(paths: LakePaths): Promise<void> {
    if ((await sizeMaybe(paths.manifest)) !== undefined) return;
    throw new AppError('LAKE_NOT_FOUND', `there is no lake in ${paths.root}`, {
        hint: 'Make one with `eniscope-lake init`, or name another folder with --lake.',
    });
}

async function openContext(paths: LakePaths, options: OpenLakeOptions): Promise<LakeContext> {
    const manifest = await readManifest(paths);
    if (manifest === undefined) throw new AppError('LAKE_NOT_FOUND', `there is no lake in ${paths.root}`);
    const { runtime } = options;
    const files = createLakeFiles(paths.staging, options.fileHook);
    const startedAt = runtime.now();
    return {
        paths,
        manifest,
        files,
        startedAt,
        journal: openJournal(files, paths, runtime, formatRunId(startedAt, runtime.pid)),
        command: options.command,
        runtime,
        log: options.log,
        progress: options.progress ?? silentProgress,
        written: noteWrittenSpans(),
    };
}
