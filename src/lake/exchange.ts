/**
 * Puts new data files in the place of old ones while others read them.
 *
 * A rename is not enough. DuckDB opens a file by its name twice, first for the footer and then for the data, and a
 * rename between the two hands it the footer of one file and the data of another: an error, or rows that never were.
 * So a file is exchanged in three renames, each to a file that also holds, at its old place, the data the footer before
 * it speaks of:
 *
 *     old file          [ old data ][ footer → old data ]
 *     first bridge      [ old data  … ][ new data ][ footer → the new data behind ]
 *     second bridge     [ new data  … ][ new data ][ footer → the new data in front ]
 *     new file          [ new data ][ footer ]
 *
 * Whoever read the footer before a rename finds its data after it, as long as no more than one rename passes: they are
 * some time apart. Every state on the way is a whole file with the old or the new rows.
 */
import { copyFile, type FileHandle, open } from 'node:fs/promises';
import { together } from '../core/together.ts';
import { type LakeFiles, sizeMaybe } from './files.ts';
import { closeWith, footerLength, markBytes, moveOffsets, trailerBytes } from './parquet-footer.ts';

/** Time between two renames: what a reader may take from a footer to its data, on a machine that is busy. */
const apartMs = 250;

const chunkBytes = 1024 * 1024;

/** Files worked on side by side. */
const atOnce = 8;

/** A finished Parquet file and the place it takes. */
export interface Exchange {
    readonly temporary: string;
    readonly final: string;
}

/** Puts every file in its place; new places and unchanged files cost no time. */
export async function exchangeFiles(
    files: LakeFiles,
    exchanges: readonly Exchange[],
    clock: { sleep(ms: number): Promise<void> },
): Promise<void> {
    const bridged: Bridged[] = [];
    const prepare = async (exchange: Exchange): Promise<void> => {
        const { temporary, final } = exchange;
        if ((await sizeMaybe(final)) === undefined) return files.replace(temporary, final);
        if (await haveSameBytes(temporary, final)) return files.remove(temporary);
        bridged.push({ ...exchange, ...(await measure(exchange)) });
    };
    await together(exchanges, atOnce, prepare);
    if (bridged.length === 0) return;
    for (const write of [writeFirstBridge, writeSecondBridge]) {
        const cross = async (one: Bridged): Promise<void> => {
            const bridge = await files.build('bridge', (path) => write(one, path));
            await files.replace(bridge, one.final);
        };
        await together(bridged, atOnce, cross);
        await clock.sleep(apartMs);
    }
    await together(bridged, atOnce, ({ temporary, final }) => files.replace(temporary, final));
}

interface Bridged extends Exchange {
    /** Where the data of the new file ends and its footer begins. */
    readonly dataEnd: number;
    readonly footer: Buffer;
    /** Where in the bridges the new data stands a second time: behind everything else. */
    readonly behind: number;
}

async function measure({ temporary, final }: Exchange): Promise<Omit<Bridged, keyof Exchange>> {
    const handle = await open(temporary, 'r');
    try {
        const { size } = await handle.stat();
        const length = footerLength(await readAt(handle, size - trailerBytes, trailerBytes));
        if (length === undefined) throw new Error(`${temporary} is not a Parquet file`);
        const dataEnd = size - trailerBytes - length;
        const behind = Math.max((await sizeMaybe(final)) ?? 0, dataEnd);
        return { dataEnd, footer: await readAt(handle, dataEnd, length), behind };
    } finally {
        await handle.close();
    }
}

async function writeFirstBridge({ temporary, final, ...layout }: Bridged, path: string): Promise<void> {
    await copyFile(final, path);
    const footer = moveOffsets(layout.footer, layout.behind - markBytes);
    await appendData(temporary, path, layout, footer);
}

async function writeSecondBridge({ temporary, ...layout }: Bridged, path: string): Promise<void> {
    await copyFile(temporary, path);
    await appendData(temporary, path, layout, layout.footer);
}

/** Puts the data of `from` behind what `path` already holds, and the footer behind that. */
async function appendData(
    from: string,
    path: string,
    { dataEnd, behind }: Pick<Bridged, 'dataEnd' | 'behind'>,
    footer: Buffer,
): Promise<void> {
    const [source, target] = [await open(from, 'r'), await open(path, 'r+')];
    try {
        for (let at = markBytes; at < dataEnd; at += chunkBytes) {
            const chunk = await readAt(source, at, Math.min(chunkBytes, dataEnd - at));
            await writeAt(target, behind + at - markBytes, chunk);
        }
        await writeAt(target, behind + dataEnd - markBytes, closeWith(footer));
    } finally {
        await source.close();
        await target.close();
    }
}

async function haveSameBytes(one: string, other: string): Promise<boolean> {
    const size = await sizeMaybe(one);
    if (size === undefined || size !== (await sizeMaybe(other))) return false;
    const [a, b] = [await open(one, 'r'), await open(other, 'r')];
    try {
        for (let at = 0; at < size; at += chunkBytes) {
            const length = Math.min(chunkBytes, size - at);
            if (!(await readAt(a, at, length)).equals(await readAt(b, at, length))) return false;
        }
        return true;
    } finally {
        await a.close();
        await b.close();
    }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(Math.max(0, length));
    let done = 0;
    while (done < buffer.length) {
        const { bytesRead } = await handle.read(buffer, done, buffer.length - done, position + done);
        if (bytesRead === 0) break;
        done += bytesRead;
    }
    return buffer.subarray(0, done);
}

/** A nearly full disk takes part of a write without an error. */
async function writeAt(handle: FileHandle, position: number, bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
        done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
    }
}
