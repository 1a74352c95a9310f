/** What always holds of the lake's files, one law after the other, each with a test that fails without it: laws 1 to 4. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { generatedSite } from '../../src/simulator/generated.ts';
import { startDemoApi } from '../support/demo-api.ts';
import { type GivenAnswer, hashFiles, listFiles, makeBareLake } from '../support/lake-fixture.ts';
import { binFile, runBin } from '../support/run-cli.ts';
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

describe('2. one partition, one file, one rename', () => {
    it('a reader in another process sees whole versions only, and never a missing file', async () => {
        const lake = await makeBareLake(tempFolder(), 'month', ['E']);
        await lake.land([answer('2026-10-01', 2000, 0, 0)]);
        await lake.compact();
        const file = listFiles(lake.paths.readings)[0] ?? '';
        const hashes = () => Object.values(hashFiles(lake.paths.readings));
        const versions = new Set(hashes());
        const reader = spawn(process.execPath, [
            fileURLToPath(new URL('../support/watch-file.js', import.meta.url)),
            file,
        ]);
        onTestFinished(() => void reader.kill());
        let seen = '';
        reader.stdout.setEncoding('utf8').on('data', (text: string) => {
            seen += text;
        });
        await once(reader.stdout, 'data');
        for (let round = 1; round <= 12; round += 1) {
            await lake.land([answer('2026-10-01', 2000 + round, round, round)]);
            await lake.compact();
            for (const hash of hashes()) versions.add(hash);
        }
        reader.stdin.end();
        await once(reader, 'close');
        const read = seen.trimEnd().split('\n');
        expect(read.filter((hash) => !versions.has(hash))).toEqual([]);
        expect(new Set(read).size).toBeGreaterThan(3);
        expect(versions.size).toBe(13);
        expect(listFiles(lake.paths.readings)).toEqual([file]);
    });

    it('a run that dies at any step leaves whole files, and the next run ends with the same bytes', async () => {
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
        const before = hashFiles(calm.paths.readings);
        let steps = 0;
        await calm.compact(() => {
            steps += 1;
        });
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
            for (const [file, hash] of Object.entries(hashFiles(lake.paths.readings))) {
                expect([before[file], after[file]], `${file} after step ${last}`).toContain(hash);
            }
            expect(Object.keys(hashFiles(lake.paths.readings))).toEqual(
                expect.arrayContaining(Object.keys(before)),
            );
            await lake.compact();
            expect(hashFiles(lake.paths.readings), `after step ${last}`).toEqual(after);
            expect(hashFiles(lake.paths.archive), `after step ${last}`).toEqual(archived);
            expect(readdirSync(lake.paths.inbox)).toEqual([]);
            rmSync(root, { recursive: true });
        }
    }, 120_000);

    it('a sync killed with SIGKILL at any moment is made good by the next one', async () => {
        const cwd = tempFolder();
        const { env, simulator } = await startDemoApi(Date.now, { source });
        const span = [
            '--from',
            '2025-09-25',
            '--to',
            '2025-10-05',
            '--channel',
            '162320,162119,162120,163001',
        ];
        const calm = tempFolder();
        expect((await runBin(['sync', ...span], { cwd: calm, env })).code).toBe(0);
        // Its own requests first: the moments lie between landing, merging and publishing.
        for (const delayMs of [0, 40, 80, 160]) {
            const child = spawn(process.execPath, [binFile, 'sync', ...span], { cwd, env, stdio: 'ignore' });
            const asked = simulator.requests.length;
            while (simulator.requests.length <= asked + 3 && child.exitCode === null) await tick();
            await new Promise((resolve) => setTimeout(resolve, delayMs));
            child.kill('SIGKILL');
            if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
            for (const file of listFiles(join(cwd, 'lake', 'readings'))) expectWholeParquet(file);
        }
        const last = await runBin(['sync', ...span], { cwd, env });
        expect(last.code, last.stderr).toBe(0);
        const sql = 'select channel_id, timestamp, interval_s, energy_kwh from readings order by all';
        const [mine, theirs] = await Promise.all(
            [cwd, calm].map((folder) => runBin(['query', sql, '--format', 'csv'], { cwd: folder })),
        );
        expect(mine?.stdout.split('\n')).toHaveLength(4 * 10 * 96 + 2);
        expect(mine?.stdout).toBe(theirs?.stdout);
        expect(readdirSync(join(cwd, 'lake', 'raw', 'inbox'))).toEqual([]);
    }, 60_000);
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

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));

function expectWholeParquet(file: string): void {
    const bytes = readFileSync(file);
    expect([bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()], file).toEqual(['PAR1', 'PAR1']);
}
