/** The DuckDB command line, a program of its own, reads the published catalog while a sync rewrites the lake. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedSite } from '../../src/simulator/generated.ts';
import { differences } from '../support/close.ts';
import { startDemoApi } from '../support/demo-api.ts';
import { runBin } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { askDuckdb, lacksConsumers, whySkipped } from '../support/venv.ts';

/** Live meters only, so that a good run ends with 0; a past span, so that the machine's clock does not matter. */
const meters = [
    '162320',
    '162119',
    '162120',
    '162121',
    '162122',
    '162123',
    '162285',
    '162319',
    '163001',
    '163002',
];
const channels = ['--channel', meters.join(',')];
const september = ['--from', '2025-09-01', '--to', '2025-10-01'];
const autumn = ['--from', '2025-09-01', '--to', '2025-12-01'];

const perFile = `
    select channel_id, month, count(*)::int as rows, sum(energy_kwh) as kwh
    from readings group by all order by all`;
/** Days that lie in September wherever the site is. */
const perChannel = `
    select channel_id, sum(reading_count)::int as rows, sum(energy_kwh) as kwh, min(coverage) as coverage
    from energy_daily where date between '2025-09-02' and '2025-09-29'
    group by channel_id order by channel_id`;

/** 15-minute readings of a UTC month. */
const fullMonth: Readonly<Record<string, number>> = { '2025-09': 2880, '2025-10': 2976, '2025-11': 2880 };

describe.skipIf(lacksConsumers)(`the DuckDB command line${whySkipped}`, () => {
    it('sees whole files and steady answers while a sync runs, from another folder', async () => {
        const cwd = tempFolder();
        const elsewhere = tempFolder();
        const { env } = await startDemoApi(Date.now, {
            source: generatedSite({ seed: 7 }),
            quirks: { latency: { minMs: 20, maxMs: 60 } },
        });
        const first = await runBin(['sync', ...september, ...channels], { cwd, env });
        expect(first.code, first.stderr).toBe(0);
        const byFile = ['-readonly', join(cwd, 'lake', 'lake.duckdb'), '-c'];
        const byScript = ['-init', join(cwd, 'lake', 'lake.sql'), '-c'];
        const before = await askDuckdb([...byFile, perChannel], elsewhere);
        expect(before).toHaveLength(meters.length);

        // September is fetched again and rewritten, October and November are new.
        let running = true;
        const writer = runBin(['sync', ...autumn, ...channels, '--refetch'], { cwd, env }).finally(() => {
            running = false;
        });
        let asked = 0;
        const seen = new Set<number>();
        while (running) {
            for (const door of [byFile, byScript]) {
                expect(differences(await askDuckdb([...door, perChannel], elsewhere), before)).toEqual([]);
                const files = readFileCounts(await askDuckdb([...door, perFile], elsewhere));
                for (const { month, rows } of files) expect(rows).toBe(fullMonth[month]);
                seen.add(files.length);
                asked += 2;
            }
        }
        const { code, stderr } = await writer;
        expect(code, stderr).toBe(0);
        expect(asked).toBeGreaterThan(4);
        expect(Math.min(...seen)).toBe(meters.length);
        const after = readFileCounts(await askDuckdb([...byFile, perFile], elsewhere));
        expect(after).toHaveLength(3 * meters.length);
    }, 120_000);

    it('gives the answers of the command line of this program, in any time zone', async () => {
        const cwd = tempFolder();
        const { env } = await startDemoApi(Date.now, { source: generatedSite({ seed: 7 }) });
        const span = ['--from', '2025-10-20', '--to', '2025-11-05'];
        expect((await runBin(['sync', ...span, ...channels], { cwd, env })).code).toBe(0);
        const questions = [
            'select channel_id, date::varchar as date, energy_kwh, coverage from energy_daily order by all',
            'select channel_id, local_hour::varchar as hour, epoch(hour_start)::int as at, energy_kwh from energy_hourly order by all',
            'select channel_id, week::varchar as week, energy_kwh, epoch(peak_at)::int as at from energy_weekly order by all',
        ];
        const catalog = join(cwd, 'lake', 'lake.duckdb');
        const touched = statSync(catalog).mtimeMs;
        for (const sql of questions) {
            const asked = await runBin(['query', sql, '--format', 'json'], { cwd });
            expect(asked.code, asked.stderr).toBe(0);
            const ours: unknown = JSON.parse(asked.stdout);
            for (const TZ of ['UTC', 'Pacific/Auckland', 'America/New_York']) {
                const zone = { TZ };
                const byFile = ['-readonly', catalog, '-c', sql];
                expect(differences(await askDuckdb(byFile, tempFolder(), zone), ours)).toEqual([]);
                const script = [
                    '-init',
                    join(cwd, 'lake', 'lake.sql'),
                    '-c',
                    `set TimeZone = '${TZ}'; ${sql}`,
                ];
                expect(differences(await askDuckdb(script, tempFolder(), zone), ours)).toEqual([]);
            }
        }
        expect(statSync(catalog).mtimeMs).toBe(touched);
    }, 120_000);
});

function readFileCounts(answer: unknown): { month: string; rows: number }[] {
    if (!Array.isArray(answer)) throw new Error(`no rows but ${JSON.stringify(answer)}`);
    return answer.map(({ month, rows }) => ({ month: String(month), rows: Number(rows) }));
}
