/** Proves a rebuild: the new bytes are compared with the checksums recorded before it. */
import { hashFile, readChecksums } from '../lake/checksums.ts';
import { sizeMaybe } from '../lake/files.ts';
import { partitionFile } from '../lake/layout.ts';
import type { LakeContext } from './context.ts';
import type { PartitionWork } from './partition-work.ts';
import { nameInLake } from './problems.ts';
import type { Tally } from './tally.ts';

/** How the partitions stood before the rebuild. */
export interface Before {
    /** By the file's name in the lake: hash recorded, and hash of the bytes on disk. */
    readonly recorded: ReadonlyMap<string, string>;
    readonly found: ReadonlyMap<string, string>;
}

export async function lookBefore(lake: LakeContext, work: readonly PartitionWork[]): Promise<Before> {
    const places = work.map((item) => locate(lake, item));
    const checksums = await readChecksums(
        lake.paths,
        places.map(({ file }) => file),
    );
    const recorded = new Map<string, string>();
    const found = new Map<string, string>();
    for (const { path, file } of places) {
        const checksum = checksums.get(file);
        if (checksum !== undefined) recorded.set(file, checksum.sha256);
        if ((await sizeMaybe(path)) !== undefined) found.set(file, await hashFile(path));
    }
    return { recorded, found };
}

/** Counts what came back byte for byte, and warns of what did not. */
export async function proveRebuilt(
    lake: LakeContext,
    before: Before,
    work: readonly PartitionWork[],
    tally: Tally,
): Promise<void> {
    for (const { path, file } of work.map((item) => locate(lake, item))) {
        const expected = before.recorded.get(file);
        if (expected === undefined || (await sizeMaybe(path)) === undefined) continue;
        const sha256 = await hashFile(path);
        if (sha256 === expected) tally.identical(before.found.get(file) !== sha256);
        else
            tally.warning(
                `${file} is not byte for byte what was recorded; its rows are those of its raw snapshots`,
            );
    }
}

function locate(
    lake: LakeContext,
    { channelId, partition }: PartitionWork,
): { readonly path: string; readonly file: string } {
    const path = partitionFile(lake.paths, channelId, partition);
    return { path, file: nameInLake(lake, path) };
}
