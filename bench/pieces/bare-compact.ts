/** The baseline of compaction: DuckDB alone reads the same snapshots and writes one sorted Parquet file. */
import { z } from 'zod';
import { literal, withDuckDB } from '../../src/warehouse/duckdb.ts';
import { lakeFields } from '../../src/warehouse/merge.ts';
import { fields } from '../lake.ts';
import { type Piece, time } from '../piece.ts';

const schema = z.object({
    /** A glob. */
    snapshots: z.string(),
    target: z.string(),
    spillFolder: z.string(),
});

export const bareCompact: Piece<z.infer<typeof schema>> = {
    name: 'bare-compact',
    schema,
    run: ({ snapshots, target, spillFolder }) =>
        withDuckDB({ spillFolder }, async (db) => {
            const { ms } = await time(() => db.run(copySql(snapshots, target)));
            return { ms, count: Number(await db.value(`select count(*) from ${literal(target)}`)) };
        }),
};

function copySql(snapshots: string, target: string): string {
    const known = lakeFields(fields);
    const codes = known.map(({ code }) => `"${code}" DOUBLE`).join(', ');
    const values = known.map(({ code, column, divisor }) => `record."${code}" / ${divisor} as ${column}`);
    return `
        copy (
            select
                channel_id,
                to_timestamp(record.ts) as timestamp,
                interval_s,
                ${values.join(', ')},
                fetched_at
            from (
                select
                    request.channel_id as channel_id,
                    body.resolution::integer as interval_s,
                    fetched_at,
                    unnest(body.records) as record
                from read_json(
                    ${literal(snapshots)},
                    columns = {
                        request: 'STRUCT(channel_id VARCHAR)',
                        fetched_at: 'TIMESTAMPTZ',
                        body: 'STRUCT(resolution BIGINT, records STRUCT(ts BIGINT, ${codes})[])'
                    }
                )
            )
            order by channel_id, timestamp
        ) to ${literal(target)} (format parquet, compression zstd, parquet_version V2)`;
}
