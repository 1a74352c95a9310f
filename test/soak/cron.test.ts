/** Weeks of hourly cron in compressed time: faults, kills, full disks, machines that are off, meters that upload late. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedSite, trueMinute } from '../../src/simulator/generated.ts';
import { mix, unit } from '../../src/simulator/noise.ts';
import { brokenAnswers, passingFaults, randomFaults } from '../../src/simulator/random-faults.ts';
import { respond } from '../../src/simulator/respond.ts';
import type { Simulator } from '../../src/simulator/server.ts';
import type { SiteSource } from '../../src/simulator/site.ts';
import { withLateUpload, withRenamedChannel } from '../../src/simulator/site-changes.ts';
import { withDuckDB } from '../../src/warehouse/duckdb.ts';
import { isClose } from '../support/close.ts';
import { startDemoApi } from '../support/demo-api.ts';
import { isFull } from '../support/extent.ts';
import { type FaultyDisk, killed, runOnFaultyDisk } from '../support/faulty-disk.ts';
import { hashFiles } from '../support/lake-fixture.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { type Held, startLongRun } from './long-run.ts';

const days = isFull ? 60 : 3;
const seed = 20_261;
const meters = ['162320', '162119', '163001'];
/** An air sensor without electricity, and a channel that never sends anything. */
const others = ['162277', '158694'];
const hour = 3_600_000;
const quarter = 900;
const firstRunDays = 2;
/** Five past, as cron starts it. */
const start = Date.parse('2026-09-01T00:05:00Z');

/** What happens to the run of an hour; most of them are left in peace. */
type Fate = 'calm' | 'hostile' | 'unbelievable' | 'down' | 'killed' | 'full' | 'off';

const fates: readonly (readonly [share: number, fate: Fate])[] = [
    [0.08, 'hostile'],
    [0.04, 'unbelievable'],
    [0.03, 'down'],
    [0.05, 'killed'],
    [0.02, 'full'],
    [0.05, 'off'],
];

function fateOf(index: number): Fate {
    // Half a day without power, once a fortnight.
    if (index % 336 >= 200 && index % 336 < 212) return 'off';
    let chance = unit(mix(seed, index));
    for (const [share, fate] of fates) {
        if (chance < share) return fate;
        chance -= share;
    }
    return 'calm';
}

/** The account: a few channels, some of which are offline now and then and upload days later. */
function siteOf(now: () => number): SiteSource {
    const site = generatedSite({ seed });
    const channels = site.channels.filter(({ channelId }) => [...meters, ...others].includes(channelId));
    let late: SiteSource = { ...site, channels };
    for (let index = 0; index * 120 < days * 24; index += 1) {
        const from = start / 1000 + 3600 * (index * 120 + (mix(seed, index) % 24));
        const to = from + 3600 * (3 + (mix(index, seed) % 30));
        const meter = meters[index % meters.length] ?? '';
        late = withLateUpload(late, meter, { from, to }, to + 3600 * (2 + (mix(index, 3) % 40)), now);
    }
    return late;
}

function prepare(simulator: Simulator, fate: Fate, index: number): void {
    simulator.faults.clear();
    if (fate === 'hostile') simulator.faults.from(randomFaults(index, { rate: 0.3, faults: passingFaults }));
    if (fate === 'unbelievable')
        simulator.faults.from(randomFaults(index, { rate: 0.4, faults: brokenAnswers }));
    if (fate === 'down') simulator.faults.always({}, respond.status(503));
    if (index % 240 === 100) {
        simulator.changeSite((site) => withRenamedChannel(site, '162320', `Roof ${index}`));
    }
}

/** Exit codes a run may honestly end with, by its fate. */
const honest: Readonly<Record<Fate, readonly number[]>> = {
    calm: [0],
    hostile: [0, 4, 7],
    unbelievable: [0, 4, 7],
    down: [4, 7],
    killed: [killed, 0],
    full: [6, 0],
    off: [],
};

describe('cron for weeks', () => {
    it(`ends after ${days} days with the truth, and holds no more than at the beginning`, async () => {
        let now = start;
        const { simulator, env: account } = await startDemoApi(() => now, { source: siteOf(() => now) });
        const env = { ...account, ENISCOPE_FIRST_RUN_DAYS: `${firstRunDays}` };
        const cwd = tempFolder();
        const root = join(cwd, 'lake');
        const process = startLongRun(cwd, env);
        const held: Held[] = [];
        const ended = new Map<string, number>();
        const alone = (disk: Omit<FaultyDisk, 'root' | 'now'>) =>
            runOnFaultyDisk(['sync'], { ...disk, root, now }, { cwd, env });
        const runHour = async (index: number, fate: Fate, isMeasured: boolean) => {
            const point = 1 + (mix(index, 77) % 200);
            if (fate === 'killed') return alone({ killAt: point });
            if (fate === 'full') return alone({ failAt: point, code: 'ENOSPC' });
            const run = await process.run(now, ['sync'], isMeasured);
            if (run.held !== undefined) held.push(run.held);
            return run;
        };
        for (let index = 0; index < days * 24; index += 1) {
            now = start + index * hour;
            const isMeasured = index % 24 === 23;
            const fate = isMeasured ? 'calm' : fateOf(index);
            if (fate === 'off') continue;
            prepare(simulator, fate, index);
            const { code, stderr } = await runHour(index, fate, isMeasured);
            expect(honest[fate], `hour ${index}, ${fate}: ${code} ${stderr}`).toContain(code);
            ended.set(`${fate} ${code}`, (ended.get(`${fate} ${code}`) ?? 0) + 1);
        }
        // The last late upload comes, and is looked for once a day.
        simulator.faults.clear();
        for (const wait of [48, 25]) {
            now += wait * hour;
            const { code, stderr } = await process.run(now, ['sync']);
            expect(code, stderr).toBe(0);
        }
        await expectTruth(root, now);
        const tables = () => ['readings', 'reference'].map((name) => hashFiles(join(root, name)));
        const before = tables();
        for (const argv of [['verify', '--deep'], ['rebuild']]) {
            const { code, stderr } = await process.run(now, argv);
            expect(code, stderr).toBe(0);
        }
        expect(tables()).toEqual(before);
        await process.end();
        console.log(
            [...ended]
                .sort()
                .map(([what, count]) => `${what}: ${count}`)
                .join(', '),
        );
        console.log(describeHeld(held));
        expectFlat(held);
    }, 3_600_000);
});

/** Every quarter-hour from the first run's start on, each once, with what the model says it was. */
async function expectTruth(root: string, now: number): Promise<void> {
    // The API leaves out a bucket that ended less than a bucket ago.
    const until = (Math.floor(now / 1000 / quarter) - 1) * quarter;
    // The first run begins with the local day, which in London and New York is another instant.
    const from = Math.floor(start / 1000 / 86_400) * 86_400 - (firstRunDays - 1) * 86_400;
    await withDuckDB({}, async (db) => {
        const stored = `read_parquet('${root}/readings/*/*/*.parquet', hive_partitioning = true)`;
        for (const channelId of [...meters, ...others]) {
            const rows = await db.rows(`
                select epoch(timestamp)::int as ts, interval_s, energy_kwh, voltage_v, temperature_c
                from ${stored}
                where channel_id = ${channelId} and epoch(timestamp) >= ${from}
                order by timestamp`);
            const expected = Array.from({ length: (until - from) / quarter }, (_, at) => from + at * quarter);
            expect(
                rows.map(({ ts }) => ts),
                channelId,
            ).toEqual(expected);
            const wrong = rows.filter((row) => !isTrue(channelId, row));
            expect(wrong.slice(0, 3), `${channelId}: ${wrong.length} wrong rows`).toEqual([]);
        }
    });
}

function isTrue(channelId: string, row: Readonly<Record<string, unknown>>): boolean {
    const minutes = Array.from({ length: 15 }, (_, at) =>
        trueMinute(seed, channelId, Number(row.ts) + 60 * at),
    );
    const sum = (code: string): number | null =>
        minutes.some((minute) => minute[code] === undefined)
            ? null
            : minutes.reduce((total, minute) => total + (minute[code] ?? 0), 0);
    const [energy, volts, warmth] = [sum('E'), sum('V'), sum('T')];
    return (
        row.interval_s === quarter &&
        isClose(row.energy_kwh, energy === null ? null : energy / 1000) &&
        isClose(row.voltage_v, volts === null ? null : volts / 15) &&
        isClose(row.temperature_c, warmth === null ? null : warmth / 15)
    );
}

const median = (values: readonly number[]): number =>
    [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

function describeHeld(held: readonly Held[]): string {
    const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
    return held
        .flatMap(({ rss, heapUsed, descriptors }, day) =>
            day % 10 === 9 || day < 3
                ? [`day ${day + 1}: ${mb(rss)} resident, ${mb(heapUsed)} heap, ${descriptors} descriptors`]
                : [],
        )
        .join('\n');
}

/** The last days hold what the days after the warming up held. */
function expectFlat(held: readonly Held[]): void {
    expect(held).toHaveLength(days);
    const descriptors = held.map((day) => day.descriptors);
    expect(Math.max(...descriptors.slice(1)), `${descriptors}`).toBeLessThanOrEqual(
        (descriptors[0] ?? 0) + 2,
    );
    const third = Math.floor(held.length / 3);
    const [early, late] = [held.slice(third, 2 * third), held.slice(-third)];
    for (const key of ['rss', 'heapUsed'] as const) {
        const [before, after] = [median(early.map((day) => day[key])), median(late.map((day) => day[key]))];
        expect(after / before, `${key} ${held.map((day) => day[key])}`).toBeLessThan(isFull ? 1.1 : 1.3);
    }
}
