/** Removes raw snapshots of months long gone. Readings and every rollup over them stay; only `rebuild` loses reach. */
import { listFolder, sizeMaybe } from '../lake/files.ts';
import { archiveFolder, packIndexFile, parseArchiveMonth } from '../lake/layout.ts';
import { writeManifest } from '../lake/manifest.ts';
import { readPack } from '../lake/packs.ts';
import { listArchivedChannels, readArchiveFolder } from '../lake/snapshots.ts';
import { daySeconds } from '../model/time.ts';
import type { LakeContext } from './context.ts';

export interface RetentionResult {
    readonly snapshots: number;
    /** Files they are in: their own, or packs with the index beside them. */
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
    let snapshots = 0;
    for (const channelId of await listArchivedChannels(lake.paths)) {
        for (const name of await listFolder(archiveFolder(lake.paths, channelId))) {
            const month = parseArchiveMonth(name);
            if (month === undefined || month >= before) continue;
            const found = await findOld(archiveFolder(lake.paths, channelId, month), keptFrom);
            doomed.push(...found.files);
            snapshots += found.snapshots;
        }
    }
    const sizes = await Promise.all(doomed.map(sizeMaybe));
    const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
    if (options.apply && doomed.length > 0) {
        // Said first: a rebuild after a half-done removal must know that raw is missing.
        const rawKeptFrom = [before, lake.manifest.rawKeptFrom ?? before].sort().at(-1);
        await writeManifest(lake.files, lake.paths, { ...lake.manifest, rawKeptFrom });
        for (const file of doomed) await lake.files.remove(file);
        await lake.journal.write({
            event: 'warning',
            message: 'raw snapshots removed',
            snapshots,
            files: doomed.length,
            bytes,
            before,
        });
    }
    return { snapshots, files: doomed.length, bytes, before, applied: options.apply };
}

/** The files of a month's folder that may go. A span that reaches into a kept month is needed to rebuild that month. */
async function findOld(
    folder: string,
    keptFrom: number,
): Promise<{ readonly files: string[]; readonly snapshots: number }> {
    const loose = (await readArchiveFolder(folder)).snapshots.filter(({ to }) => to <= keptFrom);
    const files = loose.map(({ path }) => path);
    const pack = await readPack(folder);
    const isOld = pack?.asked.every(({ spans }) => spans.every(({ to }) => to <= keptFrom)) ?? false;
    if (pack === undefined || !isOld) return { files, snapshots: files.length };
    const index = packIndexFile(folder);
    const hasIndex = (await sizeMaybe(index)) !== undefined;
    // The pack before its index: an index alone means nothing.
    return {
        files: [...files, pack.path, ...(hasIndex ? [index] : [])],
        snapshots: files.length + pack.members.length,
    };
}
