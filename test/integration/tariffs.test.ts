import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publish } from '../../src/ingest/publish.ts';
import { defaultFieldCodes } from '../../src/model/fields.ts';
import { generatedSite } from '../../src/simulator/generated.ts';
import { hashFiles } from '../support/lake-fixture.ts';
import { runCli } from '../support/run-cli.ts';
import { askViews } from '../support/session-zone.ts';
import { type SiteLake, startSiteLake } from '../support/site-lake.ts';

const tables = ['tariffs', 'tariff_charges', 'channel_tariffs', 'tariff_days', 'tariff_slots'];

const flat = (rate: number): string =>
    JSON.stringify({
        tariffs: [
            {
                id: 'flat',
                currency: 'EUR',
                versions: [{ valid_from: '2020-01-01', energy: { kind: 'flat', rate } }],
            },
        ],
    });

function write(lake: SiteLake, name: string, content: string): void {
    mkdirSync(lake.paths.reference, { recursive: true });
    writeFileSync(join(lake.paths.reference, name), content);
}

const ask = (lake: SiteLake, sql: string) =>
    askViews({ root: lake.paths.root, fields: defaultFieldCodes, granularity: 'month' }, sql);

/** Hashes of the tariff tables that are there. */
function hashes(lake: SiteLake): Record<string, string> {
    const all = hashFiles(lake.paths.reference);
    return Object.fromEntries(
        Object.entries(all).filter(([file]) => tables.includes(file.replace('.parquet', ''))),
    );
}

describe('the tariffs of a lake', () => {
    it('are compiled at publish when something changed, the same to the byte by rebuild, and gone with their file', {
        timeout: 300_000,
    }, async () => {
        const lake = await startSiteLake({ source: generatedSite({ seed: 3 }) });
        const span = {
            from: Date.parse('2026-11-01T00:00:00Z') / 1000,
            to: Date.parse('2026-11-03T00:00:00Z') / 1000,
        };
        await lake.sync(span);
        expect(hashes(lake)).toEqual({});
        expect(
            await ask(lake, 'select count(*)::int as n, count(cost)::int as known from cost'),
        ).toMatchObject([{ known: 0 }]);
        expect(await ask(lake, 'select * from bill_monthly')).toEqual([]);

        write(lake, 'tariffs.json', flat(0.25));
        write(lake, 'settings.json', JSON.stringify({ defaults: { tariff_id: 'flat' } }));
        await lake.open(true, publish);
        const first = hashes(lake);
        expect(Object.keys(first)).toHaveLength(5);
        const [sums] = await ask(
            lake,
            'select sum(energy_kwh) as energy, sum(cost) as cost, count(*) = count(cost) as all_known from cost',
        );
        expect(sums?.all_known).toBe(true);
        expect(Number(sums?.cost)).toBeCloseTo(0.25 * Number(sums?.energy), 6);
        const [bills] = await ask(
            lake,
            `select sum(energy_kwh) as energy from bill_monthly where subject_kind = 'channel'`,
        );
        expect(Number(bills?.energy)).toBeCloseTo(Number(sums?.energy), 6);

        // Nothing changed: the files are not touched.
        const days = join(lake.paths.reference, 'tariff_days.parquet');
        const before = statSync(days, { bigint: true }).mtimeNs;
        await lake.open(true, publish);
        await lake.sync(span);
        expect(statSync(days, { bigint: true }).mtimeNs).toBe(before);

        write(lake, 'tariffs.json', flat(0.5));
        await lake.open(true, publish);
        const [dearer] = await ask(lake, 'select sum(cost) as cost from cost');
        expect(Number(dearer?.cost)).toBeCloseTo(2 * Number(sums?.cost), 6);

        write(lake, 'tariffs.json', flat(0.25));
        for (const table of tables) rmSync(join(lake.paths.reference, `${table}.parquet`));
        rmSync(lake.paths.state, { recursive: true });
        await lake.rebuild();
        expect(hashes(lake)).toEqual(first);

        rmSync(join(lake.paths.reference, 'tariffs.json'));
        await lake.open(true, publish);
        expect(hashes(lake)).toEqual({});
        expect(await ask(lake, 'select * from bill_monthly')).toEqual([]);
    });

    it('stop a publish when the file is wrong, and leave what was there', { timeout: 120_000 }, async () => {
        const lake = await startSiteLake({ source: generatedSite({ seed: 3 }) });
        write(lake, 'tariffs.json', flat(0.25));
        await lake.open(true, publish);
        const good = hashes(lake);
        write(lake, 'tariffs.json', flat(-1));
        await expect(lake.open(true, publish)).rejects.toMatchObject({
            code: 'SETTINGS_INVALID',
            message: expect.stringContaining('tariffs.json: tariffs[0].versions[0].energy.rate is -1'),
        });
        expect(hashes(lake)).toEqual(good);
        expect(readFileSync(join(lake.paths.reference, 'tariffs.json'), 'utf8')).toBe(flat(-1));
    });

    it('are missed aloud when a setting names one that is not there', { timeout: 120_000 }, async () => {
        const lake = await startSiteLake({ source: generatedSite({ seed: 3 }) });
        const day = Date.parse('2026-11-01T00:00:00Z') / 1000;
        await lake.sync({ from: day, to: day + 86_400 });
        write(lake, 'tariffs.json', flat(0.25));
        write(lake, 'settings.json', JSON.stringify({ defaults: { tariff_id: 'flta' } }));
        const { code, stderr } = await runCli(['compact', '--lake', lake.paths.root]);
        expect(code, stderr).toBe(0);
        expect(stderr).toMatch(/names the tariff flta for \d+ channels.*known are flat/);
    });
});
