/** A small lake and a site that went on since: what a `sync` has to do that is killed, or meets a full disk. */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '../../src/core/log.ts';
import { withLake } from '../../src/ingest/context.ts';
import { type Problem, verifyLake } from '../../src/ingest/verify-lake.ts';
import { generatedSite } from '../../src/simulator/generated.ts';
import type { SiteSource } from '../../src/simulator/site.ts';
import { withRenamedChannel } from '../../src/simulator/site-changes.ts';
import { withDuckDB } from '../../src/warehouse/duckdb.ts';
import { startDemoApi } from '../support/demo-api.ts';
import { fakeRuntime } from '../support/fake-runtime.ts';
import { type FaultyDisk, runOnFaultyDisk } from '../support/faulty-disk.ts';
import type { CliResult } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** One place with a lake in it, put back to where it began as often as it takes. */
export interface CrashLake {
    readonly root: string;
    reset(): void;
    /** The sync that is attacked: as the shell starts it, on the disk described. */
    sync(disk?: Omit<FaultyDisk, 'root' | 'now'>, onStart?: (kill: () => void) => void): Promise<CliResult>;
    verify(): Promise<readonly Problem[]>;
    /** What somebody sees who opens lake.duckdb. */
    countByCatalog(): Promise<{ readonly rows: number; readonly keys: number }>;
}

const before = Date.parse('2026-09-20T12:07:00Z');
const after = Date.parse('2026-10-02T12:07:00Z');

/**
 * Starts a simulator and makes so many lakes beside each other. Since their last sync a month has begun, a channel was
 * renamed, another is asked for the first time, a site changed its time zone, and the catalog is to be published anew:
 * each kind of file is written, new or in the place of an old one.
 */
export async function startCrashSite(count: number): Promise<readonly CrashLake[]> {
    let now = before;
    const { simulator, env } = await startDemoApi(() => now, { source: generatedSite({ seed: 7 }) });
    const folder = tempFolder();
    const places = Array.from({ length: count }, (_, index) => join(folder, `place-${index}`));
    const start = (
        place: string,
        argv: readonly string[],
        disk: Omit<FaultyDisk, 'root' | 'now'>,
        onStart?: (kill: () => void) => void,
    ) =>
        runOnFaultyDisk(
            ['sync', '--concurrency', '1', ...argv],
            { ...disk, root: join(place, 'lake'), now },
            {
                cwd: place,
                env,
                ...(onStart === undefined ? {} : { onStart: (kill) => onStart(() => kill('SIGKILL')) }),
            },
        );
    for (const place of places) {
        mkdirSync(place);
        const made = await start(
            place,
            ['--from', '2026-08-30', '--to', '2026-09-10', '--channel', '162320'],
            {},
        );
        if (made.code !== 0) throw new Error(made.stderr);
        rmSync(join(place, 'lake', 'lake.sql'));
        cpSync(place, `${place}-begin`, { recursive: true });
    }
    now = after;
    simulator.changeSite((site) => withTimeZone(withRenamedChannel(site, '162320', 'Roof'), 'Europe/Paris'));
    return places.map((place): CrashLake => {
        const root = join(place, 'lake');
        return {
            root,
            reset: () => {
                rmSync(place, { recursive: true });
                cpSync(`${place}-begin`, place, { recursive: true });
            },
            sync: (disk = {}, onStart) =>
                start(
                    place,
                    ['--from', '2026-09-05', '--to', '2026-10-02', '--channel', '162320,162119'],
                    disk,
                    onStart,
                ),
            verify: async () => {
                const options = {
                    root,
                    command: 'verify',
                    write: false,
                    runtime: fakeRuntime(),
                    log: silentLogger,
                };
                const found = await withLake(options, (lake) =>
                    verifyLake(lake, { deep: true, channels: [] }),
                );
                return found.problems;
            },
            countByCatalog: () =>
                withDuckDB({ file: join(root, 'lake.duckdb'), readOnly: true }, async (db) => {
                    const [row] = await db.rows(
                        'select count(*) as rows, count(distinct (channel_id, timestamp, interval_s)) as keys from readings',
                    );
                    return { rows: Number(row?.rows), keys: Number(row?.keys) };
                }),
        };
    });
}

function withTimeZone(site: SiteSource, timeZone: string): SiteSource {
    const organizations = site.organizations.map((row, index) => (index === 0 ? { ...row, timeZone } : row));
    return { ...site, organizations };
}
