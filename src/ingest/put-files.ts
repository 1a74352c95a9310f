/** Puts finished Parquet files in their places, their checksums noted first. */
import { type Exchange, exchangeFiles } from '../lake/exchange.ts';
import { noteChecksums } from './checksums.ts';
import type { LakeContext } from './context.ts';

/** Data that people read: exchanged under their eyes. What changes together goes together, each call takes its time. */
export async function putFiles(lake: LakeContext, exchanges: readonly Exchange[]): Promise<void> {
    await noteChecksums(lake, exchanges);
    await exchangeFiles(lake.files, exchanges, lake.runtime);
}

/** Small tables that are made from other files: a rename each, which a reader meets within a millisecond or not at all. */
export async function putTables(lake: LakeContext, tables: readonly Exchange[]): Promise<void> {
    await noteChecksums(lake, tables);
    for (const { temporary, final } of tables) await lake.files.replace(temporary, final);
}
