/**
 * One writer at a time. The lock is the operating system's own on the open file, so it ends with its process,
 * `kill -9` included, and a reused pid means nothing. What is written in the file only names the holder.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { tryLock } from 'fs-native-extensions';
import { AppError } from '../core/errors.ts';
import { toLakeError } from './files.ts';

export interface LockHolder {
    readonly pid: number;
    readonly host: string;
    readonly command: string;
    /** ISO instant. */
    readonly since: string;
}

export interface LockClock {
    now(): number;
    sleep(ms: number): Promise<void>;
}

/** Holds the lock for the time `use` takes. Waits up to `waitSeconds` for another writer, then throws LAKE_LOCKED. */
export async function withLock<T>(
    file: string,
    holder: Omit<LockHolder, 'since'>,
    waitSeconds: number,
    clock: LockClock,
    use: () => Promise<T>,
): Promise<T> {
    const handle = await acquire(file, holder, waitSeconds, clock);
    try {
        return await use();
    } finally {
        await handle.truncate(0).catch(() => undefined); // the name of a holder that is gone; nothing depends on it
        await handle.close();
    }
}

async function acquire(
    file: string,
    holder: Omit<LockHolder, 'since'>,
    waitSeconds: number,
    clock: LockClock,
): Promise<FileHandle> {
    const deadline = clock.now() + waitSeconds * 1000;
    const handle = await open(file, 'a+').catch((cause: unknown) => {
        throw toLakeError(cause, file);
    });
    try {
        while (!tryLock(handle.fd)) {
            const left = deadline - clock.now();
            if (left <= 0) throw lockedError(file, await readHolder(handle, clock));
            await clock.sleep(Math.min(500, left));
        }
        await handle.truncate(0);
        await handle.write(JSON.stringify({ ...holder, since: new Date(clock.now()).toISOString() }));
        return handle;
    } catch (error) {
        await handle.close();
        throw toLakeError(error, file);
    }
}

/** What the holder wrote about itself. It has the lock a moment before it has written: an empty file is looked at again. */
async function readHolder(handle: FileHandle, clock: LockClock): Promise<string> {
    for (let look = 1; ; look += 1) {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
        if (bytesRead > 0 || look === 10) return buffer.subarray(0, bytesRead).toString();
        await clock.sleep(20);
    }
}

function lockedError(file: string, text: string): AppError {
    const holder = parseHolder(text);
    const who =
        holder === undefined
            ? 'another process'
            : `process ${holder.pid} on ${holder.host} (${holder.command}, since ${holder.since})`;
    return new AppError('LAKE_LOCKED', `${who} is writing to this lake`, {
        hint: 'Wait for it to end, or give --wait SECONDS.',
        details: { lock: file, ...holder },
    });
}

function parseHolder(text: string): LockHolder | undefined {
    const match = /^\{"pid":(\d+),"host":"([^"]*)","command":"([^"]*)","since":"([^"]*)"\}$/.exec(text);
    const [, pid, host, command, since] = match ?? [];
    return pid === undefined || host === undefined || command === undefined || since === undefined
        ? undefined
        : { pid: Number(pid), host, command, since };
}
