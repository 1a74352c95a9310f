/** Takes a file of several gzip members apart; what is damaged between them is stepped over. Pure. */
import { crc32, inflateRawSync } from 'node:zlib';

export interface GzipPart {
    readonly offset: number;
    readonly bytes: number;
    /** What the member holds; undefined for bytes that are no whole member. */
    readonly text: Buffer | undefined;
}

/** Magic number and method of every member. */
const magic = Buffer.from([0x1f, 0x8b, 0x08]);
const trailerBytes = 8;

/** The members in order. After damage the next readable one is looked for. */
export function* walkMembers(bytes: Buffer): Generator<GzipPart> {
    let damagedFrom: number | undefined;
    for (let at = 0; at < bytes.length; ) {
        const member = readMemberAt(bytes, at);
        if (member === undefined) {
            damagedFrom ??= at;
            const next = bytes.indexOf(magic, at + 1);
            at = next === -1 ? bytes.length : next;
            continue;
        }
        if (damagedFrom !== undefined)
            yield { offset: damagedFrom, bytes: at - damagedFrom, text: undefined };
        damagedFrom = undefined;
        yield { offset: at, ...member };
        at += member.bytes;
    }
    if (damagedFrom !== undefined) {
        yield { offset: damagedFrom, bytes: bytes.length - damagedFrom, text: undefined };
    }
}

/** The member that begins at `at`; undefined when none does, or its checksum does not fit. */
function readMemberAt(
    bytes: Buffer,
    at: number,
): { readonly bytes: number; readonly text: Buffer } | undefined {
    const start = skipHeader(bytes, at);
    if (start === undefined) return undefined;
    try {
        const inflated: unknown = inflateRawSync(bytes.subarray(start), { info: true });
        if (!hasInfo(inflated)) return undefined;
        const { buffer: text, engine } = inflated;
        const end = start + engine.bytesWritten + trailerBytes;
        if (end > bytes.length) return undefined;
        const isWhole =
            bytes.readUInt32LE(end - 8) === crc32(text) && bytes.readUInt32LE(end - 4) === text.length;
        return isWhole ? { bytes: end - at, text } : undefined;
    } catch {
        // No deflate stream begins here.
        return undefined;
    }
}

/** Where the compressed data begins. */
function skipHeader(bytes: Buffer, at: number): number | undefined {
    if (bytes.length < at + 18 || !bytes.subarray(at, at + 3).equals(magic)) return undefined;
    const flags = bytes.readUInt8(at + 3);
    let next = at + 10;
    if ((flags & 4) !== 0) next += 2 + bytes.readUInt16LE(next);
    for (const flag of [8, 16]) {
        if ((flags & flag) === 0) continue;
        const end = bytes.indexOf(0, next);
        if (end === -1) return undefined;
        next = end + 1;
    }
    if ((flags & 2) !== 0) next += 2;
    return next < bytes.length ? next : undefined;
}

/** What zlib gives with the option `info`: the consumed bytes are not in its types. */
function hasInfo(
    value: unknown,
): value is { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } } {
    return (
        typeof value === 'object' &&
        value !== null &&
        'buffer' in value &&
        Buffer.isBuffer(value.buffer) &&
        'engine' in value &&
        typeof value.engine === 'object' &&
        value.engine !== null &&
        'bytesWritten' in value.engine
    );
}
