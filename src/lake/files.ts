/**
 * The only writer of files. Everything that is kept goes temporary file → sync → rename → sync of the folder, so
 * a reader, or a machine that loses power, sees the old file or the new one and nothing between.
 */
import { constants } from 'node:fs';
import {
    copyFile,
    mkdir,
    open,
    readdir,
    readFile,
    readlink,
    rename,
    rm,
    rmdir,
    stat,
    symlink,
    unlink,
    writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { toSystemError } from '../core/system-errors.ts';

/** One step of a write, as the fault injection of the crash tests sees it. */
export type FileStep = 'write' | 'sync' | 'rename' | 'unlink' | 'append' | 'mkdir' | 'link';

/** Called before and after each step; a test may end the process or throw a disk error here. */
export type FileHook = (step: FileStep, path: string, when: 'before' | 'after') => void;

type FileData = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface LakeFiles {
    /** Writes `data` to `final` by way of the staging folder; what comes in portions is never held whole. */
    write(final: string, data: FileData): Promise<void>;
    /** Writes a file into the staging folder, for the run alone and unsynced, and returns its path. */
    scratch(name: string, data: Uint8Array): Promise<string>;
    /** Makes a temporary file by `work` and returns its path. What a failed `work` leaves is removed. */
    build(name: string, work: (path: string) => Promise<void>): Promise<string>;
    /** Puts a finished temporary file in the place of `final`. */
    replace(temporary: string, final: string): Promise<void>;
    /** Moves a kept file to another folder of the same lake; nothing is left behind. */
    move(from: string, to: string): Promise<void>;
    /** Appends whole lines, the last without its line break. A line torn by an earlier crash is closed first. */
    appendLine(file: string, line: string): Promise<void>;
    /** Makes what was appended last through a power cut. */
    sync(file: string): Promise<void>;
    remove(file: string): Promise<void>;
    /** Makes `path` a symbolic link to `target`, in the place of whatever else is there. */
    link(target: string, path: string): Promise<void>;
    /** Removes an empty folder. */
    removeFolder(folder: string): Promise<void>;
    /** A free path under `.staging`. Ends in `.tmp`, so no table's glob ever matches it. */
    temporary(name: string): string;
    /** Makes a folder and its parents. */
    folder(path: string): Promise<void>;
    /** Empties the staging folder: whatever a killed run left there was never part of the lake. */
    sweepStaging(): Promise<number>;
}

export function createLakeFiles(staging: string, hook: FileHook = () => {}): LakeFiles {
    let serial = 0;
    const madeFolders = new Set<string>();

    const step = async <T>(name: FileStep, path: string, work: () => Promise<T>): Promise<T> => {
        try {
            hook(name, path, 'before');
            const result = await work();
            hook(name, path, 'after');
            return result;
        } catch (cause) {
            throw toLakeError(cause, path);
        }
    };

    const folder = async (path: string): Promise<void> => {
        if (madeFolders.has(path)) return;
        const first = await step('mkdir', path, () => makeFolder(path));
        // A new folder's entry lives in its parent: without the sync it may be gone after a power cut.
        for (let made = path; first !== undefined; made = dirname(made)) {
            const parent = dirname(made);
            await step('sync', parent, () => syncFolder(parent));
            if (made === first) break;
        }
        madeFolders.add(path);
    };

    const replace = async (temporary: string, final: string): Promise<void> => {
        await step('sync', temporary, () => syncFile(temporary));
        await folder(dirname(final));
        await step('rename', final, () => rename(temporary, final));
        await step('sync', dirname(final), () => syncFolder(dirname(final)));
    };

    const temporary = (name: string): string => {
        serial += 1;
        return join(staging, `${serial}-${name}.tmp`);
    };

    const build = async (name: string, work: (path: string) => Promise<void>): Promise<string> => {
        await folder(staging);
        const file = temporary(name);
        try {
            await step('write', file, () => work(file));
        } catch (error) {
            // Half a file on a full disk only keeps the space from the next one. The first error is the one to tell.
            await rm(file, { force: true }).catch(() => undefined);
            throw error;
        }
        return file;
    };

    return {
        temporary,
        folder,
        build,
        replace,
        write: async (final, data) => replace(await build('file', (path) => writeFile(path, data)), final),
        scratch: (name, data) => build(name, (path) => writeFile(path, data)),
        move: async (from, to) => {
            await folder(dirname(to));
            await step('rename', to, () => rename(from, to));
        },
        appendLine: async (file, line) => {
            await folder(dirname(file));
            await step('append', file, () => appendWholeLine(file, line));
        },
        sync: async (file) => {
            await step('sync', file, () => syncFile(file));
        },
        remove: async (file) => {
            await step('unlink', file, () => unlink(file));
        },
        link: async (target, path) => {
            if ((await readLinkMaybe(path)) === target) return;
            await folder(dirname(path));
            await step('link', path, async () => {
                await rm(path, { recursive: true, force: true });
                await symlink(target, path);
            });
            await step('sync', dirname(path), () => syncFolder(dirname(path)));
        },
        removeFolder: async (path) => {
            await step('unlink', path, () => rmdir(path));
            madeFolders.delete(path);
        },
        sweepStaging: async () => {
            const leftovers = await listFolder(staging);
            for (const name of leftovers) {
                const path = join(staging, name);
                await step('unlink', path, () => rm(path, { recursive: true, force: true }));
            }
            return leftovers.length;
        },
    };
}

/**
 * Makes a folder and its parents; returns the first one made. Node's own recursive mkdir never ends where a parent
 * is there and takes no folders, as under /proc.
 */
export async function makeFolder(path: string): Promise<string | undefined> {
    try {
        await mkdir(path);
        return path;
    } catch (error) {
        if (hasCode(error, 'EEXIST') && (await stat(path)).isDirectory()) return undefined;
        const parent = dirname(path);
        if (!hasCode(error, 'ENOENT') || parent === path) throw error;
        const first = await makeFolder(parent);
        return makeInside(path).then((made) => first ?? made);
    }
}

async function makeInside(path: string): Promise<string | undefined> {
    try {
        await mkdir(path);
        return path;
    } catch (error) {
        // Somebody else made it meanwhile.
        if (hasCode(error, 'EEXIST')) return undefined;
        if (!hasCode(error, 'ENOENT')) throw error;
        throw Object.assign(new Error(`${dirname(path)} takes no folders`), { code: 'EACCES', cause: error });
    }
}

async function readLinkMaybe(path: string): Promise<string | undefined> {
    try {
        return await readlink(path);
    } catch (error) {
        // EINVAL: there is something else than a link.
        if (hasCode(error, 'ENOENT') || hasCode(error, 'EINVAL')) return undefined;
        throw error;
    }
}

async function syncFile(path: string): Promise<void> {
    const handle = await open(path, 'r+');
    try {
        await handle.sync();
    } finally {
        await handle.close();
    }
}

async function syncFolder(path: string): Promise<void> {
    const handle = await open(path, constants.O_RDONLY);
    try {
        await handle.sync();
    } finally {
        await handle.close();
    }
}

async function appendWholeLine(file: string, line: string): Promise<void> {
    const handle = await open(file, 'a+');
    try {
        const { size } = await handle.stat();
        const last = Buffer.alloc(1);
        if (size > 0) await handle.read(last, 0, 1, size - 1);
        const torn = size > 0 && last.toString() !== '\n';
        // Not `write`: on a nearly full disk that takes part of the line and calls it done.
        await handle.appendFile(`${torn ? '\n' : ''}${line}\n`);
    } finally {
        await handle.close();
    }
}

/** Names in a folder, sorted; empty when there is no such folder. */
export async function listFolder(path: string): Promise<string[]> {
    try {
        return (await readdir(path)).sort();
    } catch (error) {
        if (hasCode(error, 'ENOENT')) return [];
        throw toLakeError(error, path);
    }
}

/** A file's text; undefined when there is none. */
export async function readMaybe(path: string): Promise<string | undefined> {
    try {
        return await readFile(path, 'utf8');
    } catch (error) {
        if (hasCode(error, 'ENOENT')) return undefined;
        throw toLakeError(error, path);
    }
}

/** So many bytes of a file from `offset` on; fewer when it ends before. */
export async function readPart(path: string, offset: number, bytes: number): Promise<Buffer> {
    const handle = await open(path, 'r');
    try {
        const part = Buffer.alloc(bytes);
        const { bytesRead } = await handle.read(part, 0, bytes, offset);
        return part.subarray(0, bytesRead);
    } finally {
        await handle.close();
    }
}

/** Size in bytes; undefined when there is no such file. */
export async function sizeMaybe(path: string): Promise<number | undefined> {
    try {
        return (await stat(path)).size;
    } catch (error) {
        if (hasCode(error, 'ENOENT')) return undefined;
        throw toLakeError(error, path);
    }
}

/** Copies a finished file to a place outside the lake, complete or not at all. */
export async function deliverFile(temporary: string, final: string): Promise<void> {
    const beside = `${final}.part`;
    try {
        await makeFolder(dirname(final));
        await copyFile(temporary, beside);
        await syncFile(beside);
        await rename(beside, final);
        await rm(temporary);
    } catch (cause) {
        // The first error is the one to tell.
        await rm(beside, { force: true }).catch(() => undefined);
        throw toLakeError(cause, final);
    }
}

function hasCode(error: unknown, code: string): boolean {
    return error instanceof Error && 'code' in error && error.code === code;
}

/** Gives the system's file errors a sentence and an exit code; others pass unchanged. */
export function toLakeError(cause: unknown, path: string): unknown {
    return toSystemError(cause, path) ?? cause;
}
