/** Every kind of damage a lake can take: what `verify` says of it, and that `rebuild` and `repair` end it. */
import {
    cpSync,
    existsSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    truncateSync,
    writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packArchive } from '../../src/ingest/pack.ts';
import { repair } from '../../src/ingest/repair.ts';
import { verifyLake } from '../../src/ingest/verify-lake.ts';
import { archiveFolder, packFile, packIndexFile } from '../../src/lake/layout.ts';
import { generatedSite } from '../../src/simulator/generated.ts';
import { withDuckDB } from '../../src/warehouse/duckdb.ts';
import { hashFiles, listFiles } from '../support/lake-fixture.ts';
import { runCli } from '../support/run-cli.ts';
import { type SiteLake, startSiteLake } from '../support/site-lake.ts';

const source = generatedSite({ seed: 11 });
const now = '2026-10-20T12:07:00Z';
const channels = ['162320', '163001'];

const partition = (channel: string, month: string): string =>
    `readings/channel_id=${channel}/month=${month}/readings.parquet`;
const victim = partition('162320', '2026-09');

async function filledLake(): Promise<SiteLake> {
    const site = await startSiteLake({ source, now });
    await site.sync({ channels });
    return site;
}

const verify = (site: SiteLake, deep = true) =>
    site.open(false, (lake) => verifyLake(lake, { deep, channels: [] }));

const mend = (site: SiteLake, damagedRaw = false) =>
    site.open(true, (lake) => repair(lake, { damagedRaw, dryRun: false }));

const packAll = (site: SiteLake) =>
    site.open(true, (lake) => packArchive(lake, { restDays: 0, most: Number.POSITIVE_INFINITY }));

/** The kinds found, by file. */
async function kinds(site: SiteLake, deep = true): Promise<Record<string, string[]>> {
    const found: Record<string, string[]> = {};
    for (const { file, kind } of (await verify(site, deep)).problems) {
        found[file] = [...(found[file] ?? []), kind];
    }
    return found;
}

/** Changes one bit of a file. */
function flipBit(path: string, at: number): void {
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at);
    writeFileSync(path, bytes);
}

/** Writes the rows of a partition's file again, changed by SQL; `{rows}` stands for what it holds. */
async function rewrite(path: string, sql: string): Promise<void> {
    const rows = `(select * from read_parquet('${path}', hive_partitioning = false))`;
    await withDuckDB({}, (db) =>
        db.run(`copy (${sql.replaceAll('{rows}', rows)}) to '${path}.new' (format parquet)`),
    );
    renameSync(`${path}.new`, path);
}

describe('verify', () => {
    it('finds nothing in a sound lake, packed or not, deep or not', async () => {
        const site = await filledLake();
        for (const deep of [false, true]) {
            const { checked, problems, notes } = await verify(site, deep);
            expect({ problems, notes }).toEqual({ problems: [], notes: [] });
            expect(checked).toBeGreaterThanOrEqual(deep ? 12 : 8);
        }
        site.runtime.advance(60 * 86_400_000);
        await site.sync({ channels, from: Date.parse('2026-12-18T00:00:00Z') / 1000 });
        await packAll(site);
        expect(await verify(site)).toMatchObject({ problems: [], notes: [] });
    });

    it('finds every flipped bit by the checksum, without reading a row, and says which run wrote the file', async () => {
        const site = await filledLake();
        const path = join(site.paths.root, victim);
        const good = readFileSync(path);
        const run = readFileSync(join(site.paths.runs, '2026-10.jsonl'), 'utf8');
        await fc.assert(
            fc.asyncProperty(fc.nat({ max: good.length - 1 }), async (at) => {
                flipBit(path, at);
                const { problems } = await verify(site, false);
                const changed = problems.find(({ kind }) => kind === 'changed' || kind === 'truncated');
                expect(changed).toMatchObject({ file: victim, since: '2026-10-20T12:07:00.000Z' });
                // The last four bytes are what tells a whole file.
                if (at >= good.length - 4) expect(changed?.kind).toBe('truncated');
                else expect(run).toContain(/run (\S+)$/.exec(changed?.problem ?? '')?.[1] ?? 'none');
                writeFileSync(path, good);
            }),
            { numRuns: 12 },
        );
    }, 120_000);

    it('finds a flipped bit in page data by comparing with raw when no checksum is left', async () => {
        const site = await filledLake();
        rmSync(site.paths.state, { recursive: true });
        const path = join(site.paths.root, victim);
        const good = readFileSync(path);
        // The data pages lie before the footer; its length stands in front of the last four bytes.
        const data = good.length - 8 - good.readUInt32LE(good.length - 8);
        let found = 0;
        const tries = 12;
        for (let index = 0; index < tries; index += 1) {
            flipBit(path, Math.floor((data * (index + 0.5)) / tries));
            if ((await kinds(site))[victim] !== undefined) found += 1;
            writeFileSync(path, good);
        }
        expect(found).toBe(tries);
        const { problems, notes } = await verify(site);
        expect(problems).toEqual([]);
        expect(notes.join()).toContain('no checksum is recorded for 4 of the files');
    }, 120_000);

    it('tells truncated, emptied and lost files, and since when each can be so', async () => {
        const site = await filledLake();
        truncateSync(join(site.paths.root, victim), 300);
        truncateSync(join(site.paths.root, partition('163001', '2026-09')), 0);
        rmSync(join(site.paths.root, partition('163001', '2026-10')));
        rmSync(join(site.paths.reference, 'channels.parquet'));
        flipBit(join(site.paths.reference, 'calendar.parquet'), 900);
        expect(await kinds(site, false)).toEqual({
            [victim]: ['truncated', 'unreadable'],
            [partition('163001', '2026-09')]: ['truncated', 'unreadable'],
            [partition('163001', '2026-10')]: ['missing'],
            'reference/channels.parquet': ['missing'],
            'reference/calendar.parquet': ['changed'],
        });
        const { problems } = await verify(site, false);
        expect(problems.map(({ since }) => since)).toEqual(problems.map(() => '2026-10-20T12:07:00.000Z'));
        const summary = await site.rebuild();
        expect(summary).toMatchObject({ failures: [], warnings: [], identical: 4, restored: 3 });
        expect((await verify(site)).problems).toEqual([]);
    });

    it('finds a flipped bit in every reference and derived table, and rebuild makes each again', async () => {
        const site = await filledLake();
        const tables = readdirSync(site.paths.reference).filter((name) => name.endsWith('.parquet'));
        expect(tables.length).toBeGreaterThanOrEqual(4);
        for (const table of tables) flipBit(join(site.paths.reference, table), 30);
        const found = (await verify(site, false)).problems.filter(({ kind }) => kind === 'changed');
        expect(found.map(({ file }) => file)).toEqual(tables.map((table) => `reference/${table}`));
        expect((await site.rebuild()).failures).toEqual([]);
        expect((await verify(site)).problems).toEqual([]);
    });

    it('tells foreign files and folders, and those whose raw is not there', async () => {
        const site = await filledLake();
        const root = site.paths.readings;
        const copy = partition('163001', '2026-08');
        mkdirSync(dirname(join(site.paths.root, copy)), { recursive: true });
        cpSync(join(site.paths.root, partition('163001', '2026-09')), join(site.paths.root, copy));
        writeFileSync(join(root, 'channel_id=163001/month=2026-09/readings (1).parquet'), 'copy');
        mkdirSync(join(root, 'channel_id=x'));
        mkdirSync(join(root, 'channel_id=162320/month=2026-13'));
        writeFileSync(join(root, 'notes.txt'), 'mine');
        writeFileSync(join(site.paths.inbox, 'notes.txt'), 'mine');
        writeFileSync(join(archiveFolder(site.paths, '162320', '2026-09'), 'x.json.gz'), 'mine');
        expect(await kinds(site)).toEqual({
            'readings/channel_id=163001/month=2026-09/readings (1).parquet': ['foreign'],
            'readings/channel_id=x': ['foreign'],
            'readings/channel_id=162320/month=2026-13': ['foreign'],
            'readings/notes.txt': ['foreign'],
            'raw/inbox/notes.txt': ['foreign'],
            'raw/archive/channel_id=162320/month=2026-09/x.json.gz': ['foreign'],
            [copy]: ['misplaced', 'orphaned'],
        });
    });

    it.each([
        [
            'another schema',
            'select * exclude (temperature_c) from {rows} order by timestamp',
            ['changed', 'schema'],
        ],
        [
            'a column of text',
            'select * replace (power_kw::varchar as power_kw) from {rows}',
            ['changed', 'schema'],
        ],
        ['no rows', 'select * from {rows} limit 0', ['changed', 'empty', 'not_as_raw']],
        [
            'keys that come twice',
            'select * from {rows} union all (select * from {rows} limit 3) order by timestamp',
            ['changed', 'duplicate'],
        ],
        ['rows out of order', 'select * from {rows} order by timestamp desc', ['changed', 'unsorted']],
        [
            'rows without a key',
            "select * replace (case when timestamp < timestamptz '2026-09-20 06:00:00+00' then null else interval_s end as interval_s) from {rows} order by timestamp",
            ['changed', 'keyless', 'not_as_raw'],
        ],
        [
            'keys of another month',
            'select * replace (timestamp + interval 1 month as timestamp) from {rows} order by timestamp',
            ['changed', 'misplaced', 'not_as_raw'],
        ],
        [
            'a value that no answer gave',
            "select * replace (case when timestamp = timestamptz '2026-09-25 06:00:00+00' then energy_kwh + 1 else energy_kwh end as energy_kwh) from {rows} order by timestamp",
            ['changed', 'not_as_raw'],
        ],
        [
            'a row less than the answers gave',
            "select * from {rows} where timestamp <> timestamptz '2026-09-25 06:00:00+00' order by timestamp",
            ['changed', 'not_as_raw'],
        ],
    ])('tells %s', async (_name, sql, expected) => {
        const site = await filledLake();
        await rewrite(join(site.paths.root, victim), sql);
        expect(await kinds(site)).toEqual({ [victim]: expected });
        // And the same but for the checksum when there is none.
        rmSync(site.paths.state, { recursive: true });
        expect(await kinds(site)).toEqual({ [victim]: expected.slice(1) });
    });

    it('reports no file that a killed run was about to replace', async () => {
        const site = await filledLake();
        const before = hashFiles(site.paths.readings);
        site.runtime.advance(3_600_000);
        const old = join(site.paths.root, 'before');
        cpSync(site.paths.readings, old, { recursive: true });
        await site.sync({ channels });
        expect(hashFiles(site.paths.readings)).not.toEqual(before);
        // Checksums noted, files not yet renamed.
        rmSync(site.paths.readings, { recursive: true });
        renameSync(old, site.paths.readings);
        expect((await verify(site, false)).problems).toEqual([]);
    });
});

describe('damaged raw snapshots', () => {
    it('are found by verify --deep wherever a bit is flipped, in files of their own and in packs', async () => {
        const site = await filledLake();
        const folder = archiveFolder(site.paths, '162320', '2026-09');
        const [loose = ''] = readdirSync(folder);
        await site.sync({ channels, refetch: true, from: Date.parse('2026-09-28T00:00:00Z') / 1000 });
        const other = archiveFolder(site.paths, '163001', '2026-09');
        await packAll(site);
        await site.sync({
            channels: ['162320'],
            refetch: true,
            from: Date.parse('2026-09-29T00:00:00Z') / 1000,
        });
        const own = readdirSync(folder).find((name) => /_r900_/.test(name)) ?? '';
        expect([loose, own].every((name) => name !== '')).toBe(true);
        // In a file of its own gzip's checksum tells: its header, and the last bits before the trailer, hold no content.
        for (const [path, first, last] of [
            [join(folder, own), 10, 10],
            [packFile(other), 0, 1],
        ] as const) {
            const good = readFileSync(path);
            await fc.assert(
                fc.asyncProperty(fc.integer({ min: first, max: good.length - last }), async (at) => {
                    flipBit(path, at);
                    const damaged = (await verify(site)).problems.filter(
                        ({ kind }) => kind === 'raw_damaged',
                    );
                    expect(damaged).toHaveLength(1);
                    expect(damaged[0]?.file).toBe(relative(site.paths.root, path));
                    writeFileSync(path, good);
                }),
                { numRuns: 8, examples: [[first], [first + 4]] },
            );
        }
        expect((await verify(site)).problems).toEqual([]);
    }, 120_000);

    it('stop the rebuild of their own partition and of no other', async () => {
        const site = await filledLake();
        await site.sync({ channels, refetch: true, from: Date.parse('2026-09-28T00:00:00Z') / 1000 });
        await packAll(site);
        const before = hashFiles(site.paths.readings);
        flipBit(packFile(archiveFolder(site.paths, '162320', '2026-09')), 500);
        rmSync(join(site.paths.root, partition('163001', '2026-10')));
        const summary = await site.rebuild();
        expect(summary.failures).toMatchObject([{ channelId: '162320', code: 'DATA_CORRUPT' }]);
        expect(summary.failures[0]?.message).toMatch(/2026-09 was left as it was: .*hash/);
        expect(summary).toMatchObject({ identical: 3, restored: 1 });
        expect(hashFiles(site.paths.readings)).toEqual(before);
    });

    it('are set aside when that is asked for, after their span was fetched again', async () => {
        const site = await filledLake();
        await site.sync({ channels, refetch: true, from: Date.parse('2026-09-28T00:00:00Z') / 1000 });
        await packAll(site);
        const before = await values(site);
        flipBit(packFile(archiveFolder(site.paths, '162320', '2026-09')), 500);
        const loose = listFiles(archiveFolder(site.paths, '163001', '2026-10'))[0] ?? '';
        truncateSync(loose, 200);
        site.runtime.advance(60_000);
        await site.sync({ channels, refetch: true, from: Date.parse('2026-09-20T00:00:00Z') / 1000 });
        expect(await mend(site)).toEqual([]);
        const done = await mend(site, true);
        expect(done.map(({ file }) => file).sort()).toEqual([
            relative(site.paths.root, packFile(archiveFolder(site.paths, '162320', '2026-09'))),
            relative(site.paths.root, loose),
        ]);
        expect((await site.rebuild()).failures).toEqual([]);
        // The span fetched again begins some hours before the first run's.
        const known = new Set(before.map(keyOf));
        expect((await values(site)).filter((row) => known.has(keyOf(row)))).toEqual(before);
        expect((await verify(site)).problems).toEqual([]);
    });
});

describe('a sync', () => {
    it('never builds on a file that changed since it was written: it makes it again from raw', async () => {
        const site = await filledLake();
        const calm = await filledLake();
        const october = partition('162320', '2026-10');
        const sql = 'select * replace (energy_kwh + 1 as energy_kwh) from {rows} order by timestamp';
        await rewrite(join(site.paths.root, october), sql);
        for (const one of [site, calm]) {
            one.runtime.advance(3_600_000);
            await one.sync({ channels });
        }
        expect(hashFiles(site.paths.readings)).toEqual(hashFiles(calm.paths.readings));
        expect((await verify(site)).problems).toEqual([]);
    });

    it('sets a file aside that can be neither read nor made again, and merges every other', async () => {
        const site = await filledLake();
        const october = join(site.paths.root, partition('162320', '2026-10'));
        truncateSync(october, 400);
        const [raw = ''] = listFiles(archiveFolder(site.paths, '162320', '2026-10'));
        const good = readFileSync(raw);
        truncateSync(raw, 200);
        site.runtime.advance(3_600_000);
        const summary = await site.sync({ channels });
        const failed = summary.failures.map(({ channelId, code }) => `${channelId} ${code}`);
        expect(failed).toEqual(['162320 DATA_CORRUPT', '162320 DATA_CORRUPT']);
        expect(existsSync(october)).toBe(false);
        const aside = listFiles(site.paths.quarantine).filter((path) => path.endsWith('.parquet'));
        expect(aside.map((path) => readFileSync(path).length)).toEqual([400]);
        expect(readdirSync(site.paths.inbox)).toHaveLength(1);
        expect(
            await site.ask('select epoch(max(timestamp))::int as ts from readings where channel_id = 163001'),
        ).toEqual([{ ts: Date.parse('2026-10-20T12:30:00Z') / 1000 }]);
        // With the snapshot back from a backup the next run ends it.
        writeFileSync(raw, good);
        expect((await site.compact()).failures).toEqual([]);
        expect(readdirSync(site.paths.inbox)).toEqual([]);
        expect((await verify(site)).problems).toEqual([]);
    });

    it('leaves a file that changed, whose raw is damaged, as it is', async () => {
        const site = await filledLake();
        const october = join(site.paths.root, partition('162320', '2026-10'));
        await rewrite(
            october,
            'select * replace (energy_kwh + 1 as energy_kwh) from {rows} order by timestamp',
        );
        const changed = readFileSync(october);
        const [raw = ''] = listFiles(archiveFolder(site.paths, '162320', '2026-10'));
        truncateSync(raw, 200);
        site.runtime.advance(3_600_000);
        const summary = await site.sync({ channels });
        expect(summary.failures).toMatchObject([{ channelId: '162320', code: 'DATA_CORRUPT' }]);
        expect(readFileSync(october).equals(changed)).toBe(true);
        expect(readdirSync(site.paths.inbox)).toHaveLength(1);
    });
});

describe('repair', () => {
    it('takes leftovers away, keeps what is foreign in quarantine, and ends with a sound lake', async () => {
        const site = await filledLake();
        await site.sync({ channels, refetch: true, from: Date.parse('2026-09-28T00:00:00Z') / 1000 });
        const kept = hashFiles(archiveFolder(site.paths, '162320', '2026-09'));
        const doubled = archiveFolder(site.paths, '162320', '2026-09');
        const spare = join(site.paths.root, 'spare');
        cpSync(doubled, spare, { recursive: true });
        await packAll(site);
        const readings = hashFiles(site.paths.readings);
        // Doubles of a killed packing, a lost index, an index alone, a snapshot in a wrong folder, strangers, empty folders.
        cpSync(spare, doubled, { recursive: true });
        rmSync(spare, { recursive: true });
        rmSync(packIndexFile(archiveFolder(site.paths, '163001', '2026-09')));
        const alone = archiveFolder(site.paths, '163001', '2025-01');
        mkdirSync(alone);
        writeFileSync(packIndexFile(alone), gzipSync('{}'));
        const october = archiveFolder(site.paths, '162320', '2026-10');
        const [moved = ''] = readdirSync(october);
        renameSync(join(october, moved), join(doubled, moved));
        const root = site.paths.readings;
        mkdirSync(join(root, 'channel_id=x/month=2026-01'), { recursive: true });
        writeFileSync(join(root, 'channel_id=162320/month=2026-09/readings (1).parquet'), 'copy');
        writeFileSync(join(root, 'channel_id=163001/month=2026-09/readings (1).parquet'), 'other');
        mkdirSync(join(root, 'other/folder'), { recursive: true });
        writeFileSync(join(root, 'other/folder/data.csv'), '1,2');
        writeFileSync(join(october, 'x.json.gz'), 'mine');
        writeFileSync(join(site.paths.staging, '1-file.tmp'), 'half');
        expect((await verify(site)).problems.length).toBeGreaterThan(8);
        const told = await site.open(false, (lake) => repair(lake, { damagedRaw: false, dryRun: true }));
        expect(told.length).toBeGreaterThan(8);
        expect(listFiles(site.paths.quarantine)).toEqual([]);
        await mend(site);
        expect(await verify(site)).toMatchObject({ problems: [], notes: [] });
        expect(hashFiles(site.paths.readings)).toEqual(readings);
        expect(Object.keys(kept).length).toBeGreaterThan(1);
        expect(listFiles(doubled).map((path) => path.split('/').at(-1))).toEqual([
            'snapshots.index.gz',
            'snapshots.json.gz',
        ]);
        const quarantined = listFiles(site.paths.quarantine).filter((path) => !path.endsWith('.reason.json'));
        expect(quarantined.map((path) => readFileSync(path, 'utf8')).sort()).toEqual([
            '1,2',
            'copy',
            'mine',
            'other',
        ]);
        expect(readdirSync(root).sort()).toEqual(['channel_id=162320', 'channel_id=163001']);
        expect(await mend(site)).toEqual([]);
        const before = hashFiles(site.paths.readings);
        await site.rebuild();
        expect(hashFiles(site.paths.readings)).toEqual(before);
    });
});

describe('the commands', () => {
    it('verify exits with 5, naming file, problem and since when; repair and rebuild end it', async () => {
        const site = await filledLake();
        flipBit(join(site.paths.root, victim), 700);
        writeFileSync(join(site.paths.readings, 'notes.txt'), 'mine');
        const cli = (...argv: string[]) => runCli([...argv, '--lake', site.paths.root]);
        const damaged = await cli('verify');
        expect(damaged.code).toBe(5);
        expect(damaged.stdout).toMatch(/readings\/notes\.txt +it does not belong here/);
        expect(damaged.stdout).toMatch(
            /month=2026-09.*not those that were written by run .* 2026-10-20T12:07/,
        );
        const json = JSON.parse((await cli('verify', '--format', 'json')).stdout);
        expect(json.problems.map(({ kind }: { kind: string }) => kind)).toEqual(['foreign', 'changed']);
        const dry = await cli('repair', '--dry-run');
        expect(dry.stdout).toContain('readings/notes.txt');
        expect(dry.stderr).toContain('nothing was changed yet');
        expect((await cli('repair')).code).toBe(0);
        const rebuilt = await cli('rebuild', '--log-format', 'text');
        expect(rebuilt.code).toBe(0);
        expect(rebuilt.stderr).toContain(
            'all byte for byte as recorded, 1 of which had been damaged or lost',
        );
        expect((await cli('verify', '--deep')).code).toBe(0);
        const packed = await cli('pack', '--log-format', 'text');
        expect(packed.stderr).toMatch(/raw snapshots? packed into/);
    });
});

const values = (site: SiteLake) =>
    site.ask('select * exclude (fetched_at) from readings order by channel_id, timestamp, interval_s');

const keyOf = (row: Readonly<Record<string, unknown>>): string =>
    `${row.channel_id} ${String(row.timestamp)} ${row.interval_s}`;
