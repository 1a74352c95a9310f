/** Row d: daily energy through the published views, of everything and of one channel's month. */
import { lakePaths } from '../../src/lake/layout.ts';
import { literal } from '../../src/warehouse/duckdb.ts';
import { measure } from '../child.ts';
import { resolution } from '../lake.ts';
import { lakeChannels, type SharedLakes, twoYears } from '../lakes.ts';
import { formatCount, formatMs, formatRatio, type Line } from '../line.ts';
import { askWarm } from '../pieces/ask-warm.ts';

export async function benchDaily(lakes: SharedLakes): Promise<Line[]> {
    const { catalog: file, readings } = lakePaths(await lakes.twoYears());
    const bareAll = await measure(askWarm, {
        sql: `
            select
                channel_id,
                sum(interval_s), sum(energy_kwh), sum(power_kw), sum(voltage_v), sum(power_factor),
                min(timestamp), max(timestamp)
            from read_parquet(${literal(`${readings}/*/*/readings.parquet`)}, hive_types = {channel_id: VARCHAR})
            group by channel_id`,
        runs: 3,
        answer: 'keep',
    });
    const all = await measure(askWarm, {
        file,
        sql: 'select * from energy_daily',
        runs: 3,
        answer: 'keep',
    });
    const bareOne = await measure(askWarm, {
        sql: `
            select (timestamp at time zone 'UTC')::date as day, sum(energy_kwh), avg(power_kw), avg(voltage_v)
            from read_parquet(${literal(`${readings}/channel_id=300050/month=2025-07/readings.parquet`)})
            group by all order by all`,
        runs: 10,
        answer: 'fetch',
    });
    const one = await measure(askWarm, {
        file,
        sql: `
            select * from energy_daily
            where channel_id = '300050' and date >= date '2025-07-01' and date < date '2025-08-01'
            order by date`,
        runs: 10,
        answer: 'fetch',
    });
    const days = (twoYears.to - twoYears.from) / 86_400;
    if (all.count < lakeChannels * days) throw new Error(`energy_daily has ${all.count} rows, too few`);
    if (one.count !== 31) throw new Error(`energy_daily has ${one.count} days of July 2025`);
    const ratio = all.ms / bareAll.ms;
    const readingCount = (lakeChannels * (twoYears.to - twoYears.from)) / resolution;
    return [
        {
            row: 'd',
            what: `energy_daily of ${lakeChannels} channels, two years (${formatCount(readingCount)} readings)`,
            measured: formatMs(all.ms),
            baseline: `${formatMs(bareAll.ms)} bare scan and sum`,
            ratio: formatRatio(ratio),
            target: '≤ 5×',
            isMet: ratio <= 5,
        },
        {
            row: 'd',
            what: 'energy_daily of one channel, one month, warm',
            measured: formatMs(one.ms),
            baseline: `${formatMs(bareOne.ms)} bare sum of its file`,
            ratio: formatRatio(one.ms / bareOne.ms),
            target: '≤ 100 ms',
            isMet: one.ms <= 100,
        },
    ];
}
