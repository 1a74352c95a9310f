/** Mends a lake whose rewrite was killed while the new tree took the place of the old one. */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { listFolder, sizeMaybe } from '../lake/files.ts';
import { type LakePaths, parsePartitionFolder, partitionFile } from '../lake/layout.ts';
import type { LakeManifest } from '../lake/manifest.ts';
import { withDuckDB } from '../warehouse/duckdb.ts';
import { findStrangeShape } from '../warehouse/inspect.ts';

/** Where the old tree waits until the manifest names the new form. */
export function oldReadings(paths: LakePaths): string {
    return join(paths.root, '.readings-before');
}

/** The manifest decides: readings of its form stay, else the old tree comes back. */
export async function recoverRewrite(paths: LakePaths, manifest: LakeManifest): Promise<void> {
    const before = oldReadings(paths);
    if ((await sizeMaybe(before)) === undefined) return;
    if (await isOfForm(paths, manifest)) {
        await rm(before, { recursive: true });
        return;
    }
    await rm(paths.readings, { recursive: true, force: true });
    await rename(before, paths.readings);
}

/** True when the readings in place are those the manifest describes. */
async function isOfForm(paths: LakePaths, manifest: LakeManifest): Promise<boolean> {
    const [channel] = await listFolder(paths.readings);
    if (channel === undefined) return false;
    const [period] = await listFolder(join(paths.readings, channel));
    const parsed = parsePartitionFolder(`${channel}/${period ?? ''}`, manifest.granularity);
    if (parsed === undefined) return false;
    const file = partitionFile(paths, parsed.channelId, parsed.partition);
    const strange = await withDuckDB({ threads: 1 }, (db) => findStrangeShape(db, file, manifest.fields));
    return strange === undefined;
}
