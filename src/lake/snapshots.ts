/**
 * Raw snapshots: one gzip file holds one API answer as it came, with what was asked and when beside it. Written
 * once, never edited; the body stands verbatim inside, so numbers keep their digits.
 */

import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import type { LakeFiles } from './files.ts';
import { listFolder, sizeMaybe } from './files.ts';
import {
    archiveFolder,
    formatSnapshotName,
    type LakePaths,
    parseSnapshotName,
    type ReferenceTable,
    rawReferenceFile,
    type SnapshotName,
} from './layout.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Fast enough to keep up with the API, within 10 % of the size of the slowest level. */
const compressionLevel = 3;

/** Version of the object around the body. */
const snapshotVersion = 1;

/** What was asked, and the answer as it came. */
export interface Answer {
    readonly path: string;
    /** Decoded query; it never holds a secret. */
    readonly query: string;
    readonly fields: readonly string[];
    readonly status: number;
    readonly durationMs: number;
    /** The answer's text, valid JSON. */
    readonly body: string;
}

/** A snapshot on disk, known by its name. */
export interface Snapshot extends SnapshotName {
    readonly file: string;
    readonly path: string;
}

/** Puts an answer into the inbox and returns its snapshot. */
export async function landSnapshot(
    files: LakeFiles,
    paths: LakePaths,
    wanted: SnapshotName,
    answer: Answer,
): Promise<Snapshot> {
    const name = await freeName(paths, wanted);
    const request = {
        path: answer.path,
        query: answer.query,
        channel_id: name.channelId,
        from: name.from,
        to: name.to,
        resolution: name.resolution,
        fields: answer.fields,
    };
    const head = JSON.stringify({
        snapshot: snapshotVersion,
        request,
        fetched_at: new Date(name.fetchedAt).toISOString(),
        status: answer.status,
        duration_ms: Math.round(answer.durationMs),
    });
    const text = `${head.slice(0, -1)},"body":${answer.body}}\n`;
    const file = formatSnapshotName(name);
    const path = join(paths.inbox, file);
    await files.write(path, await compress(text, { level: compressionLevel }));
    return { ...name, file, path };
}

/** A clock that was set back must not make one answer overwrite another: the later one counts as later. */
async function freeName(paths: LakePaths, wanted: SnapshotName): Promise<SnapshotName> {
    const file = formatSnapshotName(wanted);
    const places = [join(paths.inbox, file), archivePath(paths, { ...wanted, file, path: '' })];
    const sizes = await Promise.all(places.map(sizeMaybe));
    return sizes.every((size) => size === undefined)
        ? wanted
        : freeName(paths, { ...wanted, fetchedAt: wanted.fetchedAt + 1 });
}

/** A reference list as answered; an incomplete one left out what it said it holds. `fetchedAt` in epoch milliseconds. */
export interface ReferenceHead {
    readonly table: ReferenceTable;
    readonly fetchedAt: number;
    readonly isComplete: boolean;
}

const incompleteMark = { complete: false } as const;

/** False for the text of a raw reference list that was marked as incomplete. */
export function isCompleteRaw(text: string): boolean {
    const head = text.slice(0, text.indexOf('"pages":'));
    return !head.includes(JSON.stringify(incompleteMark).slice(1, -1));
}

/** All pages of a reference list as one raw file. */
export async function landReference(
    files: LakeFiles,
    paths: LakePaths,
    { table, fetchedAt, isComplete }: ReferenceHead,
    pages: readonly { readonly query: string; readonly status: number; readonly body: string }[],
): Promise<string> {
    const bodies = pages.map(({ query, status, body }) => {
        const head = JSON.stringify({ query, status });
        return `${head.slice(0, -1)},"body":${body}}`;
    });
    const head = JSON.stringify({
        snapshot: snapshotVersion,
        table,
        fetched_at: new Date(fetchedAt).toISOString(),
        ...(isComplete ? {} : incompleteMark),
    });
    const path = rawReferenceFile(paths, table, fetchedAt);
    const text = `${head.slice(0, -1)},"pages":[${bodies.join(',')}]}\n`;
    await files.write(path, await compress(text, { level: compressionLevel }));
    return path;
}

/** The text inside a raw file. */
export async function readRaw(path: string): Promise<string> {
    return (await decompress(await readFile(path))).toString();
}

/** Compressed bytes that hold what stands before the body, however long the query. */
const headBytes = 4096;

/** The fields a snapshot was asked for, from its head alone; none when it cannot be read. */
export async function readAskedFields(path: string): Promise<readonly string[]> {
    const handle = await open(path, 'r');
    try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
        const text = await decompress(buffer.subarray(0, bytesRead), {
            finishFlush: constants.Z_SYNC_FLUSH,
        });
        const listed = /"fields":\["([^\]]*)"\]\}/.exec(text.toString())?.[1];
        return listed?.split('","') ?? [];
    } catch {
        // A damaged snapshot answers nothing; compaction sets it aside and tells.
        return [];
    } finally {
        await handle.close();
    }
}

/** Snapshots that wait for compaction, oldest answer first; files that are no snapshots are named apart. */
export async function listInbox(
    paths: LakePaths,
): Promise<{ readonly snapshots: Snapshot[]; readonly strangers: string[] }> {
    return readFolder(paths.inbox);
}

/** The archived snapshots of a channel, oldest answer first. */
export async function listArchive(paths: LakePaths, channelId: string): Promise<Snapshot[]> {
    const folder = archiveFolder(paths, channelId);
    const found: Snapshot[] = [];
    for (const month of await listFolder(folder)) {
        found.push(...(await readFolder(join(folder, month))).snapshots);
    }
    return found.sort(byAge);
}

/** Channels that have raw snapshots in the archive. */
export async function listArchivedChannels(paths: LakePaths): Promise<string[]> {
    return (await listFolder(paths.archive)).flatMap(
        (folder) => /^channel_id=(\d{1,20})$/.exec(folder)?.[1] ?? [],
    );
}

/** Where a compacted snapshot is kept. */
export function archivePath(paths: LakePaths, snapshot: Snapshot): string {
    const month = new Date(snapshot.from * 1000).toISOString().slice(0, 7);
    return join(archiveFolder(paths, snapshot.channelId, month), snapshot.file);
}

async function readFolder(folder: string): Promise<{ snapshots: Snapshot[]; strangers: string[] }> {
    const snapshots: Snapshot[] = [];
    const strangers: string[] = [];
    for (const file of await listFolder(folder)) {
        const name = parseSnapshotName(file);
        if (name === undefined) strangers.push(join(folder, file));
        else snapshots.push({ ...name, file, path: join(folder, file) });
    }
    return { snapshots: snapshots.sort(byAge), strangers };
}

/** The total order of answers: by time, then by name. The newest value wins by this order, everywhere. */
export function byAge(a: Snapshot, b: Snapshot): number {
    return a.fetchedAt - b.fetchedAt || (a.file < b.file ? -1 : a.file > b.file ? 1 : 0);
}
