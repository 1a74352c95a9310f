/** At no step of a compaction does a reader count an interval as measured and as estimated. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compact } from '../../src/ingest/compact.ts';
import { publish } from '../../src/ingest/publish.ts';
import type { FileHook } from '../../src/lake/files.ts';
import { asWriter } from '../support/derived-lake.ts';
import { type BareLake, type GivenAnswer, listFiles, makeBareLake } from '../support/lake-fixture.ts';
import { askViews } from '../support/session-zone.ts';
import { tempFolder } from '../support/temp-folder.ts';

const fields = ['E', 'P'];
const start = Date.UTC(2026, 2, 2) / 1000;
const hour = 3600;

/** One kWh an hour, a little more each hour; the hours of `holes` are not answered. */
function answer(
    channel: string,
    hours: readonly [from: number, to: number],
    make: number,
    isHole: (index: number) => boolean = () => false,
): GivenAnswer {
    const [from, to] = hours;
    const records = [];
    for (let index = from; index < to; index++) {
        if (isHole(index)) continue;
        const energy = wattHours(index);
        records.push({ ts: start + index * hour, E: energy, P: energy });
    }
    return {
        channelId: channel,
        from: start + from * hour,
        to: start + to * hour,
        resolution: hour,
        fetchedAt: (start + 400 * 24 * hour) * 1000 + make,
        records,
    };
}

const wattHours = (index: number): number => 1000 + (index % 24) * 10 + (index % 7);

const sumOf = (from: number, to: number): number =>
    Array.from({ length: to - from }, (_, index) => wattHours(from + index) / 1000).reduce(
        (a, b) => a + b,
        0,
    );

interface Seen {
    readonly total: number;
    readonly measured: number;
    readonly normalized: number;
    readonly doubled: number;
}

async function look(root: string): Promise<Seen> {
    const [row] = await askViews(
        { root, fields, granularity: 'month' },
        `select
            (select sum(energy_total_kwh) from energy_daily) as total,
            (select sum(energy_kwh) from energy_daily) as measured,
            (select sum(energy_kwh) from readings_normalized) as normalized,
            (select count(*) - count(distinct (channel_id, timestamp)) from readings_normalized) as doubled`,
    );
    return {
        total: Number(row?.total),
        measured: Number(row?.measured),
        normalized: Number(row?.normalized),
        doubled: Number(row?.doubled),
    };
}

/** What lies on the disk before and after each rename of a data file or of the patches. */
async function watch(lake: BareLake): Promise<string[]> {
    const pictures: string[] = [];
    const hook: FileHook = (step, path, when) => {
        const isSeen = path.endsWith('readings.parquet') || path.endsWith('grid_patches.parquet');
        if (step !== 'rename' || !isSeen) return;
        const picture = join(tempFolder(), `${pictures.length}-${when}`);
        for (const folder of ['readings', 'reference', 'overlaps']) {
            cpSync(join(lake.paths.root, folder), join(picture, folder), {
                recursive: true,
                verbatimSymlinks: true,
            });
        }
        pictures.push(picture);
    };
    await asWriter(lake.paths.root, compact, hook);
    return pictures;
}

async function lakeWithHoles(): Promise<BareLake> {
    const lake = await makeBareLake(tempFolder(), 'month', fields);
    const isHole = (index: number): boolean => index === 30 || (index >= 500 && index < 508);
    await lake.land(['1', '2'].map((channel) => answer(channel, [0, 1000], 1, isHole)));
    await lake.compact();
    await asWriter(lake.paths.root, publish);
    return lake;
}

describe('estimates', { timeout: 240_000 }, () => {
    it('are withdrawn before late readings take their place', async () => {
        const lake = await lakeWithHoles();
        const everything = 2 * sumOf(0, 1000);
        const before = await look(lake.paths.root);
        expect(before.total - before.measured).toBeGreaterThan(17);
        await lake.land([answer('1', [29, 31], 2), answer('2', [502, 504], 3)]);
        const pictures = await watch(lake);
        for (const picture of pictures) {
            const seen = await look(picture);
            expect(seen.doubled, picture).toBe(0);
            expect(seen.total, picture).toBeLessThan(everything + 0.5);
            expect(seen.normalized, picture).toBeCloseTo(seen.total, 9);
        }
        // Two data files, and the patches twice: once without, once made anew.
        expect(pictures.length).toBeGreaterThanOrEqual(8);
        const after = await look(lake.paths.root);
        expect(after.measured - before.measured).toBeCloseTo(sumOf(30, 31) + sumOf(502, 504), 9);
        expect(after.total).toBeGreaterThan(everything - 2);
    });

    it('are withdrawn before a total over the gap takes their place', async () => {
        const lake = await lakeWithHoles();
        const day = Math.floor(500 / 24) * 24;
        const total = answer('1', [day, day + 24], 2);
        await lake.land([
            { ...total, resolution: 86_400, records: [{ ts: total.from, E: 30_000, P: 1250 }] },
        ]);
        const before = await look(lake.paths.root);
        for (const picture of await watch(lake)) {
            const seen = await look(picture);
            expect(seen.doubled, picture).toBe(0);
            expect(seen.total, picture).toBeLessThan(before.total + 30 - sumOf(day, day + 24) + 0.5);
        }
        const after = await look(lake.paths.root);
        expect(after.normalized).toBeCloseTo(after.total, 9);
    });

    it.each(['grid_patches.parquet', 'readings.parquet'])(
        'do not stop a compaction when %s is damaged',
        async (name) => {
            const lake = await lakeWithHoles();
            const files = [lake.paths.reference, lake.paths.readings]
                .flatMap(listFiles)
                .filter((file) => file.endsWith(name) && !file.includes('2026-04'));
            for (const file of files) writeFileSync(file, readFileSync(file).fill(0, 4));
            await lake.land([answer('1', [29, 31], 2), answer('2', [29, 31], 3)]);
            await asWriter(lake.paths.root, compact);
            await asWriter(lake.paths.root, publish);
            const after = await look(lake.paths.root);
            expect(after.total).toBeGreaterThan(2 * sumOf(0, 1000) - 2);
            expect(after.normalized).toBeCloseTo(after.total, 9);
            expect(after.doubled).toBe(0);
        },
    );

    it('stay as they are when the new readings fill no gap', async () => {
        const lake = await lakeWithHoles();
        await lake.land([answer('1', [990, 1010], 2)]);
        const patches: string[] = [];
        await lake.compact((step, path, when) => {
            if (step === 'rename' && when === 'before' && path.endsWith('grid_patches.parquet'))
                patches.push(path);
        });
        expect(patches).toEqual([]);
    });
});
