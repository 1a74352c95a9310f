/**
 * Raw snapshots: one gzip file holds one API answer as it came, with what was asked and when beside it. Written
 * once, never edited. They wait in the inbox, then lie in the archive by channel and month: each in a file of its own, or
 * together in their month's pack. Whoever reads the archive reads both alike from here.
 */
import { open, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gunzip, gunzipSync, gzip } from 'node:zlib';
import pLimit from 'p-limit';
import type { Span } from '../model/time.ts';
import type { LakeFiles } from './files.ts';
import { listFolder, sizeMaybe } from './files.ts';
import {
    archiveFolder,
    formatSnapshotName,
    type LakePaths,
    packFile,
    packIndexFile,
    parseArchiveMonth,
    parseSnapshotName,
    type ReferenceTable,
    rawReferenceFile,
    type SnapshotName,
} from './layout.ts';
import { type AskedSpans, type PackMember, readMember, readPack, readPackAsked } from './packs.ts';
import { type Answer, formatSnapshot } from './snapshot-text.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Fast enough to keep up with the API, within 10 % of the size of the slowest level. */
const compressionLevel = 3;

/** A snapshot on disk, known by its name. */
export interface Snapshot extends SnapshotName {
    readonly file: string;
    /** The file that holds it: its own, or the pack of its month. */
    readonly path: string;
    /** Where in the pack it lies; left out for a file of its own. */
    readonly packed?: PackMember;
}

/** Puts an answer into the inbox and returns its snapshot. */
export async function landSnapshot(
    files: LakeFiles,
    paths: LakePaths,
    wanted: SnapshotName,
    answer: Answer,
): Promise<Snapshot> {
    const name = await freeName(paths, wanted);
    const file = formatSnapshotName(name);
    const path = join(paths.inbox, file);
    await files.write(path, await compress(formatSnapshot(name, answer), { level: compressionLevel }));
    return { ...name, file, path };
}

/** A clock that was set back must not make one answer overwrite another: the later one counts as later. */
async function freeName(paths: LakePaths, wanted: SnapshotName): Promise<SnapshotName> {
    const file = formatSnapshotName(wanted);
    const kept = archivePath(paths, { ...wanted, file });
    const sizes = await Promise.all([join(paths.inbox, file), kept].map(sizeMaybe));
    const isTaken = sizes.some((size) => size !== undefined) || (await findPacked(kept)) !== undefined;
    return isTaken ? freeName(paths, { ...wanted, fetchedAt: wanted.fetchedAt + 1 }) : wanted;
}

/** The snapshot that would have this path in the archive, when its month's pack holds it. */
async function findPacked(
    kept: string,
): Promise<{ readonly pack: string; readonly member: PackMember } | undefined> {
    const pack = await readPack(dirname(kept));
    const member = pack?.members.find(({ file }) => file === basename(kept));
    return pack === undefined || member === undefined ? undefined : { pack: pack.path, member };
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
        snapshot: 1,
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

/** The bytes of a snapshot, compressed as they were landed. Throws an Error for one in a pack that is damaged. */
export async function readSnapshotBytes(paths: LakePaths, snapshot: Snapshot): Promise<Buffer> {
    if (snapshot.packed !== undefined) return readMember(snapshot.path, snapshot.packed);
    const kept = archivePath(paths, snapshot);
    // A reader takes no lock: meanwhile a writer may have archived the snapshot, or packed it.
    for (const path of [snapshot.path, kept]) {
        if ((await sizeMaybe(path)) !== undefined) return readFile(path);
    }
    const found = await findPacked(kept);
    return found === undefined ? readFile(snapshot.path) : readMember(found.pack, found.member);
}

/** The text inside a snapshot. Throws an Error when it is damaged. */
export async function readSnapshotText(paths: LakePaths, snapshot: Snapshot): Promise<string> {
    return (await decompress(await readSnapshotBytes(paths, snapshot))).toString();
}

/** Compressed bytes that hold what stands before the body, however long the query. */
const headBytes = 4096;

/** The fields a snapshot in a file of its own was asked for, from its head; none when it cannot be read. */
export async function readAskedFields(path: string): Promise<readonly string[]> {
    const handle = await open(path, 'r');
    try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
        // So little that handing it to another thread costs more than it takes.
        const text = gunzipSync(buffer.subarray(0, bytesRead), { finishFlush: constants.Z_SYNC_FLUSH });
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

/**
 * The archived snapshots of a channel, oldest answer first; with a span, those that may have readings in it. One that
 * is both packed and still a file of its own, as a kill leaves it, counts once.
 */
export async function listArchive(paths: LakePaths, channelId: string, within?: Span): Promise<Snapshot[]> {
    const found = new Map<string, Snapshot>();
    for (const folder of await listArchiveFolders(paths, channelId, within)) {
        // The files first: one that is packed meanwhile is then seen twice, and never missed.
        const { snapshots } = await readFolder(folder);
        const pack = await readPack(folder, within);
        for (const packed of pack?.members ?? []) {
            const name = parseSnapshotName(packed.file);
            if (pack !== undefined && name !== undefined) {
                found.set(packed.file, { ...name, file: packed.file, path: pack.path, packed });
            }
        }
        for (const snapshot of snapshots) found.set(snapshot.file, snapshot);
    }
    return [...found.values()]
        .filter(({ from, to }) => within === undefined || (from < within.to && to > within.from))
        .sort(byAge);
}

/** What the archived snapshots of a channel were asked for, without reading a pack's list of them. */
export async function listAsked(paths: LakePaths, channelId: string): Promise<AskedSpans[]> {
    const asked: AskedSpans[] = [];
    for (const folder of await listArchiveFolders(paths, channelId)) {
        const limit = pLimit(16);
        const describe = async ({ path, resolution, from, to }: Snapshot): Promise<AskedSpans> => ({
            resolution,
            fields: await readAskedFields(path),
            spans: [{ from, to }],
        });
        const { snapshots } = await readFolder(folder);
        asked.push(...(await Promise.all(snapshots.map((snapshot) => limit(describe, snapshot)))));
        asked.push(...(await readPackAsked(folder)));
    }
    return asked;
}

/** Spans within the given one that archived snapshots were asked for, from names and indexes alone. */
export async function listArchivedSpans(paths: LakePaths, channelId: string, within: Span): Promise<Span[]> {
    const spans: Span[] = [];
    for (const folder of await listArchiveFolders(paths, channelId, within)) {
        spans.push(...(await readFolder(folder)).snapshots);
        spans.push(...(await readPackAsked(folder)).flatMap((asked) => asked.spans));
    }
    return spans.filter(({ from, to }) => from < within.to && to > within.from);
}

/** The month folders of a channel that may hold snapshots of the span; a snapshot lies where its span begins. */
async function listArchiveFolders(paths: LakePaths, channelId: string, within?: Span): Promise<string[]> {
    const root = archiveFolder(paths, channelId);
    const last = within === undefined ? undefined : monthOf(within.to - 1);
    return (await listFolder(root))
        .filter((name) => {
            const month = parseArchiveMonth(name);
            return month !== undefined && (last === undefined || month <= last);
        })
        .map((name) => join(root, name));
}

/** Channels that have raw snapshots in the archive. */
export async function listArchivedChannels(paths: LakePaths): Promise<string[]> {
    return (await listFolder(paths.archive)).flatMap(
        (folder) => /^channel_id=(\d{1,20})$/.exec(folder)?.[1] ?? [],
    );
}

/** Where a compacted snapshot is kept as a file of its own. */
export function archivePath(paths: LakePaths, snapshot: SnapshotName & { readonly file: string }): string {
    return join(archiveFolder(paths, snapshot.channelId, monthOf(snapshot.from)), snapshot.file);
}

function monthOf(instant: number): string {
    return new Date(instant * 1000).toISOString().slice(0, 7);
}

/** The snapshots of a month's folder that are files of their own, and what else lies there but a pack. */
export async function readArchiveFolder(
    folder: string,
): Promise<{ readonly snapshots: Snapshot[]; readonly strangers: string[] }> {
    const { snapshots, strangers } = await readFolder(folder);
    const packed = [packFile(folder), packIndexFile(folder)];
    return { snapshots, strangers: strangers.filter((path) => !packed.includes(path)) };
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
