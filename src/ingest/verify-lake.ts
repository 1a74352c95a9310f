/** `verify`: what is truncated, changed, foreign, orphaned, lost or not what its name says, and since when. Reads only. */
import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { readChecksums } from '../lake/checksums.ts';
import { listFolder } from '../lake/files.ts';
import { referenceFile, referenceTables } from '../lake/layout.ts';
import { withDuckDB } from '../warehouse/duckdb.ts';
import { readWhole } from '../warehouse/inspect.ts';
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

/** Reference and derived tables: every one that is there, and every one that was written and is gone. */
async function verifyReference({ lake, db, report }: Check): Promise<number> {
    const recorded = await readChecksums(lake.paths, [nameInLake(lake, lake.paths.reference)]);
    const present = (await listFolder(lake.paths.reference)).filter((name) => name.endsWith('.parquet'));
    const names = new Set(present.map((name) => nameInLake(lake, join(lake.paths.reference, name))));
    for (const [name, { at }] of recorded) {
        if (!name.startsWith('reference/') || names.has(name)) continue;
        const file = join(lake.paths.root, name);
        report(file, [{ kind: 'missing', problem: 'it is gone' }], again, at);
    }
    for (const name of names) {
        const file = join(lake.paths.root, name);
        const known = recorded.get(name);
        const findings: Finding[] = await checkBytes(lake, file, known);
        const table = referenceTables.find((one) => referenceFile(lake.paths, one) === file);
        const reading = table === undefined ? readWhole(db, file) : readReference(db, table, file);
        await reading.catch((error: unknown) =>
            findings.push({ kind: 'unreadable', problem: `it cannot be read: ${messageOf(error)}` }),
        );
        report(file, findings, again, known?.at ?? null);
    }
    return names.size;
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
