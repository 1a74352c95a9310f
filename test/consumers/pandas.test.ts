/** pandas and pyarrow read the files of a lake, without the catalog and without this program. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { generatedSite } from '../../src/simulator/generated.ts';
import { startDemoApi } from '../support/demo-api.ts';
import { runBin, runProcess } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { lacksConsumers, python, whySkipped } from '../support/venv.ts';

const script = fileURLToPath(new URL('read_lake.py', import.meta.url));
/** A meter, the air sensor that has no electricity, and a channel that never sent anything. */
const [meter, air, silent] = ['162320', '162277', '158694'];

describe.skipIf(lacksConsumers)(`pandas with pyarrow${whySkipped}`, () => {
    it('reads the files with filters, the right types, and the energy the views tell', async () => {
        const cwd = tempFolder();
        const { env } = await startDemoApi(Date.now, { source: generatedSite({ seed: 7 }) });
        const span = ['--from', '2025-09-20', '--to', '2025-11-10'];
        const channels = ['--channel', `${meter},${air},${silent}`];
        const synced = await runBin(['sync', ...span, ...channels], { cwd, env });
        expect(synced.code, synced.stderr).toBe(0);
        const ran = await runProcess(python, [script, join(cwd, 'lake'), meter, '2025-09-28', '2025-10-05'], {
            cwd: tempFolder(),
        });
        expect(ran.code, ran.stderr).toBe(0);
        const read = JSON.parse(ran.stdout);

        expect(read.types).toEqual({
            timestamp: expect.stringMatching(/^datetime64\[(us|ns), UTC\]$/),
            interval_s: 'int32',
            energy_kwh: 'float64',
            power_kw: 'float64',
            voltage_v: 'float64',
            current_a: 'float64',
            power_factor: 'float64',
            temperature_c: 'float64',
            fetched_at: expect.stringMatching(/^datetime64\[(us|ns), UTC\]$/),
            // Text, by its old and its new name in pandas.
            channel_id: expect.stringMatching(/^(object|str)$/),
            month: expect.stringMatching(/^(object|str)$/),
        });
        expect(read.plain_types).toMatchObject({ energy_kwh: 'float64', interval_s: 'int32' });
        expect(read.channel_ids).toEqual([meter]);
        expect([read.first, read.last]).toEqual(['2025-09-28T00:00:00+00:00', '2025-10-04T23:45:00+00:00']);
        expect([read.rows, read.filtered_rows, read.all_rows]).toEqual([7 * 96, 3 * 7 * 96, 3 * 51 * 96]);
        expect(read.sorted).toBe(true);
        expect(read.nulls).toMatchObject({ energy_kwh: 0, temperature_c: read.rows });
        expect(read.channel_name).toBe('RTU-1');

        const views = `
            select
                date_trunc('day', hour_start at time zone 'UTC')::date::varchar as day,
                sum(energy_kwh) as kwh
            from energy_hourly
            where channel_id = '${meter}' and hour_start >= '2025-09-28T00:00:00Z' and hour_start < '2025-10-05T00:00:00Z'
            group by day order by day`;
        const asked = await runBin(['query', views, '--format', 'json'], { cwd });
        expect(asked.code, asked.stderr).toBe(0);
        const days: { day: string; kwh: number }[] = JSON.parse(asked.stdout);
        expect(Object.keys(read.utc_days)).toEqual(days.map(({ day }) => day));
        for (const { day, kwh } of days) expect(Math.abs(read.utc_days[day] / kwh - 1)).toBeLessThan(1e-9);
        const total = days.reduce((sum, { kwh }) => sum + kwh, 0);
        expect(Math.abs(read.energy_kwh / total - 1)).toBeLessThan(1e-9);
    }, 120_000);
});
