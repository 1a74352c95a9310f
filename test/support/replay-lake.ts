/** A dataset served by the simulator over HTTP, and a lake in a temporary folder that syncs it. */
import { createApiClient } from '../../src/api/client.ts';
import { silentLogger } from '../../src/core/log.ts';
import { Secret } from '../../src/core/secret.ts';
import { withLake } from '../../src/ingest/context.ts';
import { initLake } from '../../src/ingest/init.ts';
import { rebuild } from '../../src/ingest/rebuild.ts';
import type { RunSummary } from '../../src/ingest/summary.ts';
import { sync } from '../../src/ingest/sync.ts';
import { type LakePaths, lakePaths } from '../../src/lake/layout.ts';
import { defaultFieldCodes } from '../../src/model/fields.ts';
import type { Granularity, Resolution } from '../../src/model/time.ts';
import { quietQuirks } from '../../src/simulator/quirks.ts';
import { replaySite } from '../../src/simulator/replay.ts';
import { demoCredentials, startSimulator } from '../../src/simulator/server.ts';
import { literal, type Row } from '../../src/warehouse/duckdb.ts';
import { fakeRuntime } from './fake-runtime.ts';
import { askViews, openViews } from './session-zone.ts';
import { tempFolder } from './temp-folder.ts';

export interface ReplayLake {
    readonly paths: LakePaths;
    /** Where the dataset is served. */
    readonly url: string;
    /** The newest run of `sync`. */
    readonly lastRun: RunSummary | undefined;
    sync(span: { from: number; to: number; resolution: Resolution }): Promise<RunSummary>;
    rebuild(): Promise<RunSummary>;
    /** Asks the views, in the session zone of the tests. */
    ask(sql: string): Promise<Row[]>;
    /** Writes the answers as Parquet files into an existing folder, each under its name. */
    handOver(
        folder: string,
        questions: Readonly<Record<string, string>>,
    ): Promise<Record<string, AnswerSize>>;
    /** How many requests for readings were served so far. */
    readingRequests(): number;
    close(): Promise<void>;
}

interface AnswerSize {
    readonly rows: number;
    readonly columns: number;
}

export interface ReplayLakeOptions {
    readonly granularity?: Granularity;
    readonly codec?: 'zstd' | 'snappy';
    readonly parquetVersion?: 'V1' | 'V2';
}

/** Lives until `close`; nothing in it depends on a running test. */
export async function openReplayLake(folder: string, options: ReplayLakeOptions = {}): Promise<ReplayLake> {
    const { granularity = 'month', codec = 'zstd', parquetVersion = 'V2' } = options;
    const runtime = fakeRuntime();
    const simulator = await startSimulator({
        source: await replaySite(folder),
        quirks: quietQuirks,
        now: runtime.now,
    });
    let remove = (): void => {};
    const root = `${tempFolder((atEnd) => {
        remove = atEnd;
    })}/lake`;
    const common = { root, runtime, log: silentLogger };
    await initLake({ ...common, granularity, fields: defaultFieldCodes, codec, parquetVersion });
    const api = createApiClient(
        {
            baseUrl: simulator.url,
            apiKey: new Secret(demoCredentials.apiKey),
            email: demoCredentials.email,
            password: new Secret(demoCredentials.password),
            userAgent: 'eniscope-lake-test',
            requestsPerSecond: 0,
            concurrency: 4,
            timeoutMs: 60_000,
        },
        runtime,
        silentLogger,
    );
    const views = { root, fields: defaultFieldCodes, granularity };
    let lastRun: RunSummary | undefined;
    return {
        paths: lakePaths(root),
        url: simulator.url,
        get lastRun() {
            return lastRun;
        },
        sync: async (span) => {
            const done = await withLake({ ...common, command: 'sync', write: true }, (lake) =>
                sync(lake, api, {
                    ...span,
                    organizations: [],
                    channels: [],
                    excludeChannels: [],
                    refetch: false,
                    dryRun: false,
                    rereadDays: 3,
                    firstRunDays: 30,
                    healDays: 30,
                    concurrency: 4,
                    requestsPerSecond: 0,
                }),
            );
            if ('kind' in done) throw new Error('asked for a run, got a plan');
            lastRun = done;
            return done;
        },
        rebuild: () =>
            withLake({ ...common, command: 'rebuild', write: true }, (lake) =>
                rebuild(lake, { channels: [], dryRun: false }),
            ),
        ask: (sql) => askViews(views, sql),
        handOver: (folder, questions) =>
            openViews(views, async (db) => {
                const sizes: Record<string, AnswerSize> = {};
                for (const [name, sql] of Object.entries(questions)) {
                    const file = literal(`${folder}/${name}.parquet`);
                    const rows = Number(await db.value(`copy (${sql}) to ${file}`));
                    sizes[name] = { rows, columns: (await db.rows(`describe ${sql}`)).length };
                }
                return sizes;
            }),
        readingRequests: () => simulator.requests.filter(({ channelId }) => channelId !== undefined).length,
        close: async () => {
            await simulator.close();
            remove();
        },
    };
}
