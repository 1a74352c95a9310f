/** The baseline of ingest: the same questions by fetch alone, each body written to a file as it came. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { z } from 'zod';
import { encodeQuery, readingsQuery } from '../../src/api/query.ts';
import { partitionsOf, type Span } from '../../src/model/time.ts';
import { generatedFleet } from '../../src/simulator/generated-fleet.ts';
import { demoCredentials } from '../../src/simulator/server.ts';
import { fields, resolution } from '../lake.ts';
import { type Piece, time } from '../piece.ts';

const schema = z.object({
    folder: z.string(),
    url: z.string(),
    channels: z.int(),
    concurrency: z.int(),
    from: z.int(),
    to: z.int(),
});

export const bareIngest: Piece<z.infer<typeof schema>> = {
    name: 'bare-ingest',
    schema,
    run: async ({ folder, url, channels, concurrency, from, to }) => {
        await mkdir(folder, { recursive: true });
        const { apiKey, email, password } = demoCredentials;
        const digest = createHash('md5').update(password).digest('hex');
        const basic = Buffer.from(`${email}:${digest}`).toString('base64');
        const headers = { authorization: `Basic ${basic}`, 'x-eniscope-api': apiKey };
        const keep = async (channelId: string, { from: start, to: end }: Span): Promise<void> => {
            const query = encodeQuery(readingsQuery({ from: start, to: end, resolution, fields }));
            const response = await fetch(`${url}/readings/${channelId}?${query}`, { headers });
            if (!response.ok) throw new Error(`channel ${channelId} was answered ${response.status}`);
            await writeFile(join(folder, `${channelId}-${start}.json`), await response.text());
        };
        const limit = pLimit(concurrency);
        const months = partitionsOf({ from, to }, 'month');
        const work = generatedFleet({ channels }).channels.flatMap(({ channelId }) =>
            months.map((month) => limit(() => keep(channelId, month))),
        );
        const { ms } = await time(() => Promise.all(work));
        return { ms, count: (channels * (to - from)) / resolution };
    },
};
