/** Lands raw snapshots of a generated fleet, one a channel and month, with the program's own writer. */
import pLimit from 'p-limit';
import { z } from 'zod';
import { describeQuery, readingsQuery } from '../../src/api/query.ts';
import { createLakeFiles } from '../../src/lake/files.ts';
import { lakePaths } from '../../src/lake/layout.ts';
import { landSnapshot } from '../../src/lake/snapshots.ts';
import { partitionsOf, type Span } from '../../src/model/time.ts';
import { generatedFleet } from '../../src/simulator/generated-fleet.ts';
import { writeEnvelope } from '../../src/simulator/readings-json.ts';
import type { SiteChannel, SiteSource } from '../../src/simulator/site.ts';
import { fields, resolution } from '../lake.ts';
import { type Piece, time } from '../piece.ts';

const schema = z.object({ root: z.string(), channels: z.int(), from: z.int(), to: z.int() });

export const landRaw: Piece<z.infer<typeof schema>> = {
    name: 'land-raw',
    schema,
    run: async ({ root, channels, from, to }) => {
        const source = generatedFleet({ channels });
        const paths = lakePaths(root);
        const files = createLakeFiles(paths.staging);
        const limit = pLimit(8);
        let count = 0;
        const land = async (channel: SiteChannel, span: Span): Promise<void> => {
            const { body, recordCount } = answer(source, channel, span);
            count += recordCount;
            // Ten minutes after the span's end: a later hour is a newer answer.
            const fetchedAt = (span.to + 600) * 1000 + (Number(channel.channelId) % 1000);
            const name = {
                channelId: channel.channelId,
                ...span,
                resolution,
                answered: resolution,
                fetchedAt,
            };
            await landSnapshot(files, paths, name, {
                path: `/readings/${channel.channelId}`,
                query: describeQuery(readingsQuery({ ...span, resolution, fields })),
                fields,
                status: 200,
                durationMs: 400,
                body: body.toString(),
            });
        };
        const spans = partitionsOf({ from, to }, 'month').map((month) => ({
            from: Math.max(month.from, from),
            to: Math.min(month.to, to),
        }));
        const work = source.channels.flatMap((channel) =>
            spans.map((span) => limit(() => land(channel, span))),
        );
        const { ms } = await time(() => Promise.all(work));
        return { ms, count };
    },
};

/** The answer of the API, byte for byte as the simulator sends it; the field the meters lack is null. */
function answer(source: SiteSource, channel: SiteChannel, span: Span): ReturnType<typeof writeEnvelope> {
    const known = fields.filter((code) => channel.fields.includes(code));
    const values = source.buckets(channel.channelId, known, span, resolution);
    const columns = fields.map((code) => values[known.indexOf(code)] ?? null);
    const [organization] = source.organizations;
    if (organization === undefined) throw new Error('the fleet has no organization');
    return writeEnvelope(
        { channel, organization, ...span, resolution, action: 'summarize' },
        { start: span.from, step: resolution, count: (span.to - span.from) / resolution, fields, columns },
        'null',
    );
}
