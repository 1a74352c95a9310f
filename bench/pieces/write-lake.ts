/**
 * A lake that has been filled for a long time, written straight as its data files: the exact schema and format of
 * compaction, in a fraction of the time. Reference tables, coverage and published views are the program's own.
 */
import { mkdir } from 'node:fs/promises';
import { z } from 'zod';
import { publish } from '../../src/ingest/publish.ts';
import { writeCoverage } from '../../src/lake/coverage.ts';
import { lakePaths, partitionFile, partitionFolder, referenceFile } from '../../src/lake/layout.ts';
import { type Partition, partitionsOf } from '../../src/model/time.ts';
import { generatedFleet } from '../../src/simulator/generated-fleet.ts';
import type { SiteSource } from '../../src/simulator/site.ts';
import { type DuckDB, literal, withDuckDB } from '../../src/warehouse/duckdb.ts';
import { findStrangeShape } from '../../src/warehouse/inspect.ts';
import { writeReference } from '../../src/warehouse/reference.ts';
import { coverageOf, fields, makeLake, measures, openLake, resolution } from '../lake.ts';
import { type Piece, time } from '../piece.ts';

const schema = z.object({
    root: z.string(),
    channels: z.int(),
    from: z.int(),
    to: z.int(),
    timeZones: z.array(z.string()),
});

export const writeLake: Piece<z.infer<typeof schema>> = {
    name: 'write-lake',
    schema,
    run: async ({ root, channels, from, to, timeZones }) => {
        const organizations = timeZones.length;
        const source = generatedFleet({ channels, organizations, timeZones, firstCustomerChannels: 20 });
        const months = partitionsOf({ from, to }, 'month');
        const { ms } = await time(async () => {
            await makeLake(root);
            await withDuckDB({}, async (db) => {
                await writeReferences(db, root, source);
                for (const { channelId } of source.channels) {
                    await writeChannel(db, root, channelId, { from, to, months });
                }
            });
            await openLake(root, 'bench', async (lake) => {
                const [last] = months.slice(-1);
                // The month's rest is noted as asked too: an ingest notes its spans before they are compacted.
                const coverage = { ...coverageOf({ from, to: last?.to ?? to }), lastReadingEnd: to };
                for (const { channelId } of source.channels) {
                    await writeCoverage(lake.files, lake.paths, channelId, coverage);
                }
                await publish(lake);
            });
        });
        return { ms, count: (channels * (to - from)) / resolution };
    },
};

interface Extent {
    readonly from: number;
    readonly to: number;
    readonly months: readonly Partition[];
}

async function writeChannel(db: DuckDB, root: string, channelId: string, extent: Extent): Promise<void> {
    const paths = lakePaths(root);
    // Two load curves and four independent noises, in the steps a meter answers in: packs like real readings.
    await db.run(`
        create or replace temp table drawn as
        with noise as (
            select
                range as ts,
                [hash(range, ${channelId}, part) % 100000 / 100000.0 for part in [1, 2, 3, 4]] as noises,
            from range(${extent.from}, ${extent.to}, ${resolution})
        ),
        loads as (
            select
                ts,
                noises,
                round(256 * (1500 + 900 * sin(ts / 13751.0) + 200 * sin(ts / 96257.0) + 400 * noises[1])) / 256 as watts,
                round(64 * (120.25 + 3 * noises[2])) / 64 as volts,
                round(256 * (0.85 + 0.06 * noises[3])) / 256 as factor,
            from noise
        )
        select
            ts,
            watts / 4000 as energy_kwh,
            round(256 * watts * (1 + 0.0008 * (noises[4] - 0.5))) / 256000 as power_kw,
            volts as voltage_v,
            round(1024 * watts / (3 * volts * factor)) / 1024 as current_a,
            factor as power_factor,
            null::double as temperature_c,
        from loads`);
    for (const month of extent.months) {
        const file = partitionFile(paths, channelId, month);
        await mkdir(partitionFolder(paths, channelId, month), { recursive: true });
        await db.run(`
            copy (
                select
                    to_timestamp(ts) as timestamp,
                    ${resolution}::integer as interval_s,
                    ${measures.join(', ')},
                    to_timestamp(${Math.min(month.to, extent.to) + 600}) as fetched_at
                from drawn
                where ts >= ${month.from} and ts < ${month.to}
                order by ts
            ) to ${literal(file)} (
                format parquet, compression zstd, parquet_version V2, kv_metadata {eniscope_lake_format: '1'}
            )`);
        const problem = await findStrangeShape(db, file, fields);
        if (problem !== undefined) throw new Error(`${file}: ${problem}`);
    }
}

async function writeReferences(db: DuckDB, root: string, source: SiteSource): Promise<void> {
    const paths = lakePaths(root);
    const format = { codec: 'zstd', version: 'V2' };
    const at = '2024-01-01T00:00:00.000Z';
    const history = { created_at: at, updated_at: at, removed_at: null };
    const organizations = source.organizations.map((organization) => ({
        organization_id: organization.organizationId,
        organization_name: organization.organizationName,
        parent_id: organization.parentId,
        sort_code: organization.sortCode,
        time_zone: organization.timeZone,
        currency: organization.currencyCode,
        status: 1,
        ...history,
    }));
    const devices = source.devices.map((device) => ({
        device_id: device.deviceId,
        device_name: device.deviceName,
        organization_id: device.organizationId,
        status: 1,
        ...history,
    }));
    const channels = source.channels.map((channel) => ({
        channel_id: channel.channelId,
        channel_name: channel.channelName,
        device_id: channel.deviceId,
        organization_id: channel.organizationId,
        status: 1,
        ...history,
    }));
    const tables = { organizations, devices, channels } as const;
    await mkdir(paths.reference, { recursive: true });
    await writeReference(
        db,
        'organizations',
        tables.organizations,
        format,
        referenceFile(paths, 'organizations'),
    );
    await writeReference(db, 'devices', tables.devices, format, referenceFile(paths, 'devices'));
    await writeReference(db, 'channels', tables.channels, format, referenceFile(paths, 'channels'));
}
