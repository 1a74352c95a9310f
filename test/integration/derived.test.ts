/** Derived tables made in steps are the tables made at once, whatever happens in between. */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/core/log.ts';
import { compact } from '../../src/ingest/compact.ts';
import { type LakeContext, withLake } from '../../src/ingest/context.ts';
import { publish } from '../../src/ingest/publish.ts';
import { rebuild } from '../../src/ingest/rebuild.ts';
import { repartition } from '../../src/ingest/repartition.ts';
import type { FileHook } from '../../src/lake/files.ts';
import type { Granularity } from '../../src/model/time.ts';
import { fakeRuntime } from '../support/fake-runtime.ts';
import { type BareLake, type GivenAnswer, hashFiles, makeBareLake } from '../support/lake-fixture.ts';
import { askViews } from '../support/session-zone.ts';
import { tempFolder } from '../support/temp-folder.ts';

const hour = 3600;
const day = 86_400;
const start = Date.UTC(2026, 0, 25) / 1000;
const fields = ['E', 'P'];

async function makeLake(granularity: Granularity = 'month'): Promise<BareLake> {
    return makeBareLake(`${tempFolder()}/lake`, granularity, fields);
}

async function work<T>(
    lake: BareLake,
    use: (context: LakeContext) => Promise<T>,
    hook?: FileHook,
): Promise<T> {
    const options = {
        root: lake.paths.root,
        command: 'test',
        write: true,
        runtime: fakeRuntime(),
        log: silentLogger,
    };
    return withLake({ ...options, ...(hook === undefined ? {} : { fileHook: hook }) }, use);
}

const derived = (lake: BareLake) =>
    Object.fromEntries(
        Object.entries(hashFiles(lake.paths.reference)).filter(([name]) => name.endsWith('.parquet')),
    );

/** What a lake would have that never made them in steps. */
async function makeAtOnce(lake: BareLake): Promise<Record<string, string>> {
    rmSync(join(lake.paths.state, 'derived.json'));
    for (const name of Object.keys(derived(lake))) rmSync(join(lake.paths.reference, name));
    await work(lake, publish);
    return derived(lake);
}

/** Watts at an hour: a day's wave, flat nights, and every so often a spike, a jump back or a hole. */
function wattsAt(channel: number, ts: number, make: number): number | null {
    const slot = Math.floor((ts - start) / hour);
    const noise = (slot * 7919 + channel * 104_729 + make * 31) % 101;
    if (noise === 3) return null;
    if (noise === 5) return -2000;
    if (noise % 20 === 7) return 60_000 + 500 * noise;
    return slot % 24 < 10 ? 4000 : 6000 + 40 * noise;
}

function answer(channel: number, from: number, to: number, make: number): GivenAnswer {
    const records = [];
    for (let ts = from; ts < to; ts += hour) {
        const watts = wattsAt(channel, ts, make);
        records.push({ ts, E: watts, P: watts });
    }
    return {
        channelId: String(channel),
        from,
        to,
        resolution: hour,
        fetchedAt: (start + 300 * day) * 1000 + make,
        records,
    };
}

/** Each answer begins near where the channel's last one ended, inside days and flat nights. */
const step = fc.record({
    channel: fc.constantFrom(1, 1, 2),
    gap: fc.integer({ min: -8, max: 1 }),
    hours: fc.integer({ min: 3, max: 30 }),
});

describe('derived tables', () => {
    it('are the same made in steps, made at once and rebuilt', { timeout: 300_000 }, async () => {
        await fc.assert(
            fc.asyncProperty(
                fc.array(step, { minLength: 4, maxLength: 6 }),
                fc.constantFrom<Granularity>('day', 'month', 'year'),
                async (steps, granularity) => {
                    const lake = await makeLake(granularity);
                    const reached = new Map([1, 2].map((channel) => [channel, start + 140 * hour]));
                    for (const [make, { channel, gap, hours }] of steps.entries()) {
                        const from = (reached.get(channel) ?? 0) + gap * hour;
                        reached.set(channel, from + hours * hour);
                        // The newest answer may be one that was given first: then its file is made anew.
                        await lake.land([
                            answer(channel, from, from + hours * hour, make % 3 === 2 ? -make : make),
                        ]);
                        await work(lake, compact);
                    }
                    const inSteps = derived(lake);
                    expect(inSteps['suspects.parquet']).toBeDefined();
                    await work(lake, (context) => rebuild(context, { channels: [], dryRun: false }));
                    expect(derived(lake)).toEqual(inSteps);
                    expect(await makeAtOnce(lake)).toEqual(inSteps);
                },
            ),
            { numRuns: 4, endOnFailure: true },
        );
    });

    it('mark what is there to mark', { timeout: 120_000 }, async () => {
        const lake = await makeLake();
        await lake.land([answer(1, start, start + 40 * day, 0)]);
        await work(lake, compact);
        const options = { root: lake.paths.root, fields, granularity: 'month' as const };
        const rows = await askViews(
            options,
            'select flags, count(*)::int as n from suspects group by all order by all',
        );
        expect(rows.map(({ flags }) => flags)).toEqual(expect.arrayContaining([256, 512]));
        // The view behind the table says the same of the whole lake.
        const again = await askViews(
            options,
            'select flags, count(*)::int as n from found_suspects group by all order by all',
        );
        expect(again).toEqual(rows);
    });

    it('are caught up after a run that was killed before it made them', { timeout: 120_000 }, async () => {
        const lake = await makeLake();
        await lake.land([answer(1, start, start + 20 * day, 0)]);
        await work(lake, compact);
        const before = derived(lake);
        await lake.land([answer(1, start + 20 * day, start + 22 * day, 1)]);
        const killed = work(lake, compact, (fileStep, path, when) => {
            if (fileStep === 'rename' && when === 'before' && path.endsWith('suspects.parquet')) {
                throw new Error('killed');
            }
        });
        await expect(killed).rejects.toThrow('killed');
        expect(derived(lake)['suspects.parquet']).toBe(before['suspects.parquet']);
        await work(lake, publish);
        const after = derived(lake);
        expect(after['suspects.parquet']).not.toBe(before['suspects.parquet']);
        expect(await makeAtOnce(lake)).toEqual(after);
    });

    it('are made again when lost or damaged, and left alone when nothing changed', {
        timeout: 60_000,
    }, async () => {
        const lake = await makeLake();
        await lake.land([answer(1, start, start + 20 * day, 0)]);
        await work(lake, compact);
        const good = derived(lake);
        const file = join(lake.paths.reference, 'suspects.parquet');
        const untouched = statSync(file, { bigint: true }).mtimeNs;
        await work(lake, publish);
        expect(statSync(file, { bigint: true }).mtimeNs).toBe(untouched);
        rmSync(file);
        await work(lake, publish);
        expect(derived(lake)).toEqual(good);
        writeFileSync(file, readFileSync(file).subarray(0, 40));
        await work(lake, publish);
        expect(derived(lake)).toEqual(good);
        writeFileSync(join(lake.paths.state, 'derived.json'), '{');
        await work(lake, publish);
        expect(derived(lake)).toEqual(good);
    });

    it('follow the settings, the files that go and the form of the lake', { timeout: 120_000 }, async () => {
        const lake = await makeLake();
        await lake.land([answer(1, start, start + 10 * day, 0), answer(2, start, start + 10 * day, 0)]);
        await work(lake, compact);
        const ask = async (granularity: Granularity, sql: string) =>
            askViews({ root: lake.paths.root, fields, granularity }, sql);
        const spikes =
            'select channel_id, count(*)::int as n from suspects where flags & 256 <> 0 group by all order by all';
        const before = await ask('month', spikes);
        expect(before.map(({ channel_id }) => channel_id)).toEqual(['1', '2']);
        writeFileSync(
            join(lake.paths.reference, 'settings.json'),
            JSON.stringify({ channels: { 2: { spike_min_kw: 1000 } } }),
        );
        await work(lake, publish);
        expect(await ask('month', spikes)).toEqual(before.slice(0, 1));
        const suspects = await ask('month', 'from suspects');
        await work(lake, (context) => repartition(context, { granularity: 'day' }));
        expect(await ask('day', 'from suspects')).toEqual(suspects);
        rmSync(join(lake.paths.readings, 'channel_id=1'), { recursive: true });
        await work(lake, publish);
        const left = await ask('day', 'select distinct channel_id from suspects');
        expect(left).toEqual([{ channel_id: '2' }]);
        expect(existsSync(lake.paths.staging)).toBe(true);
    });
});
