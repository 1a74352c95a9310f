/** Puts finished Parquet files in their places: their checksums noted first, exchanged under the eyes of readers. */
import { type Exchange, exchangeFiles } from '../lake/exchange.ts';
import { noteChecksums } from './checksums.ts';
import type { LakeContext } from './context.ts';

/** Files that change together go together: each call that replaces a file waits for its readers. */
export async function putFiles(lake: LakeContext, exchanges: readonly Exchange[]): Promise<void> {
    await noteChecksums(lake, exchanges);
    await exchangeFiles(lake.files, exchanges, lake.runtime);
}
