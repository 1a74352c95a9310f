/** Row a: a backlog of raw snapshots becomes partitions; speed against bare DuckDB, and memory against the backlog. */
import { join } from 'node:path';
import { lakePaths } from '../../src/lake/layout.ts';
import type { Span } from '../../src/model/time.ts';
import { compareBest, measure } from '../child.ts';
import { fillInbox, makeLake } from '../lake.ts';
import { formatCount, formatMegabytes, formatMs, formatRate, formatRatio, type Line } from '../line.ts';
import { bareCompact } from '../pieces/bare-compact.ts';
import { compactLake } from '../pieces/compact-lake.ts';
import { landRaw } from '../pieces/land-raw.ts';
import { removeFolder } from '../scratch.ts';

/** 103 channels × 10 months are 3.0 million quarter-hours, 30 months 9.0 million. */
const channels = 103;
const large: Span = { from: Date.UTC(2023, 0) / 1000, to: Date.UTC(2025, 6) / 1000 };
const small: Span = { from: Date.UTC(2024, 8) / 1000, to: large.to };

export async function benchCompaction(scratch: string): Promise<Line[]> {
    const raw = join(scratch, 'raw');
    await measure(landRaw, { root: raw, channels, ...large });
    const prepare = async (span: Span, name: string): Promise<{ root: string }> => {
        const root = join(scratch, name);
        await removeFolder(root);
        await makeLake(root);
        await fillInbox(raw, root, span);
        return { root };
    };
    const { root: waiting } = await prepare(small, 'waiting');
    const [few, bare] = await compareBest(
        3,
        async () => measure(compactLake, { ...(await prepare(small, 'small')), half: 'partitions' }),
        () =>
            measure(bareCompact, {
                snapshots: join(lakePaths(waiting).inbox, '*.json.gz'),
                target: join(scratch, 'bare.parquet'),
                spillFolder: join(scratch, 'bare-spill'),
            }),
    );
    if (few.count !== bare.count)
        throw new Error(`${few.count} rows compacted, ${bare.count} by bare DuckDB`);
    const published = await measure(compactLake, { root: join(scratch, 'small'), half: 'publishing' });
    const all = await prepare(large, 'large');
    const many = await measure(compactLake, { ...all, half: 'partitions' });
    const allPublished = await measure(compactLake, { ...all, half: 'publishing' });
    const speed = few.ms / bare.ms;
    const growth = many.peakBytes / few.peakBytes;
    const readings = `${formatCount(few.count)} readings`;
    return [
        {
            row: 'a',
            what: `compaction of ${readings} in raw snapshots`,
            measured: formatMs(few.ms),
            baseline: `${formatMs(bare.ms)} bare read_json → sorted COPY`,
            ratio: formatRatio(speed),
            target: '≤ 2.0×',
            isMet: speed <= 2,
        },
        {
            row: 'a',
            what: 'the same, as a rate',
            measured: formatRate(few.count, few.ms),
            baseline: `${formatRate(bare.count, bare.ms)} bare`,
            ratio: '',
            target: '≥ 250,000/s',
            isMet: few.count / few.ms >= 250,
        },
        {
            row: 'a',
            what: 'the same, peak memory of the process',
            measured: formatMegabytes(few.peakBytes),
            baseline: `${formatMegabytes(bare.peakBytes)} bare`,
            ratio: formatRatio(few.peakBytes / bare.peakBytes),
            target: '≤ 700 MB',
            isMet: few.peakBytes <= 700e6 && many.peakBytes <= 700e6,
        },
        {
            row: 'a',
            what: `peak memory for ${formatCount(many.count)} readings (${formatRate(many.count, many.ms)})`,
            measured: formatMegabytes(many.peakBytes),
            baseline: `${formatMegabytes(few.peakBytes)} for ${readings}`,
            ratio: formatRatio(growth),
            target: '≤ 1.2×',
            isMet: growth <= 1.2,
        },
        {
            row: 'a',
            what: `publishing of ${readings}, all of them new: suspects, grids, gaps, estimates`,
            measured: formatMs(published.ms),
            baseline: '',
            ratio: '',
            target: '',
            isMet: true,
        },
        {
            row: 'a',
            what: `the same for ${formatCount(many.count)} readings, peak memory of the process`,
            measured: formatMegabytes(allPublished.peakBytes),
            baseline: `${formatMegabytes(published.peakBytes)} for ${readings}`,
            ratio: formatRatio(allPublished.peakBytes / published.peakBytes),
            target: '≤ 700 MB',
            isMet: allPublished.peakBytes <= 700e6,
        },
    ];
}
