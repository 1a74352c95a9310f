/** What a run that did not go through, or asked for a part only, must not make the next run forget. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addFields } from '../../src/ingest/fields.ts';
import { readChannels } from '../../src/ingest/reference.ts';
import { applyRetention } from '../../src/ingest/retention.ts';
import { lakeStatus } from '../../src/ingest/status.ts';
import { coverageFile, partitionFile } from '../../src/lake/layout.ts';
import { readManifest } from '../../src/lake/manifest.ts';
import { partitionOf } from '../../src/model/time.ts';
import type { FaultRequest } from '../../src/simulator/faults.ts';
import { generatedSite } from '../../src/simulator/generated.ts';
import { respond } from '../../src/simulator/respond.ts';
import { withVanishedChannel } from '../../src/simulator/site-changes.ts';
import { hashFiles } from '../support/lake-fixture.ts';
import { startSiteLake } from '../support/site-lake.ts';

const source = generatedSite({ seed: 7 });
const now = '2026-10-20T12:07:00Z';
const rooftop = '162320';
const air = '162277';
const at = (iso: string): number => Date.parse(iso) / 1000;

const asksFrom =
    (iso: string) =>
    ({ method, query }: FaultRequest): boolean =>
        method === 'GET' && query.includes(String(at(iso)));

describe('a run for some of the fields', () => {
    const september = { channels: [rooftop], from: at('2026-09-01'), to: at('2026-09-03') };

    it('leaves the span open for the others', async () => {
        const site = await startSiteLake({ source, now });
        await site.sync({ ...september, fields: ['E'] });
        await site.sync(september);
        expect(await site.ask('select count(energy_kwh) as e, count(power_kw) as p from readings')).toEqual([
            { e: 192n, p: 192n },
        ]);
    });

    it('leaves it open when the state is lost, too', async () => {
        const site = await startSiteLake({ source, now });
        await site.sync({ ...september, fields: ['E'] });
        rmSync(site.paths.state, { recursive: true, force: true });
        expect((await site.plan(september)).requests).toBe(1);
    });

    it('does not make a channel forget its other fields', async () => {
        const site = await startSiteLake({ source, now });
        await site.sync({ channels: [rooftop] });
        site.simulator.faults.next({ method: 'GET', channel: rooftop }, respond.invalidParameter());
        await site.sync({ channels: [rooftop], fields: ['E', 'T'], refetch: true, from: at('2026-10-01') });
        // 14:07 then: the newest bucket the API answers begins at 13:30.
        site.runtime.advance(7_200_000);
        await site.sync({ channels: [rooftop] });
        expect(
            await site.ask(
                "select count(power_kw) as p from readings where timestamp >= '2026-10-20T12:15:00Z'",
            ),
        ).toEqual([{ p: 6n }]);
    });
});

it('a field added later is asked of a channel whose fields were learned before', async () => {
    const site = await startSiteLake({
        source,
        now,
        quirks: { lackingFields: 'nulls' },
        fields: ['E', 'P', 'T'],
    });
    site.simulator.faults.next({ method: 'GET', channel: air }, respond.invalidParameter());
    await site.sync({ channels: [air] });
    await site.open(true, (lake) => addFields(lake, { fields: ['RH'] }));
    await site.sync({ channels: [air] });
    const [row] = await site.ask('select count(relative_humidity_pct) as humid from readings');
    expect(Number(row?.humid)).toBeGreaterThan(96);
});

describe('a span that failed', () => {
    it('is asked again though the channel never answered before', async () => {
        const site = await startSiteLake({ source, now });
        site.simulator.faults.always({ channel: rooftop }, respond.status(500, 'Internal error'));
        await site.sync({ channels: [rooftop], from: at('2026-06-01'), to: at('2026-06-08') });
        const status = await site.open(false, lakeStatus);
        expect(status.channels.find(({ channelId }) => channelId === rooftop)?.failedSpans).toBe(1);
        site.simulator.faults.clear();
        await site.sync({ channels: [rooftop] });
        const [row] = await site.ask(
            "select count(*) as june from readings where timestamp < '2026-07-01T00:00:00Z'",
        );
        expect(row?.june).toBe(7n * 96n);
    });

    it('is noted before the next one is asked, so that a kill does not lose it', async () => {
        const site = await startSiteLake({ source, now });
        let noted: unknown;
        site.simulator.faults.next({ channel: rooftop, when: asksFrom('2026-08-01') }, respond.wrongCount());
        site.simulator.faults.next(
            {
                channel: rooftop,
                when: (request) => {
                    const file = coverageFile(site.paths, rooftop);
                    if (asksFrom('2026-10-01')(request) && existsSync(file)) {
                        noted = JSON.parse(readFileSync(file, 'utf8')).failed;
                    }
                    return false;
                },
            },
            respond.truth(),
        );
        await site.sync({ channels: [rooftop], from: at('2026-08-01') });
        expect(noted).toEqual({ 900: [{ from: at('2026-08-01'), to: at('2026-09-01') }] });
    });

    it('for good does not keep the channel from its newest readings', async () => {
        const site = await startSiteLake({ source, now });
        site.simulator.faults.always(
            { channel: rooftop, when: asksFrom('2026-08-01') },
            respond.status(500, 'Internal error'),
        );
        const summary = await site.sync({ channels: [rooftop], from: at('2026-08-01') });
        expect(summary).toMatchObject({ landed: 2, failed: 1 });
        site.runtime.advance(3_600_000);
        const next = await site.sync({ channels: [rooftop] });
        expect(next).toMatchObject({ landed: 1, failed: 1 });
        const [row] = await site.ask("select max(timestamp) = '2026-10-20T12:30:00Z' as fresh from readings");
        expect(row?.fresh).toBe(true);
    });

    it('twice in a row ends the asking: a dead channel costs no more than two tries', async () => {
        const site = await startSiteLake({ source, now });
        site.simulator.faults.always({ channel: rooftop }, respond.status(500, 'Internal error'));
        const summary = await site.sync({ channels: [rooftop], from: at('2026-01-01') });
        expect(summary.failed).toBe(10);
        const asked = site.simulator.requests.filter(({ channelId }) => channelId === rooftop);
        // Each is tried three times.
        expect(asked).toHaveLength(6);
    });
});

it('retention with a longer reach does not make the lake forget what a shorter one removed', async () => {
    const site = await startSiteLake({ source, now });
    const keep = (rawDays: number) =>
        site.open(true, (lake) => applyRetention(lake, { rawDays, apply: true }));
    await site.sync({ channels: [rooftop], from: at('2026-07-01'), to: at('2026-09-01') });
    await keep(30);
    await site.sync({ channels: [rooftop], from: at('2026-03-01'), to: at('2026-03-03') });
    await keep(150);
    expect((await readManifest(site.paths))?.rawKeptFrom).toBe('2026-09');
});

it('an unreadable data file whose raw snapshots are gone is kept, and told of', async () => {
    const site = await startSiteLake({ source, now });
    const june = { channels: [rooftop], from: at('2026-06-01'), to: at('2026-06-03') };
    await site.sync(june);
    await site.open(true, (lake) => applyRetention(lake, { rawDays: 30, apply: true }));
    const file = partitionFile(site.paths, rooftop, partitionOf(june.from, 'month'));
    const damaged = readFileSync(file).subarray(0, 900);
    writeFileSync(file, damaged);
    const summary = await site.sync({ ...june, refetch: true, to: at('2026-06-02') });
    expect(summary.failures).toMatchObject([{ channelId: rooftop, code: 'DATA_CORRUPT' }]);
    expect(await site.ask('select count(*) as stored from readings')).toEqual([{ stored: 96n }]);
    const folder = join(site.paths.quarantine, '2026-10');
    const kept = readdirSync(folder).filter((name) => name.endsWith('readings.parquet'));
    expect(kept).toHaveLength(1);
    expect(readFileSync(join(folder, kept[0] ?? ''))).toEqual(damaged);
});

describe('an answer that strict readers of JSON refuse', () => {
    const june = { channels: [rooftop, '163001'], from: at('2026-06-01'), to: at('2026-06-03') };

    it('is set aside, stops no other, and is asked for again', async () => {
        const site = await startSiteLake({ source, now });
        site.simulator.faults.next({ channel: rooftop }, respond.doubledKey());
        const first = await site.sync(june);
        expect(first.failures).toMatchObject([{ channelId: rooftop, code: 'DATA_CORRUPT' }]);
        const perChannel =
            'select channel_id::varchar as id, count(*)::int as n from readings group by 1 order by 1';
        expect(await site.ask(perChannel)).toEqual([{ id: '163001', n: 192 }]);
        const month = join(site.paths.quarantine, '2026-10');
        const aside = readdirSync(month).filter((name) => name.startsWith(rooftop));
        expect(aside.map((name) => name.replace(/^.*Z/, ''))).toEqual(['.json.gz', '.json.gz.reason.json']);
        expect(await site.sync(june)).toMatchObject({ landed: 1, failures: [] });
        expect(await site.ask(perChannel)).toEqual([
            { id: rooftop, n: 192 },
            { id: '163001', n: 192 },
        ]);
    });

    it('for half a letter in a name is mended, and its readings are taken', async () => {
        const site = await startSiteLake({ source, now });
        site.simulator.faults.next({ channel: rooftop }, respond.halfLetter());
        expect(await site.sync({ ...june, channels: [rooftop] })).toMatchObject({ landed: 1, failures: [] });
        expect(await site.ask('select count(*)::int as n from readings')).toEqual([{ n: 192 }]);
    });
});

it('a list that leaves out what it counts removes nothing', async () => {
    const site = await startSiteLake({ source, now });
    const listed = () =>
        site.open(
            false,
            async (lake) => (await readChannels(lake)).filter(({ isListed }) => isListed).length,
        );
    await site.sync({ channels: [rooftop] });
    const before = await listed();
    site.runtime.advance(3_600_000);
    // The same row is lost between two pages, both times the list is read.
    site.simulator.faults.always(
        { path: '/channels' },
        respond.edit((text) => {
            const body = JSON.parse(text);
            return JSON.stringify({ ...body, channels: body.channels.slice(1) });
        }),
    );
    const summary = await site.sync({ channels: [rooftop] });
    expect(summary.warnings.join()).toContain('the list of channels holds fewer than it says');
    expect(await listed()).toBe(before);
    const tables = hashFiles(site.paths.reference);
    rmSync(site.paths.reference, { recursive: true });
    await site.rebuild();
    expect(hashFiles(site.paths.reference)['channels.parquet']).toBe(tables['channels.parquet']);
    // A complete list that leaves it out is believed.
    site.simulator.faults.clear();
    site.simulator.changeSite((now) => withVanishedChannel(now, '163001'));
    site.runtime.advance(3_600_000);
    await site.sync({ channels: [rooftop] });
    expect(await listed()).toBe(before - 1);
});
