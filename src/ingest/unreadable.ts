/** Finds the snapshot that DuckDB cannot read: one bad answer must not keep the others from the lake. */
import { rm } from 'node:fs/promises';
import { messageOf } from '../core/errors.ts';
import type { DuckDB } from '../warehouse/duckdb.ts';
import { writePartition } from '../warehouse/merge.ts';
import type { LakeContext } from './context.ts';
import type { SizedSnapshot } from './partition-work.ts';

/**
 * Why DuckDB does not take the snapshot; undefined when it does. Its JSON is stricter than JavaScript's: a key that
 * comes twice, or half of a surrogate pair, is an error.
 */
export async function findUnreadable(
    lake: LakeContext,
    db: DuckDB,
    snapshot: SizedSnapshot,
): Promise<string | undefined> {
    const target = lake.files.temporary('probe');
    const { from, to } = snapshot;
    const format = { fields: lake.manifest.fields, ...lake.manifest.parquet };
    try {
        await writePartition(db, { snapshots: [snapshot], base: undefined, target, from, to }, format);
        return undefined;
    } catch (error) {
        return messageOf(error);
    } finally {
        await rm(target, { force: true });
    }
}
