/** Row f: what an analyst waits for most often, through the published views of a lake of two years. */
import { lakePaths } from '../../src/lake/layout.ts';
import { measure } from '../child.ts';
import type { SharedLakes } from '../lakes.ts';
import { formatMs, formatRatio, type Line } from '../line.ts';
import { askWarm } from '../pieces/ask-warm.ts';

interface Question {
    readonly what: string;
    readonly sql: string;
    /** Sums of the same columns, straight from the same files. */
    readonly bare: (readings: string) => string;
    readonly rows: number;
    readonly targetMs: number;
}

const questions: readonly Question[] = [
    {
        what: 'energy_monthly of one organization of 20 channels, one year',
        sql: `
            select * from energy_monthly
            where organization_id = '40001' and month >= date '2025-01-01' and month < date '2026-01-01'`,
        bare: (readings) => `
            select channel_id, month, sum(energy_kwh), min(power_kw), max(power_kw), avg(voltage_v)
            from read_parquet('${readings}/*/*/readings.parquet', hive_types = {channel_id: VARCHAR, month: VARCHAR})
            where channel_id >= '300000' and channel_id < '300020' and month >= '2025-01'
            group by all`,
        rows: 20 * 12,
        targetMs: 250,
    },
    {
        what: 'readings_normalized of one channel, one day',
        sql: `
            select * from readings_normalized
            where channel_id = '300050'
                and timestamp >= timestamptz '2025-07-01 00:00:00+00'
                and timestamp < timestamptz '2025-07-02 00:00:00+00'
            order by timestamp`,
        bare: (readings) => `
            select * from read_parquet('${readings}/channel_id=300050/month=2025-07/readings.parquet')
            where timestamp >= timestamptz '2025-07-01 00:00:00+00'
                and timestamp < timestamptz '2025-07-02 00:00:00+00'`,
        rows: 96,
        targetMs: 60,
    },
];

export async function benchRollups(lakes: SharedLakes): Promise<Line[]> {
    const { catalog: file, readings } = lakePaths(await lakes.twoYears());
    const lines: Line[] = [];
    for (const { what, sql, bare, rows, targetMs } of questions) {
        const { ms: bareMs } = await measure(askWarm, { sql: bare(readings), runs: 10, answer: 'fetch' });
        const { ms, count } = await measure(askWarm, { file, sql, runs: 10, answer: 'fetch' });
        if (count !== rows) throw new Error(`${what}: ${count} rows, not ${rows}`);
        lines.push({
            row: 'f',
            what: `${what}, warm`,
            measured: formatMs(ms),
            baseline: `${formatMs(bareMs)} bare sum of its files`,
            ratio: formatRatio(ms / bareMs),
            target: `≤ ${targetMs} ms`,
            isMet: ms <= targetMs,
        });
    }
    return lines;
}
