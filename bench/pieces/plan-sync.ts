/** What `eniscope-lake sync --dry-run` does: reference lists, coverage, plan. Counts the planned requests. */
import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { createApiClient } from '../../src/api/client.ts';
import { silentLogger } from '../../src/core/log.ts';
import { systemRuntime } from '../../src/core/runtime.ts';
import { Secret } from '../../src/core/secret.ts';
import { withLake } from '../../src/ingest/context.ts';
import { previewIngest } from '../../src/ingest/ingest.ts';
import { lakePaths } from '../../src/lake/layout.ts';
import { demoCredentials } from '../../src/simulator/server.ts';
import { resolution } from '../lake.ts';
import { type Piece, time } from '../piece.ts';

const schema = z.object({
    root: z.string(),
    url: z.string(),
    /** Where the clock stands, epoch seconds. */
    now: z.int(),
    loseCoverage: z.boolean(),
});

export const planSync: Piece<z.infer<typeof schema>> = {
    name: 'plan-sync',
    schema,
    run: async ({ root, url, now, loseCoverage }) => {
        if (loseCoverage) await rm(lakePaths(root).coverage, { recursive: true });
        const runtime = { ...systemRuntime(), now: () => now * 1000 };
        const concurrency = 2;
        const api = createApiClient(
            {
                baseUrl: url,
                apiKey: new Secret(demoCredentials.apiKey),
                email: demoCredentials.email,
                password: new Secret(demoCredentials.password),
                userAgent: 'eniscope-lake-bench',
                requestsPerSecond: 0,
                concurrency,
                timeoutMs: 60_000,
            },
            runtime,
            silentLogger,
        );
        // As a writer: what a run does before it plans is part of it.
        const { ms, result } = await time(() =>
            withLake({ root, command: 'sync', write: true, runtime, log: silentLogger }, (lake) =>
                previewIngest(lake, api, {
                    organizations: [],
                    channels: [],
                    excludeChannels: [],
                    resolution,
                    refetch: false,
                    dryRun: true,
                    rereadDays: 3,
                    firstRunDays: 30,
                    healDays: 30,
                    concurrency,
                    requestsPerSecond: 0,
                }),
            ),
        );
        if (result.requests === 0) throw new Error('nothing was planned');
        return { ms, count: result.requests };
    },
};
