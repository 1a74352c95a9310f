import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readChannels } from '../../src/ingest/reference.ts';
import { listInbox } from '../../src/lake/snapshots.ts';
import type { Fault } from '../../src/simulator/faults.ts';
import { generatedSite } from '../../src/simulator/generated.ts';
import { respond } from '../../src/simulator/respond.ts';
import {
    withLateUpload,
    withLostDevice,
    withMovedChannel,
    withRenamedChannel,
    withVanishedChannel,
} from '../../src/simulator/site-changes.ts';
import { hashFiles } from '../support/lake-fixture.ts';
import { type SiteLake, startSiteLake } from '../support/site-lake.ts';
import { tempFolder } from '../support/temp-folder.ts';

const source = generatedSite({ seed: 7 });
const now = '2026-10-20T12:07:00Z';
const rooftop = '162320';
const at = (iso: string): number => Date.parse(iso) / 1000;

/** The journal's lines of the newest run, those of one event. */
function journal(site: SiteLake, event: string): Record<string, unknown>[] {
    const lines = readdirSync(site.paths.runs).flatMap((file) =>
        readFileSync(join(site.paths.runs, file), 'utf8').trimEnd().split('\n'),
    );
    const entries = lines.map((line) => JSON.parse(line));
    const { run } = entries.at(-1);
    return entries.filter((entry) => entry.run === run && entry.event === event);
}

const readingsAsked = (site: SiteLake): number =>
    site.simulator.requests.filter(({ method, channelId }) => method === 'GET' && channelId !== undefined)
        .length;

describe('a first sync', () => {
    it('lands every channel that answers, and tells of the silent and the failing ones', async () => {
        const site = await startSiteLake({ source, now });
        const summary = await site.sync();
        expect(summary.failures.map(({ channelId, code }) => [channelId, code])).toEqual([
            ['162127', 'SOURCE_INVALID_PARAMETER'],
            ['162141', 'SOURCE_INVALID_PARAMETER'],
        ]);
        // The nine of the home hub, by the ids the inventory lists.
        const hub = [158694, 158696, 158697, 158698, 158699, 158700, 158701, 158702, 159024].map(String);
        expect(summary.silentChannels).toEqual(hub);
        expect(summary.channels).toBe(source.channels.length);
        const stored = await site.ask(
            'select count(*) as stored, count(distinct channel_id) as channels from readings',
        );
        expect(Number(stored[0]?.stored)).toBe(summary.readings);
        expect(Number(stored[0]?.channels)).toBe(source.channels.length - 2);
        expect(journal(site, 'request').filter(({ outcome }) => outcome === 'failed')).toHaveLength(
            summary.failed,
        );
        expect(journal(site, 'request').filter(({ outcome }) => outcome === 'empty')).toHaveLength(
            summary.empty,
        );
        expect(journal(site, 'run_finished')[0]).toMatchObject({ exit: 7, readings: summary.readings });
    });

    it('stores energy and power in thousands, and null for what a channel does not measure', async () => {
        const site = await startSiteLake({ source, now });
        await site.sync({ channels: [rooftop, '162277'] });
        const from = at('2026-10-10T00:00:00Z');
        const [energy = [], power = []] = source.buckets(rooftop, ['E', 'P'], { from, to: from + 900 }, 900);
        const [row] = await site.ask(
            `select * from readings where channel_id = ${rooftop} and timestamp = '2026-10-10 00:00:00+00'`,
        );
        expect(row?.energy_kwh).toBeCloseTo((energy[0] ?? 0) / 1000, 9);
        expect(row?.power_kw).toBeCloseTo((power[0] ?? 0) / 1000, 9);
        expect(row).toMatchObject({ interval_s: 900, temperature_c: null, month: '2026-10' });
        const [air] = await site.ask('select * from readings where channel_id = 162277 limit 1');
        expect(air).toMatchObject({ energy_kwh: null, temperature_c: expect.any(Number) });
    });
});

describe('a second sync', () => {
    it('asks only for the trailing window, and nothing changes but the newest rows', async () => {
        const site = await startSiteLake({ source, now });
        const first = await site.sync({ channels: [rooftop] });
        const before = await site.ask('select * exclude (fetched_at) from readings order by timestamp');
        const asked = readingsAsked(site);
        site.runtime.advance(3_600_000);
        const second = await site.sync({ channels: [rooftop] });
        expect(readingsAsked(site) - asked).toBe(1);
        expect(second.readings).toBe(3 * 96 + 4);
        const after = await site.ask('select * exclude (fetched_at) from readings order by timestamp');
        expect(after.slice(0, before.length)).toEqual(before);
        expect(after).toHaveLength(first.readings + 4);
    });

    it('remembers which fields a channel has and does not run into the refusal again', async () => {
        const site = await startSiteLake({ source, now });
        await site.sync({ channels: ['162277'] });
        const asked = site.simulator.requests.length;
        await site.sync({ channels: ['162277'] });
        expect(site.simulator.requests.slice(asked).filter(({ status }) => status === 500)).toEqual([]);
    });
});

describe('a resolution the API does not honour', () => {
    it('ends with one-minute readings for a month, though the API coarsens beyond a day', async () => {
        const site = await startSiteLake({ source, now });
        const range = { from: at('2026-09-01T00:00:00Z'), to: at('2026-10-01T00:00:00Z') };
        const summary = await site.sync({ channels: [rooftop], resolution: 60, ...range });
        expect(summary.readings).toBe(30 * 1440);
        expect(await site.ask('select distinct interval_s from readings')).toEqual([{ interval_s: 60 }]);
    });

    it('is asked for in shorter spans when a long one comes back coarser', async () => {
        const site = await startSiteLake({ source, now, quirks: { downgrade: 'table' } });
        const long = ({ query }: { query: string }): boolean => {
            const [from = 0, to = 0] = [...query.matchAll(/daterange\[\]=(\d+)/g)].map((match) =>
                Number(match[1]),
            );
            return to - from > 5 * 86_400;
        };
        site.simulator.faults.always({ channel: rooftop, when: long }, respond.coarsen(3600));
        const range = { from: at('2026-09-01T00:00:00Z'), to: at('2026-10-01T00:00:00Z') };
        const summary = await site.sync({ channels: [rooftop], ...range });
        expect(summary).toMatchObject({ readings: 30 * 96, coarser: 0 });
        expect(await site.ask('select distinct interval_s from readings')).toEqual([{ interval_s: 900 }]);
    });

    it('is stored with its true interval when the API cannot give it at all', async () => {
        const site = await startSiteLake({ source, now });
        site.simulator.faults.always({ channel: rooftop }, respond.coarsen(1800));
        const range = { from: at('2026-10-01T00:00:00Z'), to: at('2026-10-03T00:00:00Z') };
        const summary = await site.sync({ channels: [rooftop], resolution: 60, ...range });
        expect(summary).toMatchObject({ coarser: 2, landed: 0, readings: 96 });
        expect(await site.ask('select distinct interval_s from readings')).toEqual([{ interval_s: 1800 }]);
        expect(journal(site, 'request')[0]).toMatchObject({
            outcome: 'coarser',
            resolution: 60,
            answered: 1800,
        });
        const asked = readingsAsked(site);
        await site.sync({ channels: [rooftop], resolution: 60, ...range });
        expect(readingsAsked(site)).toBe(asked);
    });
});

describe('an API that includes the end of a range', () => {
    it('gives the lake the asked span and not the bucket after it', async () => {
        const site = await startSiteLake({ source, now, quirks: { bounds: 'inclusive' } });
        const range = { from: at('2026-10-01T00:00:00Z'), to: at('2026-10-03T00:00:00Z') };
        const summary = await site.sync({ channels: [rooftop], ...range });
        expect(summary).toMatchObject({ readings: 2 * 96, failures: [] });
        const [stored] = await site.ask('select count(*) as n, epoch(max(timestamp)) as last from readings');
        expect([Number(stored?.n), Number(stored?.last)]).toEqual([2 * 96, range.to - 900]);
    });
});

describe('an answer that breaks the contract', () => {
    const broken: readonly (readonly [string, Fault])[] = [
        ['empty_body', respond.emptyBody()],
        ['truncated', respond.truncatedJson()],
        ['not_an_object', respond.bareArray()],
        ['no_records', respond.withoutRecords()],
        ['rows_elsewhere', respond.renamedRecords()],
        ['wrong_count', respond.wrongCount()],
        ['off_grid', respond.edit((body) => body.replace(/"ts":(\d+)/, (_, ts) => `"ts":${Number(ts) + 7}`))],
        ['wrong_unit', respond.wrongUnits()],
        ['duplicate_ts', respond.repeatedRecord()],
        ['bad_record', respond.textValue()],
        ['not_json', respond.html(200)],
    ];

    it.each(broken)('is set aside as %s, counted, and healed by the next sync', async (reason, fault) => {
        const site = await startSiteLake({ source, now });
        site.simulator.faults.next({ method: 'GET', channel: rooftop }, fault);
        const first = await site.sync({ channels: [rooftop, '162119'] });
        expect(first).toMatchObject({
            quarantined: 1,
            failures: [{ channelId: rooftop, code: 'SOURCE_BAD_ANSWER' }],
        });
        const [kept = ''] = readdirSync(join(site.paths.quarantine, '2026-10'));
        const quarantine = JSON.parse(readFileSync(join(site.paths.quarantine, '2026-10', kept), 'utf8'));
        expect(quarantine).toMatchObject({ reason, channel_id: rooftop });
        const rows = async () =>
            site.ask(`select channel_id, count(*) as n from readings group by 1 order by 1`);
        expect((await rows()).map(({ channel_id }) => String(channel_id))).toContain('162119');
        const second = await site.sync({ channels: [rooftop, '162119'] });
        expect(second.failures).toEqual([]);
        const [healthy, healed] = await rows();
        expect(healed?.n).toEqual(healthy?.n);
    });

    it('403 without a body fails the channel and no other', async () => {
        const site = await startSiteLake({ source, now });
        site.simulator.faults.always({ channel: rooftop }, respond.forbidden());
        const summary = await site.sync({ channels: [rooftop, '162119'] });
        expect(summary.failures).toMatchObject([{ channelId: rooftop, code: 'SOURCE_REFUSED' }]);
        expect(summary.landed).toBeGreaterThan(0);
    });
});

describe('a source that fails', () => {
    it('gives its own exit when nothing could be asked, and keeps the lake', async () => {
        const site = await startSiteLake({ source, now });
        await site.sync({ channels: [rooftop] });
        site.simulator.faults.always({ path: /readings/ }, respond.tooManyRequests());
        await expect(site.sync({ channels: [rooftop, '162119'] })).rejects.toMatchObject({
            code: 'SOURCE_RATE_LIMITED',
            exitCode: 4,
        });
        site.simulator.faults.clear();
        expect((await site.sync({ channels: [rooftop] })).failures).toEqual([]);
    });

    it('in the middle keeps and compacts what was landed before', async () => {
        const site = await startSiteLake({ source, now });
        site.simulator.faults.always({ channel: '162320' }, respond.status(500, 'Internal error'));
        const summary = await site.sync({ channels: ['162119', '162320'] });
        expect(summary.failures).toMatchObject([{ channelId: '162320', code: 'SOURCE_SERVER_ERROR' }]);
        expect(await site.ask('select distinct channel_id::varchar as id from readings')).toEqual([
            { id: '162119' },
        ]);
        expect((await listInbox(site.paths)).snapshots).toEqual([]);
    });
});

describe('late and corrected data', () => {
    it('heals a gap by itself when the gateway uploads two days late', async () => {
        const offline = { from: at('2026-10-19T00:00:00Z'), to: at('2026-10-20T00:00:00Z') };
        const site = await startSiteLake({ source, now });
        site.simulator.changeSite((was) =>
            withLateUpload(was, rooftop, offline, at('2026-10-22T00:00:00Z'), site.runtime.now),
        );
        const missing = async () =>
            Number((await site.ask('select count(*) as n from readings where energy_kwh is null'))[0]?.n);
        await site.sync({ channels: [rooftop] });
        expect(await missing()).toBe(96);
        site.runtime.advance(2 * 86_400_000);
        await site.sync({ channels: [rooftop] });
        expect(await missing()).toBe(0);
    });

    it('heals a gap of weeks, though it is older than the trailing window', async () => {
        const offline = { from: at('2026-10-01T00:00:00Z'), to: at('2026-11-15T00:00:00Z') };
        const site = await startSiteLake({ source, now });
        site.simulator.changeSite((was) =>
            withLateUpload(was, rooftop, offline, at('2026-10-25T00:00:00Z'), site.runtime.now),
        );
        await site.sync({ channels: [rooftop] });
        for (let day = 0; day < 6; day += 1) {
            site.runtime.advance(86_400_000);
            await site.sync({ channels: [rooftop] });
        }
        const [row] = await site.ask('select count(*) as n from readings where energy_kwh is null');
        expect(Number(row?.n)).toBe(0);
    });
});

describe('reference tables', () => {
    it('survive renames, moves, lost devices and vanished channels, and say since when', async () => {
        const site = await startSiteLake({ source, now });
        await site.sync({ channels: [rooftop] });
        site.runtime.advance(86_400_000);
        const other = source.organizations.at(-1)?.organizationId ?? '';
        site.simulator.changeSite((was) =>
            withVanishedChannel(
                withMovedChannel(
                    withRenamedChannel(withLostDevice(was, '162119'), rooftop, "O'Hara; drop"),
                    '162120',
                    other,
                ),
                '162121',
            ),
        );
        const summary = await site.sync({ channels: [rooftop] });
        expect(summary.failures).toEqual([]);
        const table = `read_parquet('${site.paths.reference}/channels.parquet')`;
        const row = async (id: string) =>
            (
                await site.ask(
                    `select *, created_at = updated_at as unchanged from ${table} where channel_id = '${id}'`,
                )
            )[0];
        expect(await row(rooftop)).toMatchObject({
            channel_name: "O'Hara; drop",
            unchanged: false,
            removed_at: null,
        });
        expect(await row('162120')).toMatchObject({ organization_id: other, unchanged: false });
        expect(await row('162121')).toMatchObject({ removed_at: expect.any(Date) });
        expect(await row('162122')).toMatchObject({ unchanged: true, removed_at: null });
        const known = await site.open(false, readChannels);
        expect(known.find(({ channelId }) => channelId === '162121')?.isListed).toBe(false);
    });

    it('keep a raw list only when it changed', async () => {
        const site = await startSiteLake({ source, now });
        await site.sync({ channels: [rooftop] });
        await site.sync({ channels: [rooftop] });
        expect(readdirSync(site.paths.rawReference)).toHaveLength(3);
    });

    it('are read on all pages', async () => {
        const site = await startSiteLake({ source, now, quirks: { pageSize: 5 } });
        await site.sync({ channels: [rooftop] });
        expect(await site.open(false, readChannels)).toHaveLength(source.channels.length);
    });
});

describe('a plan', () => {
    it('tells what would be asked and writes nothing', async () => {
        const site = await startSiteLake({ source, now });
        const before = hashFiles(site.paths.root);
        const plan = await site.plan({
            channels: [rooftop],
            from: at('2026-01-01T00:00:00Z'),
            to: at('2026-04-01T00:00:00Z'),
        });
        expect(plan).toMatchObject({
            requests: 3,
            channels: 1,
            spans: [{ channelId: rooftop, requests: 3 }],
        });
        expect(readdirSync(site.paths.inbox)).toEqual([]);
        expect(hashFiles(site.paths.root)).toEqual(before);
    });

    it('refuses a channel nobody knows, by name', async () => {
        const site = await startSiteLake({ source, now });
        await expect(site.sync({ channels: ['RTU-99'] })).rejects.toMatchObject({
            code: 'USAGE_UNKNOWN_CHANNEL',
            message: 'no channel is called "RTU-99"',
        });
    });
});

describe('a lake’s place', () => {
    it.each(['what?', 'back\\slash'])('is refused when DuckDB could not open it: %s', async (name) => {
        const folder = join(tempFolder(), name);
        await expect(startSiteLake({ source, now, folder })).rejects.toMatchObject({
            code: 'USAGE_BAD_ARGUMENTS',
        });
    });
});
