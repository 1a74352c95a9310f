/** The command `settings`, and what a settings file does to a lake that is published. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedSite } from '../../src/simulator/generated.ts';
import { runCli } from '../support/run-cli.ts';
import { startSiteLake } from '../support/site-lake.ts';

const now = '2026-11-23T09:20:00Z';
const source = generatedSite({ seed: 7 });
const [channel] = source.channels;
if (channel === undefined) throw new Error('the site has no channel');
const channelId = String(channel.channelId);

async function makeLake(settings: unknown) {
    const site = await startSiteLake({ source, now });
    const day = Date.parse('2026-11-20T00:00:00Z') / 1000;
    const file = join(site.paths.reference, 'settings.json');
    mkdirSync(site.paths.reference, { recursive: true });
    writeFileSync(file, typeof settings === 'string' ? settings : JSON.stringify(settings));
    const cli = (...argv: string[]) => runCli([...argv, '--lake', site.paths.root], { now });
    return { site, file, cli, sync: () => site.sync({ from: day, to: day + 86_400, channels: [channelId] }) };
}

describe('settings', () => {
    it('lists what holds for a channel and where it comes from', { timeout: 120_000 }, async () => {
        const { cli, sync } = await makeLake({
            defaults: { spike_min_kw: 3 },
            channels: { [channelId]: { max_power_kw: 0.001 } },
        });
        await sync();
        const listed = await cli('settings', '--format', 'json');
        expect(listed.code).toBe(0);
        const rows: unknown = JSON.parse(listed.stdout);
        expect(rows).toContainEqual({
            channel_id: null,
            channel_name: null,
            setting: 'spike_min_kw',
            value: '3',
            origin: 'defaults of the lake',
        });
        expect(rows).toContainEqual(
            expect.objectContaining({
                channel_id: channelId,
                setting: 'max_power_kw',
                value: '0.001',
                origin: 'the channel',
            }),
        );
        const table = await cli('settings', '--channel', channelId);
        expect(table.stdout).toMatch(/business_days +mon tue wed thu fri +built in/);
        expect(table.stdout).toMatch(/business_start +07:00 +built in/);
        const unknown = await cli('settings', '--channel', 'nobody');
        expect(unknown.code).toBe(2);
        expect(unknown.stderr).toContain('the lake has no channel');
        // The published views judge by it: every reading above a watt is impossible.
        const judged = await cli(
            'query',
            `select count(power_kw)::int as kept, bool_or(flags & 64 <> 0) as found, count(*) > 90 as enough
            from readings_clean where power_kw > 0.001 or flags <> 0`,
            '--format',
            'json',
        );
        expect(JSON.parse(judged.stdout)).toEqual([{ kept: 0, found: true, enough: true }]);
    });

    it('checks a file and names everything that is wrong', { timeout: 120_000 }, async () => {
        const { cli, file } = await makeLake({
            defaults: { spike_ratio: 0, max_volts: 4 },
            channels: { 7: {} },
        });
        const checked = await cli('settings', 'check');
        expect(checked.code).toBe(3);
        expect(checked.stdout).toContain('defaults.spike_ratio');
        expect(checked.stdout).toContain('defaults.max_volts');
        expect(checked.stderr).toContain('2 problems');
        writeFileSync(file, JSON.stringify({ channels: { 7: {} } }));
        const strange = await cli('settings', 'check', file);
        expect(strange.code).toBe(0);
        expect(strange.stderr).toContain('channel 7, which the lake does not know');
        expect(strange.stderr).toContain('nothing is wrong');
        const missing = await cli('settings', 'check', 'nowhere.json');
        expect(missing.code).toBe(2);
        const other = await cli('settings', 'set');
        expect(other.code).toBe(2);
    });

    it('that are wrong stop the publishing with their place, and lose no reading', {
        timeout: 120_000,
    }, async () => {
        const { sync, site, file } = await makeLake('{"defaults": {"max_voltage_v": "high"}}');
        await expect(sync()).rejects.toThrow('defaults.max_voltage_v is "high", but must be a number');
        const kept = await site.ask('select count(*)::int as n from readings');
        expect(kept).toEqual([{ n: 96 }]);
        writeFileSync(file, '{}');
        await expect(site.compact()).resolves.toMatchObject({ failures: [] });
    });
});
