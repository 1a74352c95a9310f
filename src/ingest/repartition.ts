/** `repartition`: the same readings, cut into files by another period. */
import type { Granularity } from '../model/time.ts';
import type { LakeContext } from './context.ts';
import { refuseSame, rewriteLake } from './rewrite-lake.ts';
import type { RunSummary } from './summary.ts';

export async function repartition(
    lake: LakeContext,
    options: { readonly granularity: Granularity },
): Promise<RunSummary> {
    refuseSame(lake.manifest.granularity === options.granularity, `has one file a ${options.granularity}`);
    return rewriteLake(lake, { ...lake.manifest, granularity: options.granularity });
}
