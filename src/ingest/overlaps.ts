/**
 * Links under `overlaps` name the channels whose readings may overlap: two resolutions, two grids. The views look for
 * overlaps in these alone, so that a lake without any is asked as fast as if there were no such thing. A link is
 * made before the first file that needs it comes into its place; one too many costs time and changes no number.
 */

import { rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { listFolder, sizeMaybe } from '../lake/files.ts';
import { isChannelId, noOverlapsFile, overlapLink, parsePartitionFolder } from '../lake/layout.ts';
import { type DuckDB, withDuckDB } from '../warehouse/duckdb.ts';
import { findStrangeShape } from '../warehouse/inspect.ts';
import { findIrregularFiles, writeEmptyFile } from '../warehouse/overlaps.ts';
import { escapeGlob } from '../warehouse/sources.ts';
import type { LakeContext } from './context.ts';
import { putTables } from './put-files.ts';

/** Links the channels of those written files that are not one regular grid. To be called before they take their place. */
export async function linkOverlaps(
    lake: LakeContext,
    db: DuckDB,
    written: readonly { readonly file: string; readonly channelId: string }[],
): Promise<void> {
    const irregular = new Set(
        await findIrregularFiles(
            db,
            written.map(({ file }) => file),
        ),
    );
    const channels = new Set(
        written.filter(({ file }) => irregular.has(file)).map(({ channelId }) => channelId),
    );
    for (const channelId of channels) await linkChannel(lake, channelId);
}

/** Makes `overlaps` what the views expect; searches the whole lake only when the folder was lost. */
export async function publishOverlaps(lake: LakeContext): Promise<void> {
    const { paths, manifest, files } = lake;
    const none = noOverlapsFile(paths, manifest.granularity);
    await withDuckDB({ threads: 1 }, async (db) => {
        await relink(lake);
        const isThere = (await sizeMaybe(none)) !== undefined;
        if (isThere && (await findStrangeShape(db, none, manifest.fields)) === undefined) return;
        if (!isThere) await searchLake(lake, db);
        // The one of another granularity would match no pattern.
        await rm(dirname(dirname(none)), { recursive: true, force: true });
        const temporary = files.temporary('no-overlaps');
        await writeEmptyFile(db, temporary, { fields: manifest.fields, ...manifest.parquet });
        await putTables(lake, [{ temporary, final: none }]);
    });
}

/** A copy of the lake that followed the links holds folders in their place, which would grow stale. */
async function relink(lake: LakeContext): Promise<void> {
    for (const name of await listFolder(lake.paths.overlaps)) {
        const channelId = name.replace('channel_id=', '');
        if (isChannelId(channelId)) await linkChannel(lake, channelId);
    }
}

async function searchLake(lake: LakeContext, db: DuckDB): Promise<void> {
    const { readings } = lake.paths;
    if ((await listFolder(readings)).length === 0) return;
    const pattern = join(escapeGlob(readings), '*', '*', 'readings.parquet');
    for (const file of await findIrregularFiles(db, pattern)) {
        const found = parsePartitionFolder(relative(readings, dirname(file)), lake.manifest.granularity);
        if (found !== undefined) await linkChannel(lake, found.channelId);
    }
}

async function linkChannel(lake: LakeContext, channelId: string): Promise<void> {
    await lake.files.link(
        join('..', 'readings', `channel_id=${channelId}`),
        overlapLink(lake.paths, channelId),
    );
}
