/** `demo`: the main job from end to end against the simulator, and a page that shows what came of it. */
import { resolve } from 'node:path';
import type { ApiClient } from '../../api/client.ts';
import { AppError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import type { IngestOptions } from '../../ingest/ingest.ts';
import type { RunSummary } from '../../ingest/summary.ts';
import type { Simulator } from '../../simulator/server.ts';
import type { SiteSource } from '../../simulator/site.ts';
import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { writeDemoPage } from '../demo/page.ts';
import { findManifest, openLake, openViews } from '../lake.ts';
import { createLake } from './init.ts';

/** What the first run asks for; the page then has a whole month to show on most days. */
const demoDays = 35;

export const demo = defineCommand({
    usage: 'demo',
    summary: 'Show the whole thing at work on simulated meters: no account needed, about ten seconds.',
    options: {},
    examples: [
        { command: 'demo', does: 'in ./demo-lake; a second run asks only for what is new' },
        { command: 'demo --lake /tmp/lake', does: 'somewhere else' },
    ],
    run: async (_args, given) => {
        const context = withDemoLake(given);
        const [{ demoCredentials, startSimulator }, { generatedSite }, { quietQuirks }] = await Promise.all([
            import('../../simulator/server.ts'),
            import('../../simulator/generated.ts'),
            import('../../simulator/quirks.ts'),
        ]);
        const site = generatedSite();
        const isFirst = (await findManifest(context)) === undefined;
        if (isFirst) await createLake(context);
        else await refuseOtherLake(context, site);
        const simulator = await startSimulator({
            source: site,
            quirks: quietQuirks,
            now: context.runtime.now,
        });
        try {
            const api = await connect(context, simulator, demoCredentials);
            const summary = await syncDemo(context, api);
            await writeDemoPage(context, { summary, isFirst, site });
        } finally {
            await simulator.close();
        }
        // Two channels of the simulated site always fail: they are part of the show.
        return 0;
    },
});

/** The demo writes to ./demo-lake unless a flag says otherwise; never to the lake of the settings. */
function withDemoLake(context: Context): Context {
    const { originOf, runtime, settings } = context;
    if (originOf('lake').kind === 'flag') return context;
    return { ...context, settings: { ...settings, lake: resolve(runtime.cwd, 'demo-lake') } };
}

/** Simulated readings have no business in somebody's real lake. */
async function refuseOtherLake(context: Context, site: SiteSource): Promise<void> {
    const ours = new Set(site.channels.map(({ channelId }) => channelId));
    const stranger = await openViews(context, [], async (db) => {
        const rows = await db.rows('select channel_id from channels');
        return rows.map((row) => String(row.channel_id)).find((id) => !ours.has(id));
    });
    if (stranger === undefined) return;
    throw new AppError(
        'LAKE_EXISTS',
        `${context.settings.lake} holds channel ${stranger}, so it is no demo lake`,
        {
            hint: 'Name another folder with --lake.',
        },
    );
}

async function connect(
    { runtime, log }: Context,
    simulator: Simulator,
    credentials: { readonly apiKey: string; readonly email: string; readonly password: string },
): Promise<ApiClient> {
    const { createApiClient } = await import('../../api/client.ts');
    return createApiClient(
        {
            baseUrl: simulator.url,
            apiKey: new Secret(credentials.apiKey),
            email: credentials.email,
            password: new Secret(credentials.password),
            userAgent: 'eniscope-lake demo',
            requestsPerSecond: 0,
            concurrency: 4,
            timeoutMs: 30_000,
        },
        // The simulator is at home: there is no point in waiting before a second try.
        { ...runtime, sleep: async () => {} },
        log,
    );
}

async function syncDemo(context: Context, api: ApiClient): Promise<RunSummary> {
    const { sync } = await import('../../ingest/sync.ts');
    const options: IngestOptions = {
        organizations: [],
        channels: [],
        excludeChannels: [],
        resolution: 900,
        refetch: false,
        dryRun: false,
        rereadDays: context.settings.rereadDays,
        firstRunDays: demoDays,
        healDays: context.settings.healDays,
        concurrency: 4,
        requestsPerSecond: 0,
    };
    const result = await openLake(context, { command: 'demo', write: true }, (lake) =>
        sync(lake, api, options),
    );
    if ('kind' in result) throw new Error('a demo run gave a plan');
    return result;
}
