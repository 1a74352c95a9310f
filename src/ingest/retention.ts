/** Removes raw snapshots of months long gone. Readings and every rollup over them stay; only `rebuild` loses reach. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listFolder } from '../lake/files.ts';
import { archiveFolder, parseSnapshotName } from '../lake/layout.ts';
import { writeManifest } from '../lake/manifest.ts';
import { listArchivedChannels } from '../lake/snapshots.ts';
import { daySeconds } from '../model/time.ts';
import type { LakeContext } from './context.ts';

export interface RetentionResult {
    readonly files: number;
    readonly bytes: number;
    /** First month that is kept, `2026-10`. */
    readonly before: string;
    readonly applied: boolean;
}

/** Whole months older than `rawDays` go; without `apply` nothing is changed. */
export async function applyRetention(
    lake: LakeContext,
    options: { readonly rawDays: number; readonly apply: boolean },
): Promise<RetentionResult> {
    const cutoff = lake.runtime.now() - options.rawDays * daySeconds * 1000;
    const before = new Date(cutoff).toISOString().slice(0, 7);
    const keptFrom = Date.parse(`${before}-01T00:00:00Z`) / 1000;
    const doomed: string[] = [];
    let bytes = 0;
    for (const channelId of await listArchivedChannels(lake.paths)) {
        for (const folder of await listFolder(archiveFolder(lake.paths, channelId))) {
            if (folder >= `month=${before}`) continue;
            const path = join(archiveFolder(lake.paths, channelId), folder);
            for (const file of await listFolder(path)) {
                // A span that reaches into a kept month is needed to rebuild that month.
                if ((parseSnapshotName(file)?.to ?? Number.POSITIVE_INFINITY) > keptFrom) continue;
                doomed.push(join(path, file));
                bytes += (await stat(join(path, file))).size;
            }
        }
    }
    if (options.apply && doomed.length > 0) {
        // Said first: a rebuild after a half-done removal must know that raw is missing.
        const rawKeptFrom = [before, lake.manifest.rawKeptFrom ?? before].sort().at(-1);
        await writeManifest(lake.files, lake.paths, { ...lake.manifest, rawKeptFrom });
        for (const file of doomed) await lake.files.remove(file);
        await lake.journal.write({
            event: 'warning',
            message: 'raw snapshots removed',
            files: doomed.length,
            bytes,
            before,
        });
    }
    return { files: doomed.length, bytes, before, applied: options.apply };
}
