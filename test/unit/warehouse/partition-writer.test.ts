import { mkdirSync, readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withDuckDB } from '../../../src/warehouse/duckdb.ts';
import type { MergeTask } from '../../../src/warehouse/merge.ts';
import { bundleTasks } from '../../../src/warehouse/merge-together.ts';
import { withPartitionWriter } from '../../../src/warehouse/partition-writer.ts';
import { format, makeSnapshot, writeTasks } from '../../support/partition-tasks.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const hour = 3600;
const start = Date.UTC(2026, 0, 1) / 1000;
const megabyte = 1024 * 1024;

/** Hourly records whose energy counts up from `first`. */
function hourly(folder: string, name: string, from: number, count: number, first = 0) {
    const records = Array.from({ length: count }, (_, index) => ({
        ts: from + index * hour,
        E: (first + index) * 1000,
        P: null,
    }));
    const span = { from, to: from + count * hour, resolution: hour };
    return makeSnapshot(join(folder, name), span, records);
}

async function energies(file: string): Promise<unknown[]> {
    const rows = await withDuckDB({}, (db) =>
        db.rows(`select energy_kwh from read_parquet('${file.replaceAll("'", "''")}')`),
    );
    return rows.map(({ energy_kwh }) => energy_kwh);
}

/** A task that reads nothing; `bundleTasks` only looks. */
function task(given: Partial<MergeTask> & { readonly bytes?: number; readonly path?: string }): MergeTask {
    const { bytes = 1000, path = 'a.json.gz', ...rest } = given;
    const span = { from: start, to: start + hour };
    return {
        ...span,
        base: undefined,
        target: '',
        snapshots: [{ ...span, path, textBytes: bytes }],
        ...rest,
    };
}

describe('what shares a statement', () => {
    const named = (count: number, bytes: number): MergeTask[] =>
        Array.from({ length: count }, (_, index) => task({ path: `${index}.json.gz`, bytes }));

    it('is at most sixteen partitions, and eight megabytes of text', () => {
        expect(bundleTasks(named(35, 1000)).map(({ length }) => length)).toEqual([16, 16, 3]);
        expect(bundleTasks(named(9, 1.5 * megabyte)).map(({ length }) => length)).toEqual([5, 4]);
    });

    it('is no partition with a file already, with overlapping snapshots, or with much text', () => {
        const [fresh, other] = named(2, 1000);
        const span = { from: start, to: start + 2 * hour };
        const overlapping = task({
            snapshots: [
                { ...span, path: 'b', textBytes: 1 },
                { ...span, from: start + hour, path: 'c', textBytes: 1 },
            ],
        });
        const large = task({ path: 'd', bytes: 2 * megabyte + 1 });
        const based = task({ path: 'e', base: 'readings.parquet' });
        const given = [fresh, overlapping, large, based, other].flatMap((one) => one ?? []);
        expect(bundleTasks(given)).toEqual([[fresh, other], [overlapping], [large], [based]]);
    });

    it('is no snapshot twice', () => {
        const [a, b, c] = [task({ path: 'a' }), task({ path: 'a' }), task({ path: 'c' })];
        expect(bundleTasks([a, b, c])).toEqual([[a], [b, c]]);
    });
});

describe('a partition writer', () => {
    it('gives each partition its own rows, a snapshot over the edge to both, and none to an empty one', async () => {
        const folder = tempFolder();
        const edge = start + 10 * hour;
        const [before, over, after] = [
            hourly(folder, 'before', start, 8, 0),
            hourly(folder, 'over', start + 8 * hour, 4, 8),
            hourly(folder, 'after', start + 12 * hour, 3, 12),
        ];
        const written = await writeTasks(
            join(folder, 'out'),
            [
                { from: start, to: edge, base: undefined, snapshots: [before, over] },
                { from: edge, to: edge + 10 * hour, base: undefined, snapshots: [over, after] },
                {
                    from: start,
                    to: edge,
                    base: undefined,
                    snapshots: [hourly(folder, 'nothing', start, 0)],
                },
                {
                    from: start,
                    to: edge,
                    base: undefined,
                    snapshots: [hourly(folder, 'other', start, 2, 70)],
                },
            ],
            'together',
        );
        expect(written.rows).toEqual([10, 5, 0, 2]);
        expect(await energies(join(folder, 'out', '0.tmp'))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        expect(await energies(join(folder, 'out', '1.tmp'))).toEqual([10, 11, 12, 13, 14]);
        expect(await energies(join(folder, 'out', '3.tmp'))).toEqual([70, 71]);
    });

    it('writes nothing when no snapshot has a record', async () => {
        const folder = tempFolder();
        const tasks = ['a', 'b'].map((name) => ({
            from: start,
            to: start + hour,
            base: undefined,
            snapshots: [hourly(folder, name, start, 0)],
        }));
        expect((await writeTasks(join(folder, 'out'), tasks, 'together')).rows).toEqual([0, 0]);
    });

    it('leaves the files and nothing else, in a folder with any name', async () => {
        const folder = join(tempFolder(), "it's [a] *lake*?");
        mkdirSync(folder);
        const tasks = Array.from({ length: 20 }, (_, index) => ({
            from: start,
            to: start + 9 * hour,
            base: undefined,
            snapshots: [hourly(folder, `${index}.gz`, start, 5, index)],
        }));
        const { rows } = await writeTasks(join(folder, 'out'), tasks, 'together');
        expect(rows).toEqual(tasks.map(() => 5));
        expect(readdirSync(join(folder, 'out')).sort()).toEqual(
            tasks.map((_, index) => `${index}.tmp`).sort(),
        );
        expect(await energies(join(folder, 'out', '17.tmp'))).toEqual([17, 18, 19, 20, 21]);
    });

    it('fails as a whole over a damaged snapshot, and writes the rest when asked again', async () => {
        const folder = tempFolder();
        const snapshots = Array.from({ length: 6 }, (_, index) =>
            hourly(folder, `${index}.gz`, start, 3000, index),
        );
        const tasks = snapshots.map((snapshot, index) => ({
            from: start,
            to: snapshot.to,
            base: undefined,
            snapshots: [snapshot],
            target: join(folder, `${index}.tmp`),
        }));
        // The last one: the others are being written when it is met.
        truncateSync(join(folder, '5.gz'), 2000);
        const options = { format, stagingFolder: folder, memoryLimit: '400MB', connections: 1 };
        await withPartitionWriter(options, async (writer) => {
            await expect(writer.write(tasks)).rejects.toMatchObject({ code: 'QUERY_INVALID' });
            // Fewer, so that a part left by the first attempt would be one too many.
            expect(await writer.write(tasks.slice(0, 4))).toEqual([3000, 3000, 3000, 3000]);
        });
        expect((await energies(join(folder, '3.tmp'))).slice(0, 2)).toEqual([3, 4]);
    });
});
