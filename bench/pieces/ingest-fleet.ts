/** What `eniscope-lake ingest --from --to` does against a simulator, without a rate limit. Counts readings landed. */
import { z } from 'zod';
import { createApiClient } from '../../src/api/client.ts';
import { silentLogger } from '../../src/core/log.ts';
import { systemRuntime } from '../../src/core/runtime.ts';
import { Secret } from '../../src/core/secret.ts';
import { ingest } from '../../src/ingest/ingest.ts';
import { demoCredentials } from '../../src/simulator/server.ts';
import { makeLake, openLake, resolution } from '../lake.ts';
import { type Piece, time } from '../piece.ts';

const schema = z.object({
    root: z.string(),
    url: z.string(),
    concurrency: z.int(),
    from: z.int(),
    to: z.int(),
});

export const ingestFleet: Piece<z.infer<typeof schema>> = {
    name: 'ingest-fleet',
    schema,
    run: async ({ root, url, concurrency, from, to }) => {
        await makeLake(root);
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
            systemRuntime(),
            silentLogger,
        );
        const { ms, result } = await time(() =>
            openLake(root, 'ingest', (lake) =>
                ingest(lake, api, {
                    from,
                    to,
                    organizations: [],
                    channels: [],
                    excludeChannels: [],
                    resolution,
                    refetch: false,
                    dryRun: false,
                    rereadDays: 3,
                    firstRunDays: 30,
                    healDays: 30,
                    concurrency,
                    requestsPerSecond: 0,
                }),
            ),
        );
        if ('kind' in result || result.failures.length > 0) throw new Error('the ingest failed in part');
        return { ms, count: result.readings };
    },
};
