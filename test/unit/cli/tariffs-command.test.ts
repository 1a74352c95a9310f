import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../support/run-cli.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const file = {
    tariffs: [
        {
            id: 'shop',
            name: 'Shop',
            currency: 'EUR',
            versions: [
                {
                    valid_from: '2026-01-01',
                    energy: { kind: 'flat', rate: 0.21 },
                    demand: [{ name: 'demand', rate_per_kw: 9 }],
                    fixed: { per_day: 0.4 },
                    taxes: [{ name: 'VAT', percent: 20 }],
                },
            ],
        },
    ],
};

const rate = {
    label: 'abc',
    utility: 'Prairie Light',
    name: 'R-1',
    startdate: Date.UTC(2025, 0, 1, 6) / 1000,
    energyratestructure: [[{ rate: 0.11 }]],
    demandreactivepowercharge: 0.3,
};

/** A lake in a folder of its own, and the options that name it. */
async function makeLake(): Promise<{
    readonly cwd: string;
    readonly own: string;
    readonly flags: readonly string[];
}> {
    const cwd = tempFolder();
    const flags = ['--lake', join(cwd, 'lake')];
    expect(await runCli(['init', ...flags], { cwd })).toMatchObject({ code: 0 });
    mkdirSync(join(cwd, 'lake', 'reference'), { recursive: true });
    return { cwd, flags, own: join(cwd, 'lake', 'reference', 'tariffs.json') };
}

describe('tariffs', () => {
    it('lists every version, and says where the file would be when there is none', async () => {
        const { cwd, own, flags } = await makeLake();
        const without = await runCli(['tariffs', ...flags], { cwd });
        expect(without).toMatchObject({ code: 0, stdout: '' });
        expect(without.stderr).toContain(own);
        writeFileSync(own, JSON.stringify(file));
        const { code, stdout } = await runCli(['tariffs', ...flags], { cwd });
        expect(code).toBe(0);
        expect(stdout).toMatch(/^shop +Shop +EUR +2026-01-01 +flat 0.21 +demand 9 +0.4 a day +VAT 20 %$/m);
    });

    it('checks a file: every problem with its place on stdout, exit 3', async () => {
        const cwd = tempFolder();
        const [first] = file.tariffs;
        const wrong = { tariffs: [{ ...first, currency: 'euro', versions: [{ valid_from: 'soon' }] }] };
        writeFileSync(join(cwd, 'wrong.json'), JSON.stringify(wrong));
        const { code, stdout } = await runCli(['tariffs', 'check', 'wrong.json'], { cwd });
        expect(code).toBe(3);
        expect(stdout).toMatch(/^tariffs\[0\]\.currency +is "euro", but must be a currency code/m);
        expect(stdout).toMatch(/^tariffs\[0\]\.versions\[0\]\.valid_from +is "soon"/m);
        expect(stdout).toMatch(/^tariffs\[0\]\.versions\[0\]\.energy +/m);
        writeFileSync(join(cwd, 'good.json'), JSON.stringify(file));
        expect(await runCli(['tariffs', 'check', 'good.json'], { cwd })).toMatchObject({
            code: 0,
            stdout: '',
        });
        expect(await runCli(['tariffs', 'check', 'none.json'], { cwd })).toMatchObject({ code: 2 });
    });

    it('prints a URDB rate as a tariff file that its own check accepts, warnings apart', async () => {
        const cwd = tempFolder();
        writeFileSync(join(cwd, 'rate.json'), JSON.stringify(rate));
        const { code, stdout, stderr } = await runCli(
            ['tariffs', 'import-urdb', 'rate.json', '--currency', 'CAD'],
            { cwd },
        );
        expect(code).toBe(0);
        expect(stderr).toContain('demandreactivepowercharge');
        expect(JSON.parse(stdout).tariffs[0]).toMatchObject({
            id: 'abc',
            name: 'Prairie Light: R-1',
            currency: 'CAD',
        });
        writeFileSync(join(cwd, 'made.json'), stdout);
        expect(await runCli(['tariffs', 'check', 'made.json'], { cwd })).toMatchObject({ code: 0 });
    });

    it('adds a URDB rate to the file of the lake and publishes it, once', { timeout: 120_000 }, async () => {
        const { cwd, own, flags } = await makeLake();
        writeFileSync(own, JSON.stringify(file));
        writeFileSync(join(cwd, 'rate.json'), JSON.stringify(rate));
        const add = ['tariffs', 'import-urdb', 'rate.json', '--into', '--id', 'r-1', ...flags];
        expect(await runCli(add, { cwd })).toMatchObject({ code: 0, stdout: '' });
        expect(JSON.parse(readFileSync(own, 'utf8')).tariffs).toMatchObject([file.tariffs[0], { id: 'r-1' }]);
        const listed = await runCli(
            ['query', 'select tariff_id, valid_from from tariffs order by 1', '--format', 'csv', ...flags],
            { cwd },
        );
        expect(listed.stdout).toBe('tariff_id,valid_from\nr-1,2025-01-01\nshop,2026-01-01\n');
        const before = readFileSync(own, 'utf8');
        const again = await runCli(add, { cwd });
        expect(again.code).toBe(3);
        expect(again.stderr).toContain('has a tariff \\"r-1\\" already');
        expect(readFileSync(own, 'utf8')).toBe(before);
    });

    it('refuses a rate it cannot hold and writes nothing', async () => {
        const { cwd, own, flags } = await makeLake();
        writeFileSync(
            join(cwd, 'rate.json'),
            JSON.stringify({ ...rate, energyratestructure: [[{ rate: 1, unit: 'kWh daily' }]] }),
        );
        const { code, stderr } = await runCli(['tariffs', 'import-urdb', 'rate.json', '--into', ...flags], {
            cwd,
        });
        expect(code).toBe(3);
        expect(stderr).toContain('is in kWh daily');
        expect(existsSync(own)).toBe(false);
    });

    it('knows no other action', async () => {
        expect(await runCli(['tariffs', 'guess'], { cwd: tempFolder() })).toMatchObject({ code: 2 });
        expect(await runCli(['tariffs', 'import-urdb'], { cwd: tempFolder() })).toMatchObject({ code: 2 });
    });
});
