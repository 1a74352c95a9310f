/** Late and corrected data: right in the lake after the next sync, other columns untouched, and `why` tells the story. */
import { readdirSync, renameSync, truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { addFields } from '../../src/ingest/fields.ts';
import { packArchive } from '../../src/ingest/pack.ts';
import { explain, type Why } from '../../src/ingest/why.ts';
import { generatedSite } from '../../src/simulator/generated.ts';
import type { SiteSource } from '../../src/simulator/site.ts';
import { withClockJump, withCorrection, withLateUpload } from '../../src/simulator/site-changes.ts';
import { runCli } from '../support/run-cli.ts';
import { type SiteLake, startSiteLake } from '../support/site-lake.ts';

const plain = generatedSite({ seed: 7 });
const rooftop = '162320';
const channels = [rooftop];
const now = '2026-10-20T12:07:00Z';
const at = (iso: string): number => Date.parse(iso) / 1000;
const hour = 3600;
const quarter = 900;

/** A site whose changes follow the clock of the lake that is started on it. */
async function startChanging(change: (clock: () => number) => SiteSource): Promise<SiteLake> {
    let clock = (): number => Date.parse(now);
    const site = await startSiteLake({ source: change(() => clock()), now });
    clock = site.runtime.now;
    return site;
}

/** What the meter measured, from the model behind the simulator. */
function measured(code: string, from: number): number {
    const [values = []] = plain.buckets(rooftop, [code], { from, to: from + quarter }, quarter);
    return values[0] ?? Number.NaN;
}

type Stored = Readonly<Record<string, unknown>>;

async function readStored(site: SiteLake): Promise<Map<number, Stored>> {
    const rows = await site.ask('select *, epoch(timestamp)::int as ts from readings order by timestamp');
    return new Map(rows.map(({ fetched_at: _, timestamp: __, ...row }) => [Number(row.ts), row]));
}

/** Rows that differ, by their start. */
function differing(before: Map<number, Stored>, after: Map<number, Stored>): number[] {
    return [...before].flatMap(([ts, row]) =>
        JSON.stringify(row, text) === JSON.stringify(after.get(ts), text) ? [] : [ts],
    );
}
const text = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

const why = (site: SiteLake, time: number, channelId = rooftop): Promise<Why> =>
    site.open(false, (lake) => explain(lake, { channelId, time }));

describe('a bucket answered null', () => {
    it('is filled when the gateway uploads two days late, by the sync after it', async () => {
        const offline = { from: at('2026-10-20T10:00:00Z'), to: at('2026-10-22T10:00:00Z') };
        const uploadedAt = at('2026-10-22T11:30:00Z');
        const site = await startChanging((clock) =>
            withLateUpload(plain, rooftop, offline, uploadedAt, clock),
        );
        await site.sync({ channels });
        for (let day = 0; day < 2; day += 1) {
            site.runtime.advance(86_400_000);
            await site.sync({ channels });
        }
        // 2026-10-22T12:07Z: the upload came 37 minutes ago.
        const stored = await readStored(site);
        for (let ts = offline.from; ts < offline.to; ts += quarter) {
            expect(stored.get(ts)?.energy_kwh).toBe(measured('E', ts) / 1000);
            expect(stored.get(ts)?.voltage_v).toBe(measured('V', ts));
        }
        const ts = at('2026-10-20T11:00:00Z');
        const { answers, changes } = await why(site, ts + 100);
        expect(answers.map(({ interval }) => interval?.values.energy_kwh)).toEqual([
            null,
            null,
            measured('E', ts) / 1000,
        ]);
        expect(changes.find(({ column }) => column === 'energy_kwh')).toMatchObject({
            before: null,
            after: measured('E', ts) / 1000,
            fetchedAt: expect.stringContaining('2026-10-22T12:07'),
        });
    });

    it('stays null and known as answered while nothing comes', async () => {
        const offline = { from: at('2026-10-20T10:00:00Z'), to: at('2026-10-22T10:00:00Z') };
        const site = await startChanging((clock) =>
            withLateUpload(plain, rooftop, offline, at('2030-01-01T00:00:00Z'), clock),
        );
        await site.sync({ channels });
        const { stored, answers, changes } = await why(site, offline.from);
        expect(stored).toMatchObject([{ intervalS: 900, values: { energy_kwh: null } }]);
        expect(answers).toHaveLength(1);
        expect(changes).toEqual([]);
    });
});

describe('a value corrected by the platform', () => {
    const span = { from: at('2026-10-19T08:00:00Z'), to: at('2026-10-19T09:00:00Z') };

    it('is the newest one after the next sync, in its own columns alone, and why tells when it changed', async () => {
        const site = await startChanging((clock) =>
            withCorrection(plain, rooftop, span, 1.25, at('2026-10-20T12:30:00Z'), clock),
        );
        await site.sync({ channels });
        const before = await readStored(site);
        site.runtime.advance(hour * 1000);
        await site.sync({ channels });
        const after = await readStored(site);
        const corrected = [0, 1, 2, 3].map((n) => span.from + n * quarter);
        expect(differing(before, after)).toEqual(corrected);
        for (const ts of corrected) {
            expect(after.get(ts)).toEqual({
                ...before.get(ts),
                energy_kwh: (measured('E', ts) * 1.25) / 1000,
                power_kw: (measured('P', ts) * 1.25) / 1000,
            });
        }
        const told = await why(site, span.from + 60);
        expect(told.stored).toMatchObject([{ values: { energy_kwh: after.get(span.from)?.energy_kwh } }]);
        const changes = told.changes.filter(({ column }) => column === 'energy_kwh');
        expect(changes).toMatchObject([
            { before: null, after: before.get(span.from)?.energy_kwh },
            { before: before.get(span.from)?.energy_kwh, after: after.get(span.from)?.energy_kwh },
        ]);
        // Fetched, merged and told by two runs, an hour apart.
        expect(changes.map(({ fetchedAt }) => fetchedAt.slice(0, 16))).toEqual([
            '2026-10-20T12:07',
            '2026-10-20T13:07',
        ]);
        expect(changes.map(({ storedAt }) => storedAt?.slice(0, 16))).toEqual([
            '2026-10-20T12:07',
            '2026-10-20T13:07',
        ]);
        expect(new Set(changes.map(({ run }) => run)).size).toBe(2);
        expect(changes.every(({ run }) => run !== null)).toBe(true);
        expect(told.changes.filter(({ column }) => column === 'voltage_v')).toHaveLength(1);
        expect(told.failures).toEqual([]);
    });

    it('older than what is read again is right after --refetch, and why tells it from the pack as well', async () => {
        const old = { from: at('2026-09-25T08:00:00Z'), to: at('2026-09-25T09:00:00Z') };
        const site = await startChanging((clock) =>
            withCorrection(plain, rooftop, old, 0.5, at('2026-10-20T12:30:00Z'), clock),
        );
        await site.sync({ channels });
        const before = await readStored(site);
        site.runtime.advance(hour * 1000);
        await site.sync({ channels });
        expect(differing(before, await readStored(site))).toEqual([]);
        site.runtime.advance(60_000);
        await site.sync({ channels, refetch: true, ...old });
        const after = await readStored(site);
        expect(differing(before, after)).toEqual([0, 1, 2, 3].map((n) => old.from + n * quarter));
        expect(after.get(old.from)?.energy_kwh).toBe((measured('E', old.from) * 0.5) / 1000);
        const loose = await why(site, old.from);
        expect(loose.answers.map(({ isPacked }) => isPacked)).toEqual([false, false]);
        await site.open(true, (lake) => packArchive(lake, { restDays: 0, most: 1000 }));
        const packed = await why(site, old.from);
        expect(packed.answers.map(({ isPacked, file }) => [isPacked, file])).toEqual([
            [true, `raw/archive/channel_id=${rooftop}/month=2026-09/snapshots.json.gz`],
            [true, `raw/archive/channel_id=${rooftop}/month=2026-09/snapshots.json.gz`],
        ]);
        const strip = ({ answers, ...rest }: Why) => ({
            ...rest,
            answers: answers.map(({ isPacked: _, file: __, ...answer }) => answer),
        });
        expect(strip(packed)).toEqual(strip(loose));
    });

    it('to null does not take a value away', async () => {
        const site = await startChanging((clock) =>
            withCorrection(plain, rooftop, span, Number.NaN, at('2026-10-20T12:30:00Z'), clock),
        );
        await site.sync({ channels });
        const before = await readStored(site);
        site.runtime.advance(hour * 1000);
        await site.sync({ channels });
        expect(differing(before, await readStored(site))).toEqual([]);
        const { answers, changes } = await why(site, span.from);
        expect(answers.at(-1)?.interval?.values.energy_kwh).toBeNull();
        expect(changes.filter(({ column }) => column === 'energy_kwh')).toHaveLength(1);
    });
});

describe('a newest bucket that is still growing', () => {
    it('is taken as it stands, and whole after the next sync', async () => {
        // The gateway is twenty minutes behind: of the hour that just ended three quarters are there.
        const lagging = withClockJump(plain, rooftop, -20 * 60);
        const site = await startSiteLake({ source: lagging, now, quirks: { trailingBucket: 'partial' } });
        const start = at('2026-10-20T11:00:00Z');
        const [whole = []] = plain.buckets(rooftop, ['E'], { from: start, to: start + hour }, hour);
        const kwh = (whole[0] ?? 0) / 1000;
        await site.sync({ channels, resolution: 3600 });
        const growing = Number((await readStored(site)).get(start)?.energy_kwh);
        expect(growing).toBeGreaterThan(0);
        expect(growing).toBeLessThan(kwh);
        site.runtime.advance(hour * 1000);
        await site.sync({ channels, resolution: 3600 });
        expect((await readStored(site)).get(start)?.energy_kwh).toBe(kwh);
        const { changes } = await why(site, start + 1800);
        expect(changes.filter(({ column }) => column === 'energy_kwh')).toMatchObject([
            { before: null, after: growing },
            { before: growing, after: kwh },
        ]);
    });
});

describe('a field added later', () => {
    it('gets its history by --refetch while every other column stays as it was', async () => {
        const site = await startSiteLake({ source: plain, now });
        await site.sync({ channels });
        const before = await readStored(site);
        await site.open(true, (lake) => addFields(lake, { fields: ['F'] }));
        site.runtime.advance(60_000);
        const from = Math.min(...before.keys());
        await site.sync({ channels, refetch: true, fields: ['F'], from, to: at('2026-10-20T12:00:00Z') });
        const after = await readStored(site);
        for (const [ts, row] of before) {
            expect(after.get(ts)).toEqual({ ...row, frequency_hz: measured('F', ts) });
        }
        const { changes } = await why(site, from);
        expect(changes.filter(({ column }) => column === 'frequency_hz')).toMatchObject([
            { before: null, after: measured('F', from), fetchedAt: expect.stringContaining('12:08') },
        ]);
        expect(changes.filter(({ column }) => column === 'energy_kwh')).toHaveLength(1);
    });
});

describe('why', () => {
    const failing = '162127';

    it('tells what was asked in vain, and that the lake holds nothing', async () => {
        const site = await startSiteLake({ source: plain, now });
        await site.sync({ channels: [failing, rooftop] });
        const told = await why(site, at('2026-10-15T00:00:00Z'), failing);
        expect(told).toMatchObject({ stored: [], answers: [], changes: [] });
        expect(told.failures).toMatchObject([{ outcome: 'failed', code: 'SOURCE_INVALID_PARAMETER' }]);
        const before = await why(site, at('2026-01-15T00:00:00Z'), failing);
        expect(before.failures).toEqual([]);
    });

    it('tells of a snapshot that still waits, and of one that cannot be read', async () => {
        const site = await startSiteLake({ source: plain, now });
        await site.sync({ channels });
        const folder = `${site.paths.archive}/channel_id=${rooftop}/month=2026-10`;
        const [file = ''] = readdirSync(folder);
        renameSync(`${folder}/${file}`, `${site.paths.inbox}/${file}`);
        const time = at('2026-10-15T06:00:00Z');
        expect((await why(site, time)).answers).toMatchObject([{ file: `raw/inbox/${file}` }]);
        truncateSync(`${site.paths.inbox}/${file}`, 100);
        const told = await why(site, time);
        expect(told.answers).toEqual([]);
        expect(told.notes.join()).toContain(`${file} cannot be read`);
        expect(told.stored).toHaveLength(1);
    });

    it('is a command: a table for people, JSON for programs, the channel by name or id', async () => {
        const site = await startSiteLake({ source: plain, now });
        await site.sync({ channels });
        const cli = (...argv: string[]) => runCli(['why', ...argv, '--lake', site.paths.root]);
        const ts = at('2026-10-15T06:00:00Z');
        const shown = await cli('RTU-1', '2026-10-15T06:05:00Z');
        expect(shown.code).toBe(0);
        expect(shown.stdout).toContain('RTU-1 (162320) at 2026-10-15T06:05:00Z');
        expect(shown.stdout).toMatch(/in the lake:\nstart .*energy_kwh/);
        expect(shown.stdout).toContain(`raw/archive/channel_id=${rooftop}/month=2026-10/${rooftop}_`);
        const json = JSON.parse((await cli(rooftop, '2026-10-15T08:05:00+02:00', '--format', 'json')).stdout);
        expect(json).toMatchObject({
            channelId: rooftop,
            channelName: 'RTU-1',
            time: '2026-10-15T06:05:00Z',
            stored: [{ timestamp: '2026-10-15T06:00:00Z', values: { energy_kwh: measured('E', ts) / 1000 } }],
            answers: [{ interval: { values: { power_kw: measured('P', ts) / 1000 } } }],
        });
        expect((await cli('nobody', '2026-10-15T06:05:00Z')).code).toBe(2);
        const odd = await cli(rooftop, 'yesterday');
        expect(odd.code).toBe(2);
        expect(odd.stderr).toContain('USAGE_BAD_RANGE');
    });
});
