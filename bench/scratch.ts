/** Scratch folders of a bench run: one parent, removed at the end, rows make theirs inside. */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder for the time `use` takes. */
export async function withScratch<T>(use: (folder: string) => Promise<T>): Promise<T> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'eniscope-lake-bench-')));
    try {
        return await use(folder);
    } finally {
        await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    }
}

export async function removeFolder(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
