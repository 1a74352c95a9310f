/**
 * Withdraws estimates before measured readings take their place: between the two a reader misses a little, but at no
 * time does it count an interval as measured and as estimated. The next publish makes what is still to be estimated.
 */
import { isAppError } from '../core/errors.ts';
import { sizeMaybe } from '../lake/files.ts';
import { referenceFile } from '../lake/layout.ts';
import type { DuckDB } from '../warehouse/duckdb.ts';
import { type ComingFile, writePatchesWithout } from '../warehouse/withdraw-patches.ts';
import type { LakeContext } from './context.ts';
import { putTables } from './put-files.ts';

/** To be called before the files take the place of `final`. Nothing is written when they fill no gap. */
export async function withdrawPatches(
    lake: LakeContext,
    db: DuckDB,
    written: readonly { readonly file: string; readonly channelId: string; readonly final: string }[],
): Promise<void> {
    const patches = referenceFile(lake.paths, 'grid_patches');
    if (written.length === 0 || !lake.manifest.fields.includes('E')) return;
    if ((await sizeMaybe(patches)) === undefined) return;
    const coming: ComingFile[] = [];
    for (const { file, channelId, final } of written) {
        const isThere = (await sizeMaybe(final)) !== undefined;
        coming.push({ file, channelId, replaces: isThere ? final : undefined });
    }
    const temporary = lake.files.temporary('grid-patches');
    // Where a file is replaced because it is damaged, all of the new one counts as new.
    for (const some of [coming, coming.map((one) => ({ ...one, replaces: undefined }))]) {
        try {
            const isChanged = await writePatchesWithout(db, patches, some, lake.manifest.parquet, temporary);
            if (isChanged) await putTables(lake, [{ temporary, final: patches }]);
            return;
        } catch (error) {
            if (!isAppError(error, 'QUERY_INVALID', 'DATA_CORRUPT')) throw error;
        }
    }
    // The patches themselves are damaged: readers cannot read them either, and publish makes them anew.
    await lake.files.remove(patches);
}
