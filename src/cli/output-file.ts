/** A result file appears whole or not at all: written beside its place under another name, then renamed. */
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, messageOf } from '../core/errors.ts';
import { toSystemError } from '../core/system-errors.ts';
import { makeFolder as makeWithParents } from '../lake/files.ts';

/** Where a result is written before it gets its name. `tag` keeps two runs apart. */
export function temporaryOf(file: string, tag: string | number): string {
    return join(dirname(file), `.${basename(file)}.${tag}.tmp`);
}

/** Lets `write` fill a temporary file, then gives it its name. */
export async function writeWhole<T>(
    file: string,
    tag: string | number,
    write: (temporary: string) => Promise<T>,
): Promise<T> {
    const temporary = temporaryOf(file, tag);
    try {
        // One that a killed run left: DuckDB would write beside it, where it may not.
        await rm(temporary, { force: true });
        const result = await write(temporary);
        await rename(temporary, file);
        return result;
    } catch (error) {
        await rm(temporary, { force: true });
        throw toSystemError(error) ?? error;
    }
}

/** Makes the folder of a result. Throws LAKE_NOT_WRITABLE or LAKE_DISK_FULL naming it. */
export async function makeFolder(folder: string): Promise<void> {
    try {
        await makeWithParents(folder);
    } catch (cause) {
        const known = toSystemError(cause);
        throw (
            known ??
            new AppError('USAGE_BAD_ARGUMENTS', `cannot make the folder ${folder}: ${messageOf(cause)}`, {
                cause,
            })
        );
    }
}
