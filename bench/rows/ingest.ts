/** Row c: how fast answers become snapshots when the source costs no time. */
import { join } from 'node:path';
import type { Span } from '../../src/model/time.ts';
import { measureBest, startPiece } from '../child.ts';
import { formatCount, formatRate, formatRatio, type Line } from '../line.ts';
import { bareIngest } from '../pieces/bare-ingest.ts';
import { ingestFleet } from '../pieces/ingest-fleet.ts';
import { serveFleet } from '../pieces/serve-fleet.ts';

const channels = 100;
const span: Span = { from: Date.UTC(2025, 0) / 1000, to: Date.UTC(2025, 4) / 1000 };
/** The default of the setting of that name. */
const concurrency = 2;

export async function benchIngest(scratch: string): Promise<Line[]> {
    const server = await startPiece(serveFleet, { channels });
    try {
        const url = `http://127.0.0.1:${server.measurement.count}`;
        const bare = await measureBest(bareIngest, 2, (run) => ({
            folder: join(scratch, `bodies-${run}`),
            url,
            channels,
            concurrency,
            ...span,
        }));
        const full = await measureBest(ingestFleet, 2, (run) => ({
            root: join(scratch, `ingested-${run}`),
            url,
            concurrency,
            ...span,
        }));
        if (full.count !== bare.count) throw new Error(`${full.count} readings landed, not ${bare.count}`);
        return [
            {
                row: 'c',
                what: `ingest of ${formatCount(full.count)} readings, no rate limit, no latency`,
                measured: formatRate(full.count, full.ms),
                baseline: `${formatRate(bare.count, bare.ms)} bare fetch → file`,
                ratio: formatRatio(full.ms / bare.ms),
                target: '≥ 100,000/s',
                isMet: full.count / full.ms >= 100,
            },
        ];
    } finally {
        await server.stop();
    }
}
