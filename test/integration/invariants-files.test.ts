/** What always holds of the lake's files, one law after the other, each with a test that fails without it: laws 1 to 4. */
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { generatedSite } from '../../src/simulator/generated.ts';
import { withFileJudge } from '../support/file-judge.ts';
import { type GivenAnswer, hashFiles, listFiles, makeBareLake } from '../support/lake-fixture.ts';
import { startSiteLake } from '../support/site-lake.ts';
import { tempFolder } from '../support/temp-folder.ts';

const source = generatedSite({ seed: 7 });
const now = '2026-10-20T12:07:00Z';
const [rooftop, office] = ['162320', '163001'];
const at = (iso: string): number => Date.parse(iso) / 1000;
const autumn = {
    from: at('2026-09-28T00:00:00Z'),
    to: at('2026-10-06T00:00:00Z'),
    channels: [rooftop, office],
};

/** An answer of 15-minute readings, each `wh` more than its number. */
function answer(day: string, count: number, fetchedMs: number, wh: number, channelId = rooftop): GivenAnswer {
    const from = at(`${day}T00:00:00Z`);
    const records = Array.from({ length: count }, (_, index) => ({ ts: from + 900 * index, E: wh + index }));
    const fetchedAt = Date.UTC(2026, 10, 1) + fetchedMs;
    return { channelId, from, to: from + 900 * count, resolution: 900, fetchedAt, records };
}

describe('1. raw first', () => {
    it('every stored value is in a snapshot, and no snapshot is ever edited', async () => {
        const site = await startSiteLake({ source, now });
        await site.sync(autumn);
        const archived = hashFiles(site.paths.archive);
        await site.sync({ ...autumn, refetch: true });
        await site.rebuild();
        const later = hashFiles(site.paths.archive);
        expect(Object.keys(later)).toHaveLength(2 * Object.keys(archived).length);
        expect(later).toMatchObject(archived);
        const told = new Set<string>();
        for (const file of listFiles(site.paths.archive)) {
            const { request, body } = JSON.parse(gunzipSync(readFileSync(file)).toString());
            for (const { ts, E } of body.records) told.add(`${request.channel_id} ${ts} ${E / 1000}`);
        }
        const stored = await site.ask(
            'select channel_id, epoch(timestamp)::int as ts, energy_kwh from readings where energy_kwh is not null',
        );
        expect(stored).toHaveLength(2 * 8 * 96);
        const invented = stored.filter((row) => !told.has(`${row.channel_id} ${row.ts} ${row.energy_kwh}`));
        expect(invented).toEqual([]);
    });
});

// Killed by SIGKILL at every step, and read by others all the while: test/crash.
describe('2. one partition, one file, whole at every moment', () => {
    it(
        'a run that dies at any step leaves whole files, and the next run ends with the same bytes',
        () =>
            withFileJudge(async (judge) => {
                const folder = tempFolder();
                const prepare = async (name: string) => {
                    const lake = await makeBareLake(join(folder, name), 'month', ['E']);
                    await lake.land([answer('2026-10-05', 96, 0, 100), answer('2026-09-05', 96, 1, 200)]);
                    await lake.compact();
                    await lake.land([answer('2026-10-05', 48, 2, 300), answer('2026-09-06', 96, 3, 400)]);
                    await lake.land([answer('2026-11-01', 20, 4, 500)]);
                    return lake;
                };
                const calm = await prepare('calm');
                const rowsBefore = await judge.digests(calm.paths.readings);
                let steps = 0;
                await calm.compact(() => {
                    steps += 1;
                });
                const rowsAfter = await judge.digests(calm.paths.readings);
                const after = hashFiles(calm.paths.readings);
                const archived = hashFiles(calm.paths.archive);
                expect(steps).toBeGreaterThan(20);
                expect(Object.keys(after)).toHaveLength(3);
                const template = await prepare('template');
                for (let last = 0; last < steps; last += 1) {
                    const root = join(folder, `dies-${last}`);
                    cpSync(template.paths.root, root, { recursive: true });
                    const lake = await makeBareLake(root, 'month', ['E']);
                    let step = 0;
                    // A dead process does nothing more: every later step fails as well.
                    const dies = lake.compact(() => {
                        if (step >= last) throw new Error('killed');
                        step += 1;
                    });
                    await expect(dies).rejects.toThrow('killed');
                    const rows = await judge.digests(lake.paths.readings);
                    for (const [file, digest] of Object.entries(rows)) {
                        expect([rowsBefore[file], rowsAfter[file]], `${file} after step ${last}`).toContain(
                            digest,
                        );
                    }
                    expect(Object.keys(rows)).toEqual(expect.arrayContaining(Object.keys(rowsBefore)));
                    await lake.compact();
                    expect(hashFiles(lake.paths.readings), `after step ${last}`).toEqual(after);
                    expect(hashFiles(lake.paths.archive), `after step ${last}`).toEqual(archived);
                    expect(readdirSync(lake.paths.inbox)).toEqual([]);
                    rmSync(root, { recursive: true });
                }
            }),
        120_000,
    );
});

// 3. Merging is order-free: test/property/merge.test.ts, for random histories.
describe('3. merging is order-free', () => {
    it('an answer older than what the partition holds changes only what was not known', async () => {
        const inOrder = await makeBareLake(tempFolder(), 'month', ['E']);
        const late = await makeBareLake(tempFolder(), 'month', ['E']);
        const old = answer('2026-10-05', 96, 0, 100);
        const newer = answer('2026-10-05', 48, 5, 700);
        for (const one of [old, newer]) {
            await inOrder.land([one]);
            await inOrder.compact();
        }
        for (const one of [newer, old]) {
            await late.land([one]);
            await late.compact();
        }
        expect(hashFiles(late.paths.readings)).toEqual(hashFiles(inOrder.paths.readings));
    });
});

describe('4. work is proportional to what is new', () => {
    it('touches the partition that is named in the inbox, and no other', async () => {
        const lake = await makeBareLake(tempFolder(), 'month', ['E']);
        const months = ['2026-08-01', '2026-09-01', '2026-10-01'];
        const channels = [rooftop, office];
        await lake.land(channels.flatMap((id) => months.map((day) => answer(day, 96, 0, 100, id))));
        await lake.compact();
        const look = () =>
            new Map(
                listFiles(lake.paths.readings).map((file) => {
                    const { ino, mtimeMs, atimeMs } = statSync(file);
                    return [file, `${ino} ${mtimeMs} ${atimeMs}`];
                }),
            );
        const before = look();
        await lake.land([answer('2026-10-02', 96, 1, 100, office)]);
        await lake.compact();
        const changed = [...look()].filter(([file, seen]) => before.get(file) !== seen);
        expect(before.size).toBe(6);
        expect(changed.map(([file]) => file)).toEqual([
            join(lake.paths.readings, `channel_id=${office}`, 'month=2026-10', 'readings.parquet'),
        ]);
    });
});
