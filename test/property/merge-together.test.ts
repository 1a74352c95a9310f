/**
 * Partitions written by one statement are, byte for byte, those written by a statement each: whatever the sizes of
 * the snapshots, the values in them, and the partitions that happen to be written with them.
 */
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MergeTask } from '../../src/warehouse/merge.ts';
import { bundleTasks } from '../../src/warehouse/merge-together.ts';
import { format, type GivenRecord, makeSnapshot, writeTasks } from '../support/partition-tasks.ts';
import { tempFolder } from '../support/temp-folder.ts';

const resolution = 60;
const start = Date.UTC(2026, 0, 1) / 1000;

/** Rows of a snapshot: around the sizes at which DuckDB cuts what it works on, and any other. */
const size = fc.oneof(
    fc.nat({ max: 200 }),
    fc.constantFrom(0, 1, 63, 64, 65, 127, 128, 2016, 2047, 2048, 2049, 4095, 4096, 4097),
    fc.integer({ min: 200, max: 6000 }),
);

const snapshot = fc.record({
    size,
    /** Turns the stream of values; few values make dictionaries, many make none. */
    seed: fc.nat({ max: 1000 }),
    kinds: fc.constantFrom(1, 7, 1_000_003),
    /** An answer may come with the latest bucket first. */
    isReversed: fc.nat({ max: 4 }).map((n) => n === 0),
});

const partition = fc.array(snapshot, { minLength: 1, maxLength: 4 });

const cases = fc.record({
    partitions: fc.array(partition, { minLength: 2, maxLength: 9 }),
    version: fc.constantFrom('V1' as const, 'V2' as const),
    codec: fc.constantFrom('zstd', 'snappy'),
});

function recordsOf(from: number, given: { size: number; seed: number; kinds: number }): GivenRecord[] {
    return Array.from({ length: given.size }, (_, index) => {
        const value = ((index + given.seed) * 7919) % given.kinds;
        return { ts: from + index * resolution, E: value / 3, P: value % 11 === 10 ? null : value };
    });
}

describe('partitions written together', () => {
    it('are the bytes of partitions written one by one', async () => {
        let bundled = 0;
        await fc.assert(
            fc.asyncProperty(cases, async ({ partitions, version, codec }) => {
                let atEnd = (): void => {};
                const folder = tempFolder((remove) => {
                    atEnd = remove;
                });
                try {
                    const tasks: Omit<MergeTask, 'target'>[] = partitions.map((snapshots, index) => {
                        let from = start;
                        const files = snapshots.map((given, place) => {
                            const to = from + Math.max(1, given.size) * resolution;
                            const records = recordsOf(from, given);
                            const path = join(folder, `${index}-${place}.json.gz`);
                            const file = makeSnapshot(
                                path,
                                { from, to, resolution },
                                given.isReversed ? records.reverse() : records,
                            );
                            from = to;
                            return file;
                        });
                        // The oldest answer need not be the one that begins first.
                        return { from: start, to: from, base: undefined, snapshots: files.reverse() };
                    });
                    const ways = { ...format, version, codec };
                    const alone = await writeTasks(join(folder, 'alone'), tasks, 'one by one', ways);
                    const together = await writeTasks(join(folder, 'together'), tasks, 'together', ways);
                    const expected = partitions.map((snapshots) =>
                        snapshots.reduce((sum, { size: rows }) => sum + rows, 0),
                    );
                    expect(together.rows).toEqual(expected);
                    expect(alone.rows).toEqual(expected);
                    for (const [index, bytes] of alone.bytes.entries()) {
                        expect(
                            together.bytes[index]?.equals(bytes ?? Buffer.alloc(0)) ?? bytes === undefined,
                            `partition ${index}`,
                        ).toBe(true);
                    }
                    bundled += bundleTasks(tasks.map((task) => ({ ...task, target: '' }))).filter(
                        ({ length }) => length > 1,
                    ).length;
                } finally {
                    atEnd();
                }
            }),
            { numRuns: 40, interruptAfterTimeLimit: 60_000 },
        );
        expect(bundled).toBeGreaterThan(0);
    }, 120_000);
});
