/** The raw archive at scale: closed months are packed, no byte is lost, and everything reads both forms alike. */
import { execFileSync } from 'node:child_process';
import {
    cpSync,
    existsSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    truncateSync,
    writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packArchive } from '../../src/ingest/pack.ts';
import { rebuild } from '../../src/ingest/rebuild.ts';
import { applyRetention } from '../../src/ingest/retention.ts';
import { lakeStatus } from '../../src/ingest/status.ts';
import { answeredSpans, readCoverage } from '../../src/lake/coverage.ts';
import { archiveFolder, packFile, packIndexFile } from '../../src/lake/layout.ts';
import { generatedSite } from '../../src/simulator/generated.ts';
import { withDuckDB } from '../../src/warehouse/duckdb.ts';
import { type BareLake, hashFiles, listFiles, makeBareLake } from '../support/lake-fixture.ts';
import { hourlyAnswers, openAt, readLooseFiles, readWholeArchive } from '../support/raw-lake.ts';
import { startSiteLake } from '../support/site-lake.ts';
import { tempFolder } from '../support/temp-folder.ts';

const channel = '162320';
const all = { restDays: 3, most: Number.POSITIVE_INFINITY };
const whole = { channels: [], dryRun: false };

/** Hourly answers, 40 at the end of September and 20 at the beginning of October, all of them compacted. */
async function hourlyLake(root: string = tempFolder(), [many, few] = [40, 20]): Promise<BareLake> {
    const lake = await makeBareLake(root, 'month', ['E', 'P']);
    await lake.land(hourlyAnswers(channel, '2026-09-29', many));
    await lake.land(hourlyAnswers(channel, '2026-10-03', few));
    await lake.compact();
    return lake;
}

const pack = (lake: BareLake, now: string, options = all) =>
    openAt(lake.paths, now, (context) => packArchive(context, options));

describe('a closed month', () => {
    it('is packed without losing a byte, and the open one is left', async () => {
        const lake = await hourlyLake();
        const before = readLooseFiles(lake.paths.archive);
        expect(before.size).toBe(60);
        expect(await pack(lake, '2026-10-10T00:00:00Z')).toMatchObject({ packs: 1, snapshots: 40, left: 0 });
        expect(readLooseFiles(lake.paths.archive).size).toBe(20);
        const september = archiveFolder(lake.paths, channel, '2026-09');
        expect(readdirSync(september)).toEqual(['snapshots.index.gz', 'snapshots.json.gz']);
        expect(await readWholeArchive(lake.paths)).toEqual(before);
        // Byte by byte: the pack is its members one behind the other, in the order of their names' times.
        const members = [...before].filter(([name]) => name.includes('_202609')).sort(byFetch);
        const joined = Buffer.concat(members.map(([, bytes]) => Buffer.from(bytes, 'base64')));
        expect(readFileSync(packFile(september)).subarray(0, joined.length).equals(joined)).toBe(true);
    });

    it('stays a file that zcat and read_json read as lines of JSON, by the glob of all raw files', async () => {
        const lake = await hourlyLake();
        await pack(lake, '2026-10-10T00:00:00Z');
        const file = packFile(archiveFolder(lake.paths, channel, '2026-09'));
        const text = execFileSync('/bin/sh', ['-c', `zcat '${file}'`]).toString();
        const lines = text.trimEnd().split('\n');
        expect(lines.map((line) => JSON.parse(line).request.channel_id)).toEqual(Array(40).fill(channel));
        const [row] = await withDuckDB({}, (db) =>
            db.rows(
                `select count(*) as snapshots, sum(len(body.records)) as records, count(distinct fetched_at) as fetched
                from read_json('${lake.paths.archive}/*/*/*.json.gz')`,
            ),
        );
        expect([row?.snapshots, row?.records, row?.fetched].map(Number)).toEqual([60, 720, 60]);
    });

    it('waits until it is over for as long as readings are read again, and until nothing young lies in it', async () => {
        const lake = await hourlyLake();
        expect(await pack(lake, '2026-10-03T23:59:59Z')).toMatchObject({ packs: 0 });
        await lake.land(
            [
                {
                    ...hourlyAnswers(channel, '2026-09-29', 1)[0],
                    fetchedAt: Date.parse('2026-10-09T00:00:00Z'),
                },
            ].filter(isAnswer),
        );
        await lake.compact();
        expect(await pack(lake, '2026-10-11T00:00:00Z')).toMatchObject({ packs: 0 });
        expect(await pack(lake, '2026-10-12T00:00:00Z')).toMatchObject({ packs: 1, snapshots: 41 });
    });

    it('takes in what comes later, behind what it holds', async () => {
        const lake = await hourlyLake();
        await pack(lake, '2026-10-10T00:00:00Z');
        const file = packFile(archiveFolder(lake.paths, channel, '2026-09'));
        const first = readFileSync(file);
        await lake.land(
            hourlyAnswers(channel, '2026-09-30', 3).map((answer) => ({
                ...answer,
                fetchedAt: answer.fetchedAt + 30 * 86_400_000,
            })),
        );
        await lake.compact();
        const before = await readWholeArchive(lake.paths);
        expect(before.size).toBe(63);
        expect(await pack(lake, '2026-11-20T00:00:00Z')).toMatchObject({ packs: 2 });
        expect(readFileSync(file).subarray(0, first.length).equals(first)).toBe(true);
        expect(await readWholeArchive(lake.paths)).toEqual(before);
        expect(readLooseFiles(lake.paths.archive).size).toBe(0);
    });

    it('is left for the next run when a run has packed enough', async () => {
        const lake = await hourlyLake();
        const some = { restDays: 0, most: 1 };
        expect(await pack(lake, '2026-11-10T00:00:00Z', some)).toMatchObject({ packs: 1, left: 1 });
        expect(await pack(lake, '2026-11-10T00:00:00Z', some)).toMatchObject({ packs: 1, left: 0 });
        expect(await pack(lake, '2026-11-10T00:00:00Z', some)).toMatchObject({ packs: 0, left: 0 });
    });

    it('leaves a damaged snapshot outside and says so: one bad member would spoil the pack for its readers', async () => {
        const lake = await hourlyLake();
        const folder = archiveFolder(lake.paths, channel, '2026-09');
        const [damaged = '', swapped = '', other = ''] = readdirSync(folder);
        truncateSync(join(folder, damaged), 90);
        writeFileSync(join(folder, swapped), readFileSync(join(folder, other)));
        const done = await pack(lake, '2026-10-10T00:00:00Z');
        expect(done).toMatchObject({ packs: 1, snapshots: 38 });
        expect(done.warnings.join('\n')).toContain(damaged);
        expect(done.warnings.join('\n')).toContain(`its content is that of ${other}`);
        expect(readdirSync(folder)).toEqual([damaged, swapped, 'snapshots.index.gz', 'snapshots.json.gz']);
    });
});

describe('a packing that dies', () => {
    it('at any step loses nothing, doubles nothing, and is ended by the next one with the same bytes', async () => {
        const folder = tempFolder();
        const template = await hourlyLake(join(folder, 'template'), [8, 5]);
        // A pack that grows: September is packed in two portions.
        const late = hourlyAnswers(channel, '2026-09-30', 4).map((answer) => ({
            ...answer,
            fetchedAt: answer.fetchedAt + 20 * 86_400_000,
        }));
        await pack(template, '2026-10-10T00:00:00Z');
        await template.land(late);
        await template.compact();
        const now = '2026-11-20T00:00:00Z';
        const snapshots = await readWholeArchive(template.paths);
        expect(snapshots.size).toBe(17);
        const copy = async (name: string): Promise<BareLake> => {
            cpSync(template.paths.root, join(folder, name), { recursive: true });
            return makeBareLake(join(folder, name), 'month', ['E', 'P']);
        };
        let steps = 0;
        const calm = await copy('calm');
        await openAt(
            calm.paths,
            now,
            (lake) => packArchive(lake, all),
            () => {
                steps += 1;
            },
        );
        const finished = hashFiles(calm.paths.archive);
        expect(Object.keys(finished)).toHaveLength(4);
        expect(steps).toBeGreaterThan(30);
        for (let last = 0; last < steps; last += 1) {
            const lake = await copy(`dies-${last}`);
            let step = 0;
            const dies = openAt(
                lake.paths,
                now,
                (context) => packArchive(context, all),
                () => {
                    if (step >= last) throw new Error('killed');
                    step += 1;
                },
            );
            await expect(dies).rejects.toThrow('killed');
            expect(await readWholeArchive(lake.paths), `after step ${last}`).toEqual(snapshots);
            await pack(lake, now);
            expect(hashFiles(lake.paths.archive), `after step ${last}`).toEqual(finished);
            rmSync(lake.paths.root, { recursive: true });
        }
    }, 240_000);
});

describe('a lake with packs', () => {
    it('is rebuilt from them byte by byte', async () => {
        const lake = await hourlyLake();
        const before = hashFiles(lake.paths.readings);
        await pack(lake, '2026-11-20T00:00:00Z');
        rmSync(lake.paths.readings, { recursive: true });
        const summary = await openAt(lake.paths, '2026-11-20T00:00:00Z', (context) =>
            rebuild(context, whole),
        );
        expect(hashFiles(lake.paths.readings)).toEqual(before);
        expect(summary).toMatchObject({ identical: 2, restored: 2, failures: [] });
        expect(listFiles(lake.paths.staging)).toEqual([]);
        expect(readLooseFiles(lake.paths.archive).size).toBe(0);
    });

    it('knows from them what was asked when the coverage is lost, without reading a snapshot', async () => {
        const lake = await hourlyLake();
        const read = async () => answeredSpans(await readCoverage(lake.paths, channel, [], ['E', 'P']), 900);
        rmSync(lake.paths.state, { recursive: true });
        const loose = await read();
        expect(loose).toHaveLength(2);
        await pack(lake, '2026-11-20T00:00:00Z');
        rmSync(join(lake.paths.state), { recursive: true, force: true });
        expect(await read()).toEqual(loose);
        for (const month of ['2026-09', '2026-10']) {
            const file = packFile(archiveFolder(lake.paths, channel, month));
            writeFileSync(file, Buffer.alloc(statSync(file).size));
        }
        expect(await read()).toEqual(loose);
        // Another set of fields was not asked for.
        expect(answeredSpans(await readCoverage(lake.paths, channel, [], ['E', 'V']), 900)).toEqual([]);
    });

    it('reads the packs themselves when an index is lost, damaged or of an older pack', async () => {
        const lake = await hourlyLake();
        await pack(lake, '2026-11-20T00:00:00Z');
        const snapshots = await readWholeArchive(lake.paths);
        const index = packIndexFile(archiveFolder(lake.paths, channel, '2026-09'));
        const other = packIndexFile(archiveFolder(lake.paths, channel, '2026-10'));
        for (const spoil of [
            () => rmSync(index),
            () => writeFileSync(index, 'no gzip'),
            () => truncateSync(other, 60),
            () => cpSync(other, index),
        ]) {
            const good = [readFileSync(index), readFileSync(other)] as const;
            spoil();
            expect(await readWholeArchive(lake.paths)).toEqual(snapshots);
            writeFileSync(index, good[0]);
            writeFileSync(other, good[1]);
        }
    });

    it('merges an answer older than what a partition holds with what the pack holds', async () => {
        const lake = await hourlyLake();
        const inOrder = await makeBareLake(tempFolder(), 'month', ['E', 'P']);
        const early = hourlyAnswers(channel, '2026-09-29', 1).map((answer) => ({
            ...answer,
            fetchedAt: answer.fetchedAt - 1000,
            records: answer.records.map((record) => ({ ...record, P: 5 })),
        }));
        await inOrder.land([...early, ...hourlyAnswers(channel, '2026-09-29', 40)]);
        await inOrder.compact();
        await pack(lake, '2026-10-10T00:00:00Z');
        await lake.land(early);
        await lake.compact();
        const file = `channel_id=${channel}/month=2026-09/readings.parquet`;
        expect(hashFiles(lake.paths.readings)[file]).toBe(hashFiles(inOrder.paths.readings)[file]);
    });

    it('makes a lost partition whole again when something new comes for it', async () => {
        const lake = await hourlyLake();
        const calm = await hourlyLake();
        await pack(lake, '2026-10-10T00:00:00Z');
        const late = hourlyAnswers(channel, '2026-09-30', 1).map((answer) => ({
            ...answer,
            fetchedAt: answer.fetchedAt + 86_400_000,
        }));
        rmSync(join(lake.paths.readings, `channel_id=${channel}`, 'month=2026-09'), { recursive: true });
        for (const one of [lake, calm]) {
            await one.land(late);
            await one.compact();
        }
        expect(hashFiles(lake.paths.readings)).toEqual(hashFiles(calm.paths.readings));
    });

    it('never gives two answers one name, packed ones included', async () => {
        const lake = await hourlyLake();
        const [first] = hourlyAnswers(channel, '2026-09-29', 1);
        await pack(lake, '2026-10-10T00:00:00Z');
        await lake.land([first].filter(isAnswer));
        await lake.compact();
        expect((await readWholeArchive(lake.paths)).size).toBe(61);
    });

    it('loses whole packs to retention, and none that reaches into a kept month', async () => {
        const lake = await hourlyLake();
        const day = 86_400;
        const edge = Date.parse('2026-08-31T00:00:00Z') / 1000;
        await lake.land(
            [0, 1].map((fetched) => ({
                channelId: channel,
                from: edge,
                to: edge + 2 * day,
                resolution: 86_400,
                fetchedAt: (edge + 2 * day) * 1000 + fetched,
                records: [0, 1].map((n) => ({ ts: edge + n * day, E: 5, P: 1 })),
            })),
        );
        await lake.compact();
        await pack(lake, '2026-11-20T00:00:00Z');
        const retain = (rawDays: number, apply: boolean) =>
            openAt(lake.paths, '2026-11-20T00:00:00Z', (context) =>
                applyRetention(context, { rawDays, apply }),
            );
        // Everything before September: the one pack of August is needed to rebuild September.
        expect(await retain(61, false)).toMatchObject({ before: '2026-09', snapshots: 0, files: 0 });
        const told = await retain(41, false);
        expect(told).toMatchObject({ before: '2026-10', snapshots: 42, files: 4, applied: false });
        expect((await readWholeArchive(lake.paths)).size).toBe(62);
        await retain(41, true);
        expect((await readWholeArchive(lake.paths)).size).toBe(20);
        expect(existsSync(packFile(archiveFolder(lake.paths, channel, '2026-09')))).toBe(false);
    });
});

describe('sync', () => {
    const source = generatedSite({ seed: 11 });
    const channels = ['162320', '163001'];

    it('packs closed months once a day, and its next runs find everything as before', async () => {
        const site = await startSiteLake({ source, now: '2026-10-20T12:07:00Z' });
        const status = () => site.open(false, lakeStatus);
        await site.sync({ channels });
        for (let hour = 0; hour < 3; hour += 1) {
            site.runtime.advance(3_600_000);
            await site.sync({ channels });
        }
        expect((await status()).packs).toBe(0);
        site.runtime.advance(15 * 86_400_000);
        await site.sync({ channels });
        // October had its last answers just now.
        expect((await status()).packs).toBe(0);
        const rows = await site.ask('select count(*) as n, sum(energy_kwh) as e from readings');
        const before = hashFiles(site.paths.readings);
        site.runtime.advance(5 * 86_400_000);
        await site.sync({ channels, from: Date.parse('2026-11-08T00:00:00Z') / 1000 });
        expect((await status()).packs).toBe(2);
        const october = Object.keys(before).filter((file) => file.includes('2026-10'));
        expect(october).toHaveLength(2);
        expect(hashFiles(site.paths.readings)).toMatchObject(
            Object.fromEntries(october.map((file) => [file, before[file]])),
        );
        const now = hashFiles(site.paths.readings);
        const summary = await site.rebuild();
        expect(hashFiles(site.paths.readings)).toEqual(now);
        expect(summary.failures).toEqual([]);
        expect(summary.identical).toBe(summary.partitions);
        expect(Number(rows[0]?.n)).toBeGreaterThan(0);
    });
});

function byFetch([a]: readonly [string, string], [b]: readonly [string, string]): number {
    const fetched = (name: string): string => name.split('_').at(-1) ?? '';
    return fetched(a) < fetched(b) ? -1 : 1;
}

function isAnswer<T>(answer: Partial<T> | undefined): answer is T {
    return answer !== undefined;
}
