import { createHash } from 'node:crypto';
import {
    existsSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    statSync,
    truncateSync,
    writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addFields } from '../../src/ingest/fields.ts';
import { rebuild } from '../../src/ingest/rebuild.ts';
import { repartition } from '../../src/ingest/repartition.ts';
import { applyRetention } from '../../src/ingest/retention.ts';
import { lakeStatus } from '../../src/ingest/status.ts';
import { verifyLake } from '../../src/ingest/verify-lake.ts';
import { generatedSite } from '../../src/simulator/generated.ts';
import { type SiteLake, startSiteLake } from '../support/site-lake.ts';

const source = generatedSite({ seed: 11 });
const now = '2026-10-20T12:07:00Z';
const channels = ['162320', '163001'];
const at = (iso: string): number => Date.parse(iso) / 1000;

/** Every data file with its hash, by its path in the lake. */
function hashes(site: SiteLake): Record<string, string> {
    const files = readdirSync(site.paths.readings, { recursive: true, encoding: 'utf8' });
    return Object.fromEntries(
        files
            .filter((file) => file.endsWith('.parquet'))
            .sort()
            .map((file) => [
                file,
                createHash('sha256')
                    .update(readFileSync(join(site.paths.readings, file)))
                    .digest('hex'),
            ]),
    );
}

const rows = (site: SiteLake) =>
    site.ask(
        'select channel_id::varchar as id, timestamp, interval_s, energy_kwh, power_kw, fetched_at from readings order by 1, 2, 3',
    );

async function filledLake(granularity: 'day' | 'month' | 'year' = 'month'): Promise<SiteLake> {
    const site = await startSiteLake({ source, now, granularity });
    await site.sync({ channels });
    return site;
}

const verify = (site: SiteLake, deep = true) =>
    site.open(false, (lake) => verifyLake(lake, { deep, channels: [] }));

describe('rebuild', () => {
    it('restores damaged, missing and foreign-written partitions byte by byte, reference tables too', async () => {
        const site = await filledLake();
        const before = hashes(site);
        const reference = readFileSync(join(site.paths.reference, 'channels.parquet'));
        const [first = '', second = ''] = Object.keys(before);
        truncateSync(join(site.paths.readings, first), 100);
        rmSync(join(site.paths.readings, second));
        rmSync(join(site.paths.reference, 'channels.parquet'));
        const summary = await site.rebuild();
        expect(summary.failures).toEqual([]);
        expect(hashes(site)).toEqual(before);
        expect(readFileSync(join(site.paths.reference, 'channels.parquet')).equals(reference)).toBe(true);
    });

    it('restores everything when only raw is left', async () => {
        const site = await filledLake();
        site.runtime.advance(3_600_000);
        await site.sync({ channels });
        const before = hashes(site);
        for (const folder of [site.paths.readings, site.paths.state, site.paths.reference])
            rmSync(folder, { recursive: true });
        rmSync(site.paths.catalog);
        await site.rebuild();
        expect(hashes(site)).toEqual(before);
        expect(existsSync(site.paths.catalog)).toBe(true);
    });
});

describe('a damaged partition', () => {
    it('is made again from raw by the next sync that touches it', async () => {
        const site = await filledLake();
        const before = await rows(site);
        const file = join(site.paths.readings, 'channel_id=162320/month=2026-10/readings.parquet');
        truncateSync(file, 500);
        const summary = await site.sync({ channels });
        expect(summary.warnings.join()).toContain('made again from its raw snapshots');
        const after = await rows(site);
        expect(after.map(({ fetched_at: _, ...row }) => row)).toEqual(
            before.map(({ fetched_at: _, ...row }) => row),
        );
    });
});

describe('a damaged snapshot in the inbox', () => {
    it('is set aside with its reason while the others are merged', async () => {
        const site = await filledLake();
        const before = Object.keys(hashes(site));
        const archived = readdirSync(site.paths.archive, { recursive: true, encoding: 'utf8' }).filter(
            (file) => file.endsWith('.gz'),
        );
        const [first = '', ...others] = archived.map((file) => join(site.paths.archive, file));
        rmSync(site.paths.readings, { recursive: true });
        for (const file of [first, ...others])
            renameSync(file, join(site.paths.inbox, file.split('/').at(-1) ?? ''));
        const damaged = join(site.paths.inbox, first.split('/').at(-1) ?? '');
        truncateSync(damaged, statSync(damaged).size - 40);
        writeFileSync(join(site.paths.inbox, 'notes.txt'), 'mine');
        const summary = await site.compact();
        expect(summary.failures.map(({ code }) => code)).toEqual(['DATA_CORRUPT', 'DATA_CORRUPT']);
        expect(Object.keys(hashes(site))).toHaveLength(before.length - 1);
        const aside = readdirSync(site.paths.quarantine, { recursive: true, encoding: 'utf8' }).filter(
            (file) => file.includes('.'),
        );
        expect(aside).toHaveLength(4);
        expect(readdirSync(site.paths.inbox)).toEqual([]);
    });
});

describe('repartition', () => {
    it.each(['day', 'year'] as const)('cuts by %s and back without changing a row', async (granularity) => {
        const site = await filledLake();
        const before = await rows(site);
        const months = hashes(site);
        await site.open(true, (lake) => repartition(lake, { granularity }));
        expect(await rows(site)).toEqual(before);
        const period = granularity === 'day' ? /date=\d{4}-\d\d-\d\d/ : /year=\d{4}/;
        expect(Object.keys(hashes(site)).every((file) => period.test(file))).toBe(true);
        expect((await verify(site)).problems).toEqual([]);
        site.runtime.advance(3_600_000);
        await site.sync({ channels });
        await site.open(true, (lake) => rebuild(lake, { channels: [], dryRun: false }));
        expect((await rows(site)).length).toBe(before.length + 2 * 4);
        await site.open(true, (lake) => repartition(lake, { granularity: 'month' }));
        expect(Object.keys(hashes(site))).toEqual(Object.keys(months));
    });

    it('killed between its renames is undone at the next start', async () => {
        const site = await filledLake();
        const before = hashes(site);
        // What a kill leaves: the old tree moved aside, the new one not yet in place.
        renameSync(site.paths.readings, join(site.paths.root, '.readings-before'));
        await site.open(true, async () => undefined);
        expect(hashes(site)).toEqual(before);
        // Or the new one in place, and the manifest still naming the old form.
        renameSync(site.paths.readings, join(site.paths.root, '.readings-before'));
        mkdirSync(join(site.paths.readings, 'channel_id=162320/year=2026'), { recursive: true });
        await site.open(true, async () => undefined);
        expect(hashes(site)).toEqual(before);
    });
});

describe('a new field', () => {
    it('is a column of every file at once, and history is read again for it without touching the others', async () => {
        const site = await filledLake();
        const before = await rows(site);
        await site.open(true, (lake) => addFields(lake, { fields: ['F'] }));
        expect(await rows(site)).toEqual(before);
        expect((await verify(site)).problems).toEqual([]);
        const filled = async () =>
            Number((await site.ask('select count(frequency_hz) as n from readings'))[0]?.n);
        expect(await filled()).toBe(0);
        const range = { from: at('2026-09-20T04:00:00Z'), to: at('2026-10-20T00:00:00Z') };
        await site.sync({ channels, refetch: true, fields: ['F'], ...range });
        expect(await filled()).toBeGreaterThan(2 * 29 * 96);
        const strip = (list: Awaited<ReturnType<typeof rows>>) =>
            list.map(({ fetched_at: _, ...row }) => row);
        expect(strip(await rows(site))).toEqual(strip(before));
        const now = hashes(site);
        await site.rebuild();
        expect(hashes(site)).toEqual(now);
    });
});

describe('retention', () => {
    it('tells first, deletes whole months of raw only when told to, and no reading is lost after it', async () => {
        const site = await filledLake();
        const before = await rows(site);
        const retain = (apply: boolean) =>
            site.open(true, (lake) => applyRetention(lake, { rawDays: 5, apply }));
        const told = await retain(false);
        expect(told).toMatchObject({ before: '2026-10', applied: false });
        expect(told.files).toBeGreaterThan(0);
        const status = () => site.open(false, lakeStatus);
        const rawBefore = (await status()).raw.files;
        await retain(true);
        expect((await status()).raw.files).toBe(rawBefore - told.files);
        expect(await rows(site)).toEqual(before);
        // The year's file rests on raw that is gone in part: a rebuild must leave it alone.
        await site.open(true, (lake) => repartition(lake, { granularity: 'year' }));
        const summary = await site.rebuild();
        expect(summary.warnings.join()).toContain('was left as it is');
        expect(await rows(site)).toEqual(before);
    });
});

describe('status', () => {
    it('tells per channel until when it was asked and when its last value came', async () => {
        const site = await filledLake();
        const status = await site.open(false, lakeStatus);
        expect(status.channels.find(({ channelId }) => channelId === '162320')).toMatchObject({
            channelName: 'RTU-1',
            lastReadingEnd: at('2026-10-20T11:45:00Z'),
            failedSpans: 0,
        });
        expect(status).toMatchObject({
            granularity: 'month',
            inbox: 0,
            quarantined: 0,
            readings: { files: 4 },
        });
        expect(status.lastRun).toMatchObject({ event: 'run_finished', exit: 0 });
    });
});
