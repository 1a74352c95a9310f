/** `verify`: what is truncated, changed, foreign, orphaned, lost or not what its name says, and since when. Reads only. */
import { messageOf } from '../core/errors.ts';
import { readChecksums } from '../lake/checksums.ts';
import { listFolder, sizeMaybe } from '../lake/files.ts';
import { referenceFile, referenceTables } from '../lake/layout.ts';
import { withDuckDB } from '../warehouse/duckdb.ts';
import { readReference } from '../warehouse/reference.ts';
import { checkBytes } from './checksums.ts';
import type { LakeContext } from './context.ts';
import { collectProblems, type Finding, nameInLake, type Problem } from './problems.ts';
import { verifyRaw } from './verify-raw.ts';
import { type Check, type ReadingsCheck, verifyReadings } from './verify-readings.ts';

export interface Verification {
    readonly checked: number;
    readonly problems: readonly Problem[];
    /** What could not be told, and why: sentences. */
    readonly notes: readonly string[];
}

/** `deep` also reads every row and every raw snapshot, and compares them. `channels` are ids; empty = all. */
export async function verifyLake(
    lake: LakeContext,
    options: { readonly deep: boolean; readonly channels: readonly string[] },
): Promise<Verification> {
    const { problems, report } = collectProblems(lake);
    return withDuckDB({ memoryLimit: '400MB' }, async (db) => {
        const check: Check = { ...options, lake, db, report };
        const readings = await verifyReadings(check);
        const reference = await verifyReference(check);
        const raw = await verifyRaw(check);
        const notes = await describeLimits(lake, readings, options.deep);
        return { checked: readings.checked + reference + raw, problems, notes };
    });
}

async function verifyReference({ lake, db, report }: Check): Promise<number> {
    const recorded = await readChecksums(lake.paths);
    let checked = 0;
    for (const table of [...referenceTables, 'calendar' as const]) {
        const file = referenceFile(lake.paths, table);
        const known = recorded.get(nameInLake(lake, file));
        if ((await sizeMaybe(file)) === undefined) {
            if (known !== undefined)
                report(file, [{ kind: 'missing', problem: 'it is gone' }], again, known.at);
            continue;
        }
        checked += 1;
        const findings: Finding[] = await checkBytes(lake, file, known);
        if (table !== 'calendar') {
            await readReference(db, table, file).catch((error: unknown) =>
                findings.push({ kind: 'unreadable', problem: `it cannot be read: ${messageOf(error)}` }),
            );
        }
        report(file, findings, again, known?.at ?? null);
    }
    return checked;
}

const again = 'make it again with `eniscope-lake rebuild`';

async function describeLimits(lake: LakeContext, readings: ReadingsCheck, deep: boolean): Promise<string[]> {
    const { unrecorded, uncompared } = readings;
    const leftovers = (await listFolder(lake.paths.staging)).length;
    return [
        ...(unrecorded === 0
            ? []
            : [
                  `no checksum is recorded for ${unrecorded} of the files; \`eniscope-lake rebuild\` makes them anew and records it`,
              ]),
        ...(uncompared === 0 || !deep
            ? []
            : [
                  `${uncompared} files were not compared with raw: their snapshots are waiting, or retention removed some`,
              ]),
        ...(leftovers === 0
            ? []
            : [
                  `.staging holds ${leftovers} unfinished files of a run that is at work or was killed; the next one sweeps them`,
              ]),
    ];
}
