/** Answers of 200 MB: memory stays bounded, the answer is set aside with its reason, every other channel lands. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { lakePaths } from '../../src/lake/layout.ts';
import type { Fault, FaultMatch } from '../../src/simulator/faults.ts';
import { generatedFleet } from '../../src/simulator/generated-fleet.ts';
import { respond } from '../../src/simulator/respond.ts';
import { withDuckDB } from '../../src/warehouse/duckdb.ts';
import { startDemoApi } from '../support/demo-api.ts';
import { listFiles } from '../support/lake-fixture.ts';
import { runProcess } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';

const measuredBin = fileURLToPath(new URL('../support/measured-bin.js', import.meta.url));
const megabyte = 1024 * 1024;
const mostMegabytes = 700;
const [struck, spared] = ['300000', '300001'];

interface Outcome {
    readonly code: number;
    readonly stderr: string;
    readonly root: string;
    readonly megabytes: number;
    readonly journal: string;
}

/** One `sync` of two days in a process of its own, the faults in place. */
async function syncMeasured(...faults: readonly (readonly [FaultMatch, Fault])[]): Promise<Outcome> {
    const cwd = tempFolder();
    const { env, simulator } = await startDemoApi(Date.now, { source: generatedFleet({ channels: 2 }) });
    for (const [match, fault] of faults) simulator.faults.always(match, fault);
    const MAXRSS_FILE = join(cwd, 'maxrss');
    const span = ['--from', '2025-09-01', '--to', '2025-09-03'];
    const { code, stderr } = await runProcess(process.execPath, [measuredBin, 'sync', ...span], {
        cwd,
        env: { ...env, MAXRSS_FILE },
    });
    const root = join(cwd, 'lake');
    const journal = listFiles(lakePaths(root).runs).map((file) => readFileSync(file, 'utf8'));
    const megabytes = Number(readFileSync(MAXRSS_FILE, 'utf8')) / 1024;
    return { code, stderr, root, megabytes, journal: journal.join('') };
}

async function countRows(root: string): Promise<unknown> {
    const { readings } = lakePaths(root);
    return withDuckDB({}, (db) =>
        db.rows(`select channel_id::varchar as id, count(*)::int as rows
            from read_parquet('${readings}/*/*/*.parquet') group by 1 order by 1`),
    );
}

const one: FaultMatch = { channel: struck };
const records = (bytes: number): Fault =>
    respond.flood(
        bytes,
        '{"channel":300000,"resolution":900,"records":[',
        '{"ts":1756684800,"E":1.5,"P":6},',
    );

describe('an answer of 200 MB', { timeout: 300_000 }, () => {
    it.each([
        ['blanks', respond.flood(200 * megabyte, '{', ' ')],
        ['records without end', records(200 * megabyte)],
        ['brackets without end', respond.flood(200 * megabyte, '{"x":', '[')],
        ['gzip that unpacks to it', respond.gzipBomb(200 * megabyte)],
    ] as const)('of %s is set aside, the other channel lands', async (_what, fault) => {
        const { code, root, megabytes, journal, stderr } = await syncMeasured([one, fault]);
        expect({ code, stderr }).toMatchObject({ code: 7 });
        expect(megabytes).toBeLessThan(mostMegabytes);
        expect(journal).toContain('is larger than 33554432 bytes');
        expect(journal).toContain('"outcome":"quarantined"');
        expect(await countRows(root)).toEqual([{ id: spared, rows: 192 }]);
        // What is kept of it is its beginning.
        for (const file of listFiles(lakePaths(root).quarantine)) {
            expect(readFileSync(file).length).toBeLessThan(3 * megabyte);
        }
    });

    it.each([
        ['records', records(31 * megabyte)],
        ['empty lists', respond.flood(31 * megabyte, '{"x":[', '[],')],
        ['empty objects in lists', respond.flood(8 * megabyte, '{"x":[', '[{}],')],
        ['blanks behind the truth', respond.huge(31 * megabyte)],
    ] as const)('just below the limit, of %s, fits into memory twice at once', async (_what, fault) => {
        const { code, megabytes, root, stderr } = await syncMeasured([{ path: /^\/readings/ }, fault]);
        expect(megabytes).toBeLessThan(mostMegabytes);
        const isTrue = fault.kind === 'edit';
        expect({ code, stderr }).toMatchObject({ code: isTrue ? 0 : 7 });
        if (!isTrue) return;
        expect(await countRows(root)).toEqual([
            { id: struck, rows: 192 },
            { id: spared, rows: 192 },
        ]);
    });

    it('in place of a list, or with an error, ends the run with its reason', async () => {
        const list = await syncMeasured([{ path: '/channels' }, respond.flood(200 * megabyte, '{', ' ')]);
        expect({ ...list }).toMatchObject({ code: 4, stderr: expect.stringContaining('larger than') });
        expect(list.megabytes).toBeLessThan(mostMegabytes);
        const error = await syncMeasured([one, respond.status(403, 'x'.repeat(50 * megabyte))]);
        expect(error).toMatchObject({ code: 7 });
        expect(error.megabytes).toBeLessThan(mostMegabytes);
    });
});
