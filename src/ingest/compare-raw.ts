/** Compares a partition's rows with what its raw snapshots say, value by value, without the SQL that merged them. */

import { parseSnapshot } from '../lake/snapshot-text.ts';
import { readSnapshotText, type Snapshot } from '../lake/snapshots.ts';
import { formatInstant, partitionsOf } from '../model/time.ts';
import type { DuckDB } from '../warehouse/duckdb.ts';
import { readRows } from '../warehouse/inspect.ts';
import { lakeFields } from '../warehouse/merge.ts';
import type { LakeContext } from './context.ts';
import { type FoldedRow, foldRow, readIntervals } from './fold-answers.ts';
import type { PartitionFile } from './list-readings.ts';
import type { Finding } from './problems.ts';

/** `snapshots` are all of the partition's, oldest answer first. Throws what reading a damaged one throws. */
export async function compareWithRaw(
    db: DuckDB,
    lake: LakeContext,
    { path, partition }: PartitionFile,
    snapshots: readonly Snapshot[],
): Promise<Finding[]> {
    const fields = lakeFields(lake.manifest.fields);
    const count = { lost: 0, invented: 0, other: 0 };
    let example: FoldedRow | undefined;
    // A year of minutes at once would be half a million rows.
    for (const part of partitionsOf(partition, 'month')) {
        const span = { from: Math.max(part.from, partition.from), to: Math.min(part.to, partition.to) };
        const expected = new Map<string, FoldedRow>();
        for (const snapshot of snapshots) {
            if (snapshot.from >= span.to || snapshot.to <= span.from) continue;
            const content = parseSnapshot(await readSnapshotText(lake.paths, snapshot));
            for (const row of readIntervals(content, span, fields)) {
                const key = keyOf(row);
                expected.set(key, foldRow(expected.get(key), row));
            }
        }
        const stored = await readRows(db, path, span, lake.manifest.fields);
        const seen = new Set<string>();
        for (const row of stored) {
            const wanted = expected.get(keyOf(row));
            seen.add(keyOf(row));
            if (wanted === undefined) count.invented += 1;
            else if (!isSame(row, wanted)) count.other += 1;
            if (wanted === undefined || !isSame(row, wanted)) example ??= row;
        }
        for (const [key, row] of expected) {
            if (seen.has(key)) continue;
            count.lost += 1;
            example ??= row;
        }
    }
    if (example === undefined) return [];
    const parts = [
        count.other > 0 ? `${count.other} rows hold other values than the raw snapshots` : '',
        count.lost > 0 ? `${count.lost} rows of the raw snapshots are missing` : '',
        count.invented > 0 ? `${count.invented} rows are in no raw snapshot` : '',
    ].filter((part) => part !== '');
    const problem = `${parts.join(', ')}; the first is that of ${formatInstant(example.ts)}`;
    return [{ kind: 'not_as_raw', problem }];
}

function keyOf({ ts, intervalS }: FoldedRow): string {
    return `${ts} ${intervalS}`;
}

function isSame(a: FoldedRow, b: FoldedRow): boolean {
    return a.fetchedAt === b.fetchedAt && a.values.every((value, index) => value === b.values[index]);
}
