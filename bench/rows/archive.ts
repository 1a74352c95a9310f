/** Row e: two years of hourly runs on 100 channels, 1.7 million raw snapshots; the next sync must not feel them. */
import { join } from 'node:path';
import type { Span } from '../../src/model/time.ts';
import { measure, startPiece } from '../child.ts';
import { lakeChannels } from '../lakes.ts';
import { formatCount, formatMs, type Line } from '../line.ts';
import { packMonth } from '../pieces/pack-month.ts';
import { planSync } from '../pieces/plan-sync.ts';
import { serveFleet } from '../pieces/serve-fleet.ts';
import { writeArchive } from '../pieces/write-archive.ts';

/** The last month is still open: its snapshots are files of their own, the others are packed. */
const years: Span = { from: Date.UTC(2024, 0) / 1000, to: Date.UTC(2025, 11, 31) / 1000 };

export async function benchArchive(scratch: string): Promise<Line[]> {
    const root = join(scratch, 'archive');
    const { count } = await measure(writeArchive, { root, channels: lakeChannels, ...years });
    const server = await startPiece(serveFleet, { channels: lakeChannels });
    try {
        const url = `http://127.0.0.1:${server.measurement.count}`;
        const plan = await measure(planSync, { root, url, now: years.to, loseCoverage: false });
        const again = await measure(planSync, { root, url, now: years.to, loseCoverage: true });
        const packed = await measure(packMonth, { root, now: Date.UTC(2026, 0, 10) / 1000 });
        return [
            {
                row: 'e',
                what: `plan of the next sync, ${formatCount(count)} raw snapshots of ${lakeChannels} channels in the archive`,
                measured: formatMs(plan.ms),
                baseline: '',
                ratio: '',
                target: '≤ 2 s',
                isMet: plan.ms <= 2000,
            },
            {
                row: 'e',
                what: 'the same when the coverage was lost and is made again from the archive',
                measured: formatMs(again.ms),
                baseline: '',
                ratio: '',
                target: '≤ 30 s',
                isMet: again.ms <= 30_000,
            },
            {
                row: 'e',
                what: `packing of a closed month, ${packed.count.toLocaleString('en')} snapshots`,
                measured: formatMs(packed.ms),
                baseline: '',
                ratio: '',
                target: '≤ 60 s',
                isMet: packed.ms <= 60_000,
            },
        ];
    } finally {
        await server.stop();
    }
}
