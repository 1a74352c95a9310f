/** Row c: how fast answers become snapshots when the source costs no time. */
import { join } from 'node:path';
import type { Span } from '../../src/model/time.ts';
import { compareBest, measure, startPiece } from '../child.ts';
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
        const common = { url, concurrency, ...span };
        const [full, bare] = await compareBest(
            2,
            (run) => measure(ingestFleet, { root: join(scratch, `ingested-${run}`), ...common }),
            (run) => measure(bareIngest, { folder: join(scratch, `bodies-${run}`), channels, ...common }),
        );
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
