/**
 * Checksums of the lake's Parquet files, as they were when they were written: one log a period under
 * `state/checksums`, so that its cost does not grow with the lake; the newest line of a file counts. Derived: without
 * them damage inside a file can only be told by comparing with raw.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type LakeFiles, listFolder, readMaybe, sizeMaybe } from './files.ts';
import type { LakePaths } from './layout.ts';

/** What a file was when it was written. */
export interface Checksum {
    /** Relative to the lake, with `/`. */
    readonly file: string;
    readonly sha256: string;
    readonly bytes: number;
    /** ISO instant, and the run that wrote it. */
    readonly at: string;
    readonly run: string;
}

/** A file's newest checksum, and the one before it: a kill may leave the file as it was before its newest line. */
export interface Recorded extends Checksum {
    readonly before: string | undefined;
}

const schema = z.object({
    file: z.string(),
    sha256: z.string(),
    bytes: z.int(),
    at: z.string(),
    run: z.string(),
});

/** Of a file's bytes, hexadecimal. */
export async function hashFile(path: string): Promise<string> {
    return createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
}

/** The newest checksum of each file, or of those in the logs of the given files; empty when the logs are gone. */
export async function readChecksums(
    paths: LakePaths,
    files?: readonly string[],
): Promise<Map<string, Recorded>> {
    const names = files === undefined ? await listFolder(logFolder(paths)) : [...new Set(files.map(logOf))];
    const found = new Map<string, Recorded>();
    for (const name of names) {
        for (const [file, recorded] of await readLog(join(logFolder(paths), name))) found.set(file, recorded);
    }
    return found;
}

async function readLog(path: string): Promise<Map<string, Recorded>> {
    const found = new Map<string, Recorded>();
    for (const line of ((await readMaybe(path)) ?? '').split('\n')) {
        const entry = parseLine(line);
        if (entry === undefined) continue;
        const known = found.get(entry.file);
        const before = known?.sha256 === entry.sha256 ? known.before : known?.sha256;
        found.set(entry.file, { ...entry, before });
    }
    return found;
}

/** A log beyond this size is looked at after each append. */
const longLogBytes = 1024 * 1024;

/**
 * Notes what is about to take its place. With `durable` it is through a power cut before this returns: a file that is
 * replaced must never be newer than its checksum, while one that is new may be without.
 */
export async function appendChecksums(
    files: LakeFiles,
    paths: LakePaths,
    checksums: readonly Checksum[],
    durable: boolean,
): Promise<void> {
    for (const name of new Set(checksums.map(({ file }) => logOf(file)))) {
        const log = join(logFolder(paths), name);
        const lines = checksums.filter(({ file }) => logOf(file) === name);
        await files.appendLine(log, lines.map((line) => JSON.stringify(line)).join('\n'));
        if (durable) await files.sync(log);
        await shorten(files, log);
    }
}

/** Drops the lines that no longer count when they are most of a long log. */
async function shorten(files: LakeFiles, log: string): Promise<void> {
    const size = (await sizeMaybe(log)) ?? 0;
    if (size < longLogBytes) return;
    const recorded = [...(await readLog(log)).values()];
    const lines = recorded.flatMap(({ before, ...checksum }) => [
        ...(before === undefined ? [] : [{ ...checksum, sha256: before }]),
        checksum,
    ]);
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    if (text.length < size / 2) await files.write(log, text);
}

function logFolder(paths: LakePaths): string {
    return join(paths.state, 'checksums');
}

/** `2026-10.ndjson` for a partition of that period, `reference.ndjson` for all else. */
function logOf(file: string): string {
    const period = /^readings\/channel_id=\d+\/[a-z]+=([\d-]+)\//.exec(file)?.[1];
    return `${period ?? 'reference'}.ndjson`;
}

function parseLine(line: string): Checksum | undefined {
    try {
        return schema.safeParse(JSON.parse(line)).data;
    } catch {
        // A line torn by a crash tells nothing.
        return undefined;
    }
}
