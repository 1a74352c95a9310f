/** Publishes reference/channel_coverage.parquet: how far each channel was asked and answered, as the views can read it. */
import { readCoverage } from '../lake/coverage.ts';
import { listFolder } from '../lake/files.ts';
import { isChannelId } from '../lake/layout.ts';
import { formatInstant } from '../model/time.ts';
import type { DuckDB } from '../warehouse/duckdb.ts';
import type { LakeContext } from './context.ts';
import { publishTable } from './publish-table.ts';

export async function publishChannelCoverage(lake: LakeContext, db: DuckDB): Promise<void> {
    const { paths } = lake;
    const rows = [];
    for (const folder of await listFolder(paths.readings)) {
        const channelId = folder.replace('channel_id=', '');
        if (!isChannelId(channelId)) continue;
        const { answered } = await readCoverage(paths, channelId, []);
        const ends = Object.values(answered).flatMap((spans) => spans.map(({ to }) => to));
        if (ends.length === 0) continue;
        rows.push({ channel_id: channelId, covered_until: formatInstant(Math.max(...ends)) });
    }
    await publishTable(lake, db, 'channel_coverage', rows);
}
