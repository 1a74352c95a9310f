/** Notes the checksums of what a run writes, before it takes its place, and tells what was changed since. */
import { stat } from 'node:fs/promises';
import pLimit from 'p-limit';
import { appendChecksums, type Checksum, hashFile, type Recorded, readChecksums } from '../lake/checksums.ts';
import type { Exchange } from '../lake/exchange.ts';
import { readPart, sizeMaybe } from '../lake/files.ts';
import type { LakeContext } from './context.ts';
import { type Finding, nameInLake } from './problems.ts';

/** `temporary` is where the finished file is now, `final` its place in the lake. */
export async function noteChecksums(lake: LakeContext, written: readonly Exchange[]): Promise<void> {
    const at = new Date(lake.runtime.now()).toISOString();
    const limit = pLimit(4);
    const describe = async (path: string, final: string): Promise<Checksum> => {
        const [sha256, { size: bytes }] = await Promise.all([hashFile(path), stat(path)]);
        return { file: nameInLake(lake, final), sha256, bytes, at, run: lake.journal.run };
    };
    const checksums = await Promise.all(
        written.map(({ temporary, final }) => limit(() => describe(temporary, final))),
    );
    const present = await Promise.all(written.map(({ final }) => limit(() => sizeMaybe(final))));
    const replaces = (_: unknown, index: number): boolean => present[index] !== undefined;
    const isNew = (_: unknown, index: number): boolean => present[index] === undefined;
    await noting(async () => {
        await appendChecksums(lake.files, lake.paths, checksums.filter(replaces), true);
        await appendChecksums(lake.files, lake.paths, checksums.filter(isNew), false);
    });
}

/** A log that is shortened must not lose what another batch appends meanwhile. */
const noting = pLimit(1);

/** True for bytes that are neither the newest recorded ones nor those a killed run was about to replace. */
function isChanged(recorded: Recorded | undefined, sha256: string): boolean {
    return recorded !== undefined && sha256 !== recorded.sha256 && sha256 !== recorded.before;
}

/** What is wrong with a file's bytes, by its checksum. One that a running sync replaces meanwhile is looked at again. */
export async function checkBytes(
    lake: LakeContext,
    path: string,
    known: Recorded | undefined,
): Promise<Finding[]> {
    if (known === undefined || !isChanged(known, await hashFile(path))) return [];
    const name = nameInLake(lake, path);
    const newest = (await readChecksums(lake.paths, [name])).get(name);
    if (!isChanged(newest, await hashFile(path))) return [];
    const { size } = await stat(path);
    const end = (await readPart(path, Math.max(0, size - magic.length), magic.length)).toString();
    return end === magic
        ? [{ kind: 'changed', problem: `its bytes are not those that were written by run ${known.run}` }]
        : [{ kind: 'truncated', problem: `it has ${size} of the ${known.bytes} bytes it was written with` }];
}

/** What every whole Parquet file ends with. */
const magic = 'PAR1';

/** Those of the files whose bytes are not the recorded ones: to merge into them would make the damage last. */
export async function findChanged(lake: LakeContext, files: readonly string[]): Promise<Set<string>> {
    if (files.length === 0) return new Set();
    const names = files.map((file) => nameInLake(lake, file));
    const recorded = await readChecksums(lake.paths, names);
    const limit = pLimit(4);
    const changed = await Promise.all(
        files.map((file) =>
            limit(async () => isChanged(recorded.get(nameInLake(lake, file)), await hashFile(file))),
        ),
    );
    return new Set(files.filter((_, index) => changed[index] === true));
}
