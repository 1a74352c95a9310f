/** Channels whose readings may overlap are linked under `overlaps` before a reader can meet the overlap. */
import { cpSync, existsSync, lstatSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultFieldCodes } from '../../src/model/fields.ts';
import { generatedSite } from '../../src/simulator/generated.ts';
import { type GivenAnswer, makeBareLake } from '../support/lake-fixture.ts';
import { askViews } from '../support/session-zone.ts';
import { type SiteLake, startSiteLake } from '../support/site-lake.ts';
import { tempFolder } from '../support/temp-folder.ts';

const [rooftop, office] = ['162320', '163001'];
const at = (iso: string): number => Date.parse(iso) / 1000;
const day = { from: at('2026-10-05T00:00:00Z'), to: at('2026-10-06T00:00:00Z') };

/** 15-minute and hourly readings of the same day for one channel, 15-minute ones alone for the other. */
async function mixedLake(): Promise<SiteLake> {
    const site = await startSiteLake({ source: generatedSite({ seed: 7 }), now: '2026-10-20T12:07:00Z' });
    await site.sync({ ...day, channels: [rooftop, office] });
    expect(linked(site)).toEqual([]);
    await site.sync({ ...day, channels: [rooftop], resolution: 3600 });
    return site;
}

const linked = (site: SiteLake): string[] =>
    readdirSync(site.paths.overlaps).filter((name) => name !== 'channel_id=none');

function dailyEnergy(site: SiteLake): Promise<unknown[]> {
    const options = { root: site.paths.root, fields: defaultFieldCodes, granularity: 'month' } as const;
    return askViews(
        options,
        'select channel_id, sum(energy_kwh) as kwh from energy_daily group by all order by all',
    );
}

function answer(resolution: number, from: number, fetchedAt: number): GivenAnswer {
    const records = Array.from({ length: 4 }, (_, index) => ({ ts: from + resolution * index, E: 100 }));
    return { channelId: rooftop, from, to: from + 4 * resolution, resolution, fetchedAt, records };
}

describe('overlaps', () => {
    it('links the channel with two resolutions, and no other', async () => {
        const site = await mixedLake();
        expect(linked(site)).toEqual([`channel_id=${rooftop}`]);
        const link = readlinkSync(join(site.paths.overlaps, `channel_id=${rooftop}`));
        expect(link).toBe(`../readings/channel_id=${rooftop}`);
    });

    it.each([
        ['another resolution', answer(3600, day.from, 2_000)],
        ['another grid', answer(900, day.from + 450, 2_000)],
    ])('links before the file with %s takes its place', async (_name, second) => {
        const lake = await makeBareLake(tempFolder(), 'month', ['E']);
        await lake.land([answer(900, day.from, 1_000)]);
        await lake.compact();
        const link = join(lake.paths.overlaps, `channel_id=${rooftop}`);
        expect(existsSync(link)).toBe(false);
        await lake.land([second]);
        const seen: boolean[] = [];
        await lake.compact((step, path, when) => {
            const isPartition = path.startsWith(lake.paths.readings) && path.endsWith('readings.parquet');
            if (step === 'rename' && when === 'before' && isPartition) seen.push(existsSync(link));
        });
        expect(seen.length).toBeGreaterThan(0);
        expect(seen).not.toContain(false);
    });

    it('counts nothing twice while the folder is lost, and makes it again', async () => {
        const site = await mixedLake();
        const before = await dailyEnergy(site);
        rmSync(site.paths.overlaps, { recursive: true });
        expect(await dailyEnergy(site)).toEqual(before);
        await site.compact();
        expect(linked(site)).toEqual([`channel_id=${rooftop}`]);
        expect(await dailyEnergy(site)).toEqual(before);
    });

    it('puts links back where a copy of the lake has folders', async () => {
        const site = await mixedLake();
        const link = join(site.paths.overlaps, `channel_id=${rooftop}`);
        rmSync(link);
        cpSync(join(site.paths.readings, `channel_id=${rooftop}`), link, { recursive: true });
        await site.compact();
        expect(lstatSync(link).isSymbolicLink()).toBe(true);
    });
});
