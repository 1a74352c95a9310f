/** What the grids need beyond the reach of a change: a gap ends at both of its ends, and only some channels have any. */
import type { PartitionFile } from '../lake/partitions.ts';
import { type Granularity, partitionOf, type Span } from '../model/time.ts';
import { type DuckDB, identifier } from '../warehouse/duckdb.ts';
import type { ReadingsNeeded } from './derived-tables.ts';

/**
 * The changes, each widened over the gaps it touches: to the nearest readings with energy before and after it, in
 * whole periods so that channels still share portions. Reads the table grid_periods.
 */
export async function bridgeGaps(
    db: DuckDB,
    changes: ReadonlyMap<string, readonly Span[]>,
    granularity: Granularity,
): Promise<Map<string, readonly Span[]>> {
    const stays = await readStays(db);
    const bridge = (span: Span, mine: readonly Stay[]): Span => {
        const before = mine.filter(({ from }) => from < span.from);
        const after = mine.filter(({ from }) => from >= span.to);
        const known = (some: readonly Stay[]): readonly Stay[] => {
            const measured = some.filter(({ hasEnergy }) => hasEnergy);
            return measured.length > 0 ? measured : some;
        };
        const from = Math.max(...known(before).map(({ to }) => to));
        const to = Math.min(...known(after).map((stay) => stay.from));
        return {
            from: from < span.from && before.length > 0 ? partitionOf(from, granularity).from : span.from,
            to: to > span.to && after.length > 0 ? partitionOf(to, granularity).to : span.to,
        };
    };
    return new Map(
        [...changes].map(([channelId, spans]) => [
            channelId,
            spans.map((span) => bridge(span, stays.get(channelId) ?? [])),
        ]),
    );
}

/** A span of one data file in which readings of one grid lie. */
interface Stay extends Span {
    readonly hasEnergy: boolean;
}

async function readStays(db: DuckDB): Promise<Map<string, Stay[]>> {
    const rows = await db.rows(`
        select
            channel_id,
            epoch_us(coalesce(energy_from, first_at)) // 1000000 as starts_s,
            epoch_us(coalesce(energy_until, stored_until)) // 1000000 as ends_s,
            energy_count > 0 as has_energy,
        from grid_periods`);
    const stays = new Map<string, Stay[]>();
    for (const { channel_id, starts_s, ends_s, has_energy } of rows) {
        const stay = { from: Number(starts_s), to: Number(ends_s), hasEnergy: has_energy === true };
        const mine = stays.get(String(channel_id));
        if (mine === undefined) stays.set(String(channel_id), [stay]);
        else mine.push(stay);
    }
    return stays;
}

/** Those of the files that must be read to make the rows of a span. */
export async function neededFiles(
    db: DuckDB,
    reads: ReadingsNeeded,
    span: Span,
    files: readonly PartitionFile[],
): Promise<readonly PartitionFile[]> {
    switch (reads.kind) {
        case 'all':
            return files;
        case 'none':
            return [];
        case 'files': {
            const rows = await db.rows(`select channel_id, period from ${identifier(reads.except)}`);
            const spared = new Set(rows.map(({ channel_id, period }) => `${channel_id} ${period}`));
            return files.filter(({ channelId, partition }) => !spared.has(`${channelId} ${partition.value}`));
        }
        case 'channels': {
            const rows = await db.rows(`
                select distinct channel_id
                from ${identifier(reads.of)}
                where timestamp >= make_timestamptz(${span.from}000000)
                    and timestamp < make_timestamptz(${span.to}000000)`);
            const needy = new Set(rows.map(({ channel_id }) => String(channel_id)));
            return files.filter(({ channelId }) => needy.has(channelId));
        }
    }
}
