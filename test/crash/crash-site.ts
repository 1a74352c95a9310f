/** A small lake and a site that went on since: what a `sync` has to do that is killed, or meets a full disk. */
import { appendFileSync, cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createApiClient } from '../../src/api/client.ts';
import { silentLogger } from '../../src/core/log.ts';
import { Secret } from '../../src/core/secret.ts';
import { withLake } from '../../src/ingest/context.ts';
import type { Problem } from '../../src/ingest/problems.ts';
import { rebuild } from '../../src/ingest/rebuild.ts';
import { sync } from '../../src/ingest/sync.ts';
import { verifyLake } from '../../src/ingest/verify-lake.ts';
import type { FileHook } from '../../src/lake/files.ts';
import { generatedSite } from '../../src/simulator/generated.ts';
import { demoCredentials, type Simulator } from '../../src/simulator/server.ts';
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
    readonly simulator: Simulator;
    reset(): void;
    /** The sync that is attacked, as the shell starts it, on the disk described. `user` is the number of who starts it. */
    sync(disk?: Disk, onStart?: (kill: () => void) => void, user?: number): Promise<CliResult>;
    /** The same sync in this process, so many hours later. */
    syncHere(hook?: FileHook, hoursLater?: number): Promise<void>;
    rebuildHere(): Promise<void>;
    verify(): Promise<readonly Problem[]>;
    /** What somebody sees who opens lake.duckdb. */
    countByCatalog(): Promise<{ readonly rows: number; readonly keys: number }>;
}

type Disk = Omit<FaultyDisk, 'root' | 'now'>;

const before = Date.parse('2026-09-20T12:07:00Z');
const after = Date.parse('2026-10-02T12:07:00Z');
const first = ['--from', '2026-08-30', '--to', '2026-09-10', '--channel', '162320', '--resolution', '3600'];
const attacked = { from: '2026-09-05', to: '2026-10-02', channels: ['162320', '162119'] };

/**
 * Starts a simulator and makes so many lakes beside each other. Since their last sync a month has begun, a channel was
 * renamed and is now read every quarter of an hour, another is asked for the first time, a site changed its time zone,
 * and the catalog is to be published anew: each kind of file is written, new or in the place of an old one, and a
 * channel's readings overlap from now on. The clock stands still.
 */
export async function startCrashSite(count: number, folder = tempFolder()): Promise<readonly CrashLake[]> {
    let now = before;
    const { simulator, env } = await startDemoApi(() => now, { source: generatedSite({ seed: 7 }) });
    const begin = tempFolder();
    const start = (place: string, argv: readonly string[], disk: Disk, more: object): Promise<CliResult> =>
        runOnFaultyDisk(
            ['sync', '--concurrency', '1', ...argv],
            { ...disk, root: join(place, 'lake'), now },
            { cwd: place, env, ...more },
        );
    const places = Array.from({ length: count }, (_, index) => join(folder, `place-${index}`));
    for (const [index, place] of places.entries()) {
        mkdirSync(place);
        const made = await start(place, first, {}, {});
        if (made.code !== 0) throw new Error(made.stderr);
        // A catalog that is not up to date, though made of the same views.
        appendFileSync(join(place, 'lake', 'lake.sql'), '-- old\n');
        cpSync(place, join(begin, `${index}`), { recursive: true });
    }
    now = after;
    simulator.changeSite((site) => withTimeZone(withRenamedChannel(site, '162320', 'Roof'), 'Europe/Paris'));
    return places.map((place, index): CrashLake => {
        const root = join(place, 'lake');
        return {
            root,
            simulator,
            reset: () => {
                for (const name of readdirSync(place)) rmSync(join(place, name), { recursive: true });
                cpSync(join(begin, `${index}`), place, { recursive: true });
            },
            sync: (disk = {}, onStart = () => undefined, user) => {
                const { from, to, channels } = attacked;
                const argv = ['--from', from, '--to', to, '--channel', channels.join(',')];
                const hear = (kill: (signal: NodeJS.Signals) => void): void => onStart(() => kill('SIGKILL'));
                return start(place, argv, disk, { onStart: hear, ...(user === undefined ? {} : { user }) });
            },
            syncHere: (hook, hoursLater = 0) =>
                syncHere(root, simulator.url, hook, after + hoursLater * 3_600_000),
            rebuildHere: () => rebuildHere(root),
            verify: () => verify(root),
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

async function rebuildHere(root: string): Promise<void> {
    const runtime = fakeRuntime({ now: after });
    const options = { root, command: 'rebuild', write: true, runtime, log: silentLogger };
    await withLake(options, (lake) => rebuild(lake, { channels: [], dryRun: false }));
}

async function syncHere(
    root: string,
    baseUrl: string,
    fileHook: FileHook = () => {},
    now: number = after,
): Promise<void> {
    const runtime = { ...fakeRuntime({ now }), sleep: async () => undefined };
    const api = createApiClient(
        {
            baseUrl,
            apiKey: new Secret(demoCredentials.apiKey),
            email: demoCredentials.email,
            password: new Secret(demoCredentials.password),
            userAgent: 'eniscope-lake-test',
            requestsPerSecond: 0,
            concurrency: 2,
            timeoutMs: 20_000,
        },
        runtime,
        silentLogger,
    );
    const options = { root, command: 'sync', write: true, runtime, log: silentLogger, fileHook };
    await withLake(options, (lake) =>
        sync(lake, api, {
            from: Date.parse(attacked.from) / 1000,
            to: Date.parse(attacked.to) / 1000,
            channels: attacked.channels,
            organizations: [],
            excludeChannels: [],
            resolution: 900,
            refetch: false,
            dryRun: false,
            rereadDays: 3,
            firstRunDays: 30,
            healDays: 30,
            concurrency: 2,
            requestsPerSecond: 0,
        }),
    );
}

async function verify(root: string): Promise<readonly Problem[]> {
    const options = { root, command: 'verify', write: false, runtime: fakeRuntime(), log: silentLogger };
    const found = await withLake(options, (lake) => verifyLake(lake, { deep: true, channels: [] }));
    return found.problems;
}

function withTimeZone(site: SiteSource, timeZone: string): SiteSource {
    const organizations = site.organizations.map((row, index) => (index === 0 ? { ...row, timeZone } : row));
    return { ...site, organizations };
}
