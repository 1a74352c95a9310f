/** `verify`, the partitions: each against its checksum, the schema, its period and, deep, its raw snapshots. */
import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { type Recorded, readChecksums } from '../lake/checksums.ts';
import { parsePartitionFolder } from '../lake/layout.ts';
import { listArchive, listArchivedSpans, listInbox } from '../lake/snapshots.ts';
import type { DuckDB } from '../warehouse/duckdb.ts';
import { inspectPartition } from '../warehouse/inspect.ts';
import { checkBytes } from './checksums.ts';
import { compareWithRaw } from './compare-raw.ts';
import type { LakeContext } from './context.ts';
import { listReadings, type PartitionFile } from './list-readings.ts';
import { touchedPartitions } from './partition-work.ts';
import { changedAt, type Finding, nameInLake, type Report } from './problems.ts';
import { hasAllRaw } from './raw.ts';

export interface Check {
    readonly lake: LakeContext;
    readonly db: DuckDB;
    /** Also reads every row and compares it with raw. */
    readonly deep: boolean;
    /** Ids; empty = all. */
    readonly channels: readonly string[];
    readonly report: Report;
}

export interface ReadingsCheck {
    readonly checked: number;
    /** Files that have no recorded checksum, and files that cannot be compared with all of their raw. */
    readonly unrecorded: number;
    readonly uncompared: number;
}

/** Everything under `readings`, and what is recorded and no longer there. */
export async function verifyReadings(check: Check): Promise<ReadingsCheck> {
    const { lake, report, channels } = check;
    const isWanted = (channelId: string): boolean => channels.length === 0 || channels.includes(channelId);
    const { files, strangers } = await listReadings(lake);
    for (const { path, problem } of strangers) {
        const hint = 'take it away with `eniscope-lake repair`';
        report(path, [{ kind: 'foreign', problem }], hint, await changedAt(path));
    }
    const recorded = await readChecksums(lake.paths);
    const waiting = await listWaiting(lake);
    const wanted = files.filter(({ channelId }) => isWanted(channelId));
    let uncompared = 0;
    for (const file of wanted) {
        const known = recorded.get(nameInLake(lake, file.path));
        const findings = await checkFile(check, file, known);
        const hasRaw = hasAllRaw(lake, file.partition) && !waiting.has(keyOf(file));
        if (!hasRaw) uncompared += 1;
        else if (!findings.some(({ kind }) => kind === 'unreadable' || kind === 'schema')) {
            findings.push(...(await checkAgainstRaw(check, file)));
        }
        report(file.path, findings, hintFor(file, findings), known?.at ?? null);
    }
    const present = new Set(files.map(({ path }) => nameInLake(lake, path)));
    for (const [name, { at }] of recorded) {
        const folder = /^readings\/(.*)\/[^/]+$/.exec(name)?.[1] ?? '';
        const parsed = parsePartitionFolder(folder, lake.manifest.granularity);
        if (parsed === undefined || present.has(name) || !isWanted(parsed.channelId)) continue;
        const file = { ...parsed, path: join(lake.paths.root, name) };
        const findings: Finding[] = [{ kind: 'missing', problem: 'it is gone' }];
        report(file.path, findings, hintFor(file, findings), at);
    }
    const unrecorded = wanted.filter(({ path }) => !recorded.has(nameInLake(lake, path))).length;
    return { checked: wanted.length, unrecorded, uncompared };
}

async function checkFile(
    { lake, db, deep }: Check,
    { path, partition }: PartitionFile,
    known: Recorded | undefined,
): Promise<Finding[]> {
    const changed = await checkBytes(lake, path, known);
    const flaws = await inspectPartition(db, path, partition, lake.manifest.fields, deep);
    return [...changed, ...flaws];
}

/** Is there raw behind the file; deep: does it hold what its raw says? A damaged snapshot is reported with the raw files. */
async function checkAgainstRaw({ lake, db, deep }: Check, file: PartitionFile): Promise<Finding[]> {
    const { channelId, partition } = file;
    if (!deep) {
        const spans = await listArchivedSpans(lake.paths, channelId, partition);
        return spans.length > 0 ? [] : [orphaned];
    }
    const snapshots = (await listArchive(lake.paths, channelId, partition)).filter((snapshot) =>
        touchedPartitions(snapshot, partition.granularity).some(({ value }) => value === partition.value),
    );
    if (snapshots.length === 0) return [orphaned];
    try {
        return await compareWithRaw(db, lake, file, snapshots);
    } catch (error) {
        return [
            {
                kind: 'unreadable',
                problem: `it cannot be compared with its raw snapshots: ${messageOf(error)}`,
            },
        ];
    }
}

const orphaned: Finding = { kind: 'orphaned', problem: 'no raw snapshot stands behind it' };

/** Partitions that waiting snapshots touch: a killed run may have merged them already, or not yet. */
async function listWaiting(lake: LakeContext): Promise<Set<string>> {
    const { snapshots } = await listInbox(lake.paths);
    return new Set(
        snapshots.flatMap((snapshot) =>
            touchedPartitions(snapshot, lake.manifest.granularity).map((partition) =>
                keyOf({ channelId: snapshot.channelId, partition }),
            ),
        ),
    );
}

function keyOf({ channelId, partition }: Pick<PartitionFile, 'channelId' | 'partition'>): string {
    return `${channelId} ${partition.value}`;
}

function hintFor({ channelId }: PartitionFile, findings: readonly Finding[]): string {
    return findings.some(({ kind }) => kind === 'orphaned')
        ? 'restore its raw snapshots from a backup, or move it away'
        : `make it again with \`eniscope-lake rebuild --channel ${channelId}\``;
}
