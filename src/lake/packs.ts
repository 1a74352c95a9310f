/**
 * Packs: the archived snapshots of one channel and month in one file. A pack is the snapshots' own bytes, one gzip
 * member behind the other, so `zcat` and `read_json` read it as lines of JSON. The index beside it says where each lies
 * and its hash; it is derived, and made again from the pack when it is lost or does not fit.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { AppError, messageOf } from '../core/errors.ts';
import { mergeSpans } from '../model/spans.ts';
import type { Span } from '../model/time.ts';
import { type LakeFiles, readPart, sizeMaybe } from './files.ts';
import { walkMembers } from './gzip-members.ts';
import { formatSnapshotName, packFile, packIndexFile } from './layout.ts';
import { parseSnapshot, type SnapshotContent } from './snapshot-text.ts';

/** A snapshot inside a pack. */
export interface PackMember {
    /** Its name as a file of its own. */
    readonly file: string;
    readonly offset: number;
    readonly bytes: number;
    /** Bytes of the text inside. */
    readonly textBytes: number;
    /** Of its bytes, hexadecimal. */
    readonly sha256: string;
}

/** Spans that were asked for with the same fields and resolution (seconds). */
export interface AskedSpans {
    readonly resolution: number;
    readonly fields: readonly string[];
    readonly spans: readonly Span[];
}

interface PackHead {
    readonly bytes: number;
    readonly asked: readonly AskedSpans[];
}

export interface Pack extends PackHead {
    readonly path: string;
    readonly members: readonly PackMember[];
    /** Bytes that belong to no snapshot: damage. Known only when the pack itself was read. */
    readonly gaps: readonly { readonly offset: number; readonly bytes: number }[];
    /** False when the index was missing or did not fit and the pack itself was read. */
    readonly isIndexed: boolean;
}

const spanPair = z.tuple([z.int(), z.int()]).transform(([from, to]) => ({ from, to }));
const headSchema = z.object({
    pack: z.literal(1),
    bytes: z.int(),
    asked: z.array(z.object({ resolution: z.int(), fields: z.array(z.string()), spans: z.array(spanPair) })),
});
const memberSchema = z
    .object({ file: z.string(), offset: z.int(), bytes: z.int(), text_bytes: z.int(), sha256: z.string() })
    .transform(({ text_bytes: textBytes, ...rest }): PackMember => ({ ...rest, textBytes }));

/** The pack of a month's folder; undefined when there is none, or none of its snapshots was asked for the span. */
export async function readPack(folder: string, within?: Span): Promise<Pack | undefined> {
    const path = packFile(folder);
    const bytes = await sizeMaybe(path);
    if (bytes === undefined) return undefined;
    const index = await readIndex(folder, bytes);
    if (index === undefined) return scanPack(path);
    if (within !== undefined && !index.head.asked.some(({ spans }) => touches(spans, within))) {
        return undefined;
    }
    const members = index.rest.split('\n').map((line) => memberSchema.parse(JSON.parse(line)));
    return { path, bytes, asked: index.head.asked, members, gaps: [], isIndexed: true };
}

function touches(spans: readonly Span[], within: Span): boolean {
    return spans.some(({ from, to }) => from < within.to && to > within.from);
}

/** What the pack's snapshots were asked for: the first line of the index, whatever the number of snapshots. */
export async function readPackAsked(folder: string): Promise<readonly AskedSpans[]> {
    const path = packFile(folder);
    const bytes = await sizeMaybe(path);
    if (bytes === undefined) return [];
    return ((await readIndex(folder, bytes))?.head ?? (await scanPack(path))).asked;
}

/** The index when it fits a pack of so many bytes; a kill between the two renames leaves one that does not. */
async function readIndex(
    folder: string,
    packBytes: number,
): Promise<{ readonly head: PackHead; readonly rest: string } | undefined> {
    try {
        const text = gunzipSync(await readFile(packIndexFile(folder))).toString();
        const end = text.indexOf('\n');
        const head = headSchema.parse(JSON.parse(text.slice(0, end)));
        return head.bytes === packBytes ? { head, rest: text.slice(end + 1).trimEnd() } : undefined;
    } catch {
        // Derived: an index that cannot be read is as good as none.
        return undefined;
    }
}

/** Reads the pack itself. What no snapshot can be read from is a gap. */
async function scanPack(path: string): Promise<Pack> {
    const bytes = await readFile(path);
    const members: PackMember[] = [];
    const gaps: { offset: number; bytes: number }[] = [];
    let asked: readonly AskedSpans[] = [];
    for (const part of walkMembers(bytes)) {
        const content = part.text === undefined ? undefined : parseMaybe(part.text);
        if (part.text === undefined || content === undefined) {
            gaps.push({ offset: part.offset, bytes: part.bytes });
            continue;
        }
        const slice = bytes.subarray(part.offset, part.offset + part.bytes);
        members.push(describeMember(content, part.offset, slice, part.text.length));
        asked = addAsked(asked, content);
    }
    return { path, bytes: bytes.length, asked, members, gaps, isIndexed: false };
}

function parseMaybe(text: Buffer): SnapshotContent | undefined {
    try {
        return parseSnapshot(text.toString());
    } catch {
        // The gap it leaves is reported.
        return undefined;
    }
}

function describeMember(
    content: SnapshotContent,
    offset: number,
    bytes: Uint8Array,
    textBytes: number,
): PackMember {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { file: formatSnapshotName(content.name), offset, bytes: bytes.length, textBytes, sha256 };
}

/** A snapshot that is to join a pack. */
export interface PackSource {
    readonly file: string;
    read(): Promise<Buffer>;
}

/**
 * Writes the pack of a folder: what it held, then the added files as they are, in the given order. The pack comes
 * first, then its index; the files themselves are left for the caller to remove. Throws DATA_CORRUPT, with the file
 * in its details, for one that is no snapshot of its name; nothing is changed then.
 */
export async function writePack(
    files: LakeFiles,
    folder: string,
    before: Pack | undefined,
    added: readonly PackSource[],
): Promise<Pack> {
    const members = [...(before?.members ?? [])];
    let asked = before?.asked ?? [];
    let offset = before?.bytes ?? 0;
    async function* portions(): AsyncGenerator<Uint8Array> {
        if (before !== undefined) yield* createReadStream(before.path);
        for (const { file, read } of added) {
            const bytes = await read();
            const { content, textBytes } = readSource(file, bytes);
            members.push(describeMember(content, offset, bytes, textBytes));
            asked = addAsked(asked, content);
            offset += bytes.length;
            yield bytes;
        }
    }
    const path = packFile(folder);
    if (added.length > 0) await files.write(path, portions());
    const pack = { path, bytes: offset, asked, members, gaps: [], isIndexed: true };
    await writePackIndex(files, folder, pack);
    return pack;
}

/** One damaged member would make all behind it unreadable for those who read the pack as a whole. */
function readSource(
    file: string,
    bytes: Buffer,
): { readonly content: SnapshotContent; readonly textBytes: number } {
    try {
        const text = gunzipSync(bytes);
        const content = parseSnapshot(text.toString());
        const name = formatSnapshotName(content.name);
        if (name !== file) throw new Error(`its content is that of ${name}`);
        return { content, textBytes: text.length };
    } catch (cause) {
        throw new AppError('DATA_CORRUPT', `the raw snapshot ${file} is damaged: ${messageOf(cause)}`, {
            cause,
            details: { file },
        });
    }
}

/** Writes the index of a pack as it is described. */
export async function writePackIndex(
    files: LakeFiles,
    folder: string,
    pack: Pick<Pack, 'bytes' | 'members' | 'asked'>,
): Promise<void> {
    const head = {
        pack: 1,
        bytes: pack.bytes,
        asked: pack.asked.map(({ spans, ...rest }) => ({
            ...rest,
            spans: spans.map(({ from, to }) => [from, to]),
        })),
    };
    const lines = pack.members.map(({ textBytes, ...rest }) => ({ ...rest, text_bytes: textBytes }));
    const text = [head, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
    await files.write(packIndexFile(folder), gzipSync(text));
}

/** The bytes of a snapshot in a pack. Throws an Error when they are not what the index says. */
export async function readMember(pack: string, member: PackMember): Promise<Buffer> {
    const bytes = await readPart(pack, member.offset, member.bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (sha256 === member.sha256) return bytes;
    throw new Error('its bytes are not those of its hash in the index of the pack');
}

function addAsked(asked: readonly AskedSpans[], { name, fields }: SnapshotContent): readonly AskedSpans[] {
    const { resolution, from, to } = name;
    const isSame = (other: AskedSpans): boolean =>
        other.resolution === resolution && other.fields.join() === fields.join();
    const known = asked.find(isSame) ?? { resolution, fields, spans: [] };
    const joined = { ...known, spans: mergeSpans([...known.spans, { from, to }]) };
    return [...asked.filter((other) => !isSame(other)), joined];
}
