/** parquetjs-lite, the strictest of the old readers, reads the files of a lake made for such: Snappy, version V1. */
import { join } from 'node:path';
import { ParquetReader } from 'parquetjs-lite';
import { describe, expect, it } from 'vitest';
import { generatedSite } from '../../src/simulator/generated.ts';
import { differences } from '../support/close.ts';
import { startDemoApi } from '../support/demo-api.ts';
import { runCli } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';

const [meter, air] = ['162320', '162277'];

async function readFile(path: string): Promise<Record<string, unknown>[]> {
    const reader = await ParquetReader.openFile(path);
    const rows: Record<string, unknown>[] = [];
    const cursor = reader.getCursor();
    for (let row = await cursor.next(); row !== null; row = await cursor.next()) rows.push(row);
    await reader.close();
    return rows;
}

describe('parquetjs-lite', () => {
    it('reads every row, value and null of a lake written with Snappy and V1', async () => {
        const cwd = tempFolder();
        const { env } = await startDemoApi(() => Date.parse('2026-11-23T09:20:00Z'), {
            source: generatedSite({ seed: 7 }),
        });
        const made = await runCli(['init', '--codec', 'snappy', '--parquet-version', 'V1'], { cwd, env });
        expect(made.code, made.stderr).toBe(0);
        const span = ['--from', '2026-11-01', '--to', '2026-11-15', '--channel', `${meter},${air}`];
        const synced = await runCli(['sync', ...span], { cwd, env });
        expect(synced.code, synced.stderr).toBe(0);
        for (const channelId of [meter, air]) {
            const folder = `channel_id=${channelId}/month=2026-11`;
            const rows = await readFile(join(cwd, 'lake', 'readings', folder, 'readings.parquet'));
            const sql = `
                select
                    epoch_ms(timestamp)::double as timestamp, interval_s, energy_kwh, power_kw, voltage_v,
                    current_a, power_factor, temperature_c, epoch_ms(fetched_at)::double as fetched_at
                from readings where channel_id = '${channelId}' order by timestamp`;
            const asked = await runCli(['query', sql, '--format', 'json'], { cwd, env });
            const read = rows.map((row) =>
                Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])),
            );
            expect(read).toHaveLength(14 * 96);
            // A null is a key that is left out.
            const expected: Record<string, unknown>[] = JSON.parse(asked.stdout);
            const known = expected.map((row) =>
                Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)),
            );
            expect(differences(read, known)).toEqual([]);
        }
    });
});

function plain(value: unknown): unknown {
    return value instanceof Date ? value.getTime() : value;
}
