/** A simulated site and a lake of its own: what an ingest test needs, with the clock in the test's hand. */
import { onTestFinished } from 'vitest';
import { createApiClient } from '../../src/api/client.ts';
import { type Logger, silentLogger } from '../../src/core/log.ts';
import { Secret } from '../../src/core/secret.ts';
import { compact } from '../../src/ingest/compact.ts';
import { type LakeContext, withLake } from '../../src/ingest/context.ts';
import type { IngestOptions, PlanPreview } from '../../src/ingest/ingest.ts';
import { initLake } from '../../src/ingest/init.ts';
import { rebuild } from '../../src/ingest/rebuild.ts';
import type { RunSummary } from '../../src/ingest/summary.ts';
import { sync } from '../../src/ingest/sync.ts';
import { type LakePaths, lakePaths } from '../../src/lake/layout.ts';
import { defaultFieldCodes } from '../../src/model/fields.ts';
import type { Granularity } from '../../src/model/time.ts';
import { type Quirks, quietQuirks } from '../../src/simulator/quirks.ts';
import { demoCredentials, type Simulator, startSimulator } from '../../src/simulator/server.ts';
import type { SiteSource } from '../../src/simulator/site.ts';
import { type Row, withDuckDB } from '../../src/warehouse/duckdb.ts';
import { type FakeRuntime, fakeRuntime } from './fake-runtime.ts';
import { tempFolder } from './temp-folder.ts';

export interface SiteLakeOptions {
    readonly source: SiteSource;
    readonly quirks?: Partial<Quirks>;
    /** ISO instant at which clock of lake and simulator stand. */
    readonly now?: string;
    readonly granularity?: Granularity;
    readonly fields?: readonly string[];
    readonly log?: Logger;
    /** Parent of the lake's folder; a new temporary one by default. */
    readonly folder?: string;
}

export interface SiteLake {
    readonly simulator: Simulator;
    readonly runtime: FakeRuntime;
    readonly paths: LakePaths;
    sync(options?: Partial<IngestOptions>): Promise<RunSummary>;
    plan(options?: Partial<IngestOptions>): Promise<PlanPreview>;
    compact(): Promise<RunSummary>;
    rebuild(): Promise<RunSummary>;
    /** Opens the lake as a command does. */
    open<T>(write: boolean, use: (lake: LakeContext) => Promise<T>): Promise<T>;
    /** Asks the data files themselves; `readings` is a glob over them, no view of the product is between. */
    ask(sql: string): Promise<Row[]>;
}

const defaults: IngestOptions = {
    organizations: [],
    channels: [],
    excludeChannels: [],
    resolution: 900,
    refetch: false,
    dryRun: false,
    rereadDays: 3,
    firstRunDays: 30,
    healDays: 30,
    concurrency: 2,
    requestsPerSecond: 0,
};

export async function startSiteLake(options: SiteLakeOptions): Promise<SiteLake> {
    const runtime = fakeRuntime(options.now === undefined ? {} : { now: options.now });
    const simulator = await startSimulator({
        source: options.source,
        quirks: { ...quietQuirks, ...options.quirks },
        now: runtime.now,
    });
    onTestFinished(() => simulator.close());
    const root = `${options.folder ?? tempFolder()}/lake`;
    const log = options.log ?? silentLogger;
    const common = { root, runtime, log };
    const { granularity = 'month', fields = defaultFieldCodes } = options;
    await initLake({ ...common, granularity, fields, codec: 'zstd', parquetVersion: 'V2' });
    const connect = () =>
        createApiClient(
            {
                baseUrl: simulator.url,
                apiKey: new Secret(demoCredentials.apiKey),
                email: demoCredentials.email,
                password: new Secret(demoCredentials.password),
                userAgent: 'eniscope-lake-test',
                requestsPerSecond: 0,
                concurrency: 2,
                timeoutMs: 20_000,
            },
            runtime,
            log,
        );
    const paths = lakePaths(root);
    const open: SiteLake['open'] = (write, use) => withLake({ ...common, command: 'test', write }, use);
    return {
        simulator,
        runtime,
        paths,
        open,
        sync: async (some = {}) => {
            const done = await open(true, (lake) => sync(lake, connect(), { ...defaults, ...some }));
            if ('kind' in done) throw new Error('asked for a run, got a plan');
            return done;
        },
        plan: async (some = {}) => {
            const asked = { ...defaults, ...some, dryRun: true };
            const done = await open(false, (lake) => sync(lake, connect(), asked));
            if (!('kind' in done)) throw new Error('asked for a plan, got a run');
            return done;
        },
        compact: () => open(true, compact),
        rebuild: () => open(true, (lake) => rebuild(lake, { channels: [], dryRun: false })),
        ask: (sql) =>
            withDuckDB({}, (db) =>
                db.rows(sql.replaceAll('readings', `read_parquet('${paths.readings}/*/*/*.parquet')`)),
            ),
    };
}
