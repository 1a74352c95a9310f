/** Programs that know nothing of us read the lake in loops while compaction rewrites its partitions in a loop. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLogger } from '../../src/core/log.ts';
import { compact } from '../../src/ingest/compact.ts';
import { withLake } from '../../src/ingest/context.ts';
import { mix } from '../../src/simulator/noise.ts';
import { isFull } from '../support/extent.ts';
import { fakeRuntime } from '../support/fake-runtime.ts';
import { type GivenAnswer, makeBareLake } from '../support/lake-fixture.ts';
import { runProcess } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { duckdb, lacksConsumers, python, whySkipped } from '../support/venv.ts';

const channels = ['162320', '163001'];
const months = ['2026-09', '2026-10'];
const seconds = isFull ? 60 : 8;
/** Rows of version 0; each version has one more. */
const firstRows = 1500;

/** What one reader saw of one partition. */
interface Seen {
    readonly channel_id: string | number;
    readonly month: string;
    readonly n: number;
    readonly keys: number;
    readonly lo: number;
    readonly hi: number;
    readonly volts: number;
}

const columns = `channel_id, month, count(*) as n, count(distinct timestamp) as keys,
    min(energy_kwh) as lo, max(energy_kwh) as hi, sum(voltage_v) as volts`;

/** A version shows in every row of a partition, in the number of rows, and in a sum. */
function answerOf(channelId: string, month: string, version: number): GivenAnswer {
    const from = Date.parse(`${month}-01T00:00:00Z`) / 1000;
    const count = firstRows + version;
    const fetchedAt = Date.UTC(2026, 10, 1) + version;
    const records = Array.from({ length: count }, (_, index) => ({
        ts: from + 900 * index,
        E: version * 1000,
        V: noise(version, index),
    }));
    return { channelId, from, to: from + 900 * count, resolution: 900, fetchedAt, records };
}

/** Whole numbers, so that their sum is the same in any order. */
const noise = (version: number, index: number): number => mix(version, index) % 1_000_000;

function voltsOf(version: number): number {
    return Array.from({ length: firstRows + version }, (_, index) => noise(version, index)).reduce(
        (sum, value) => sum + value,
        0,
    );
}

/** Judges what readers see: every partition in one of its versions, never in an older one than before. */
class Witness {
    readonly problems: string[] = [];
    queries = 0;
    readonly versions = new Set<number>();
    readonly #name: string;
    readonly #newest = new Map<string, number>();
    readonly #published: () => number;

    constructor(name: string, published: () => number) {
        this.#name = name;
        this.#published = published;
    }

    fail(problem: string): void {
        if (this.problems.length < 5) this.problems.push(`${this.#name}, query ${this.queries}: ${problem}`);
    }

    hear(rows: readonly Seen[]): void {
        this.queries += 1;
        if (rows.length !== channels.length * months.length) this.fail(`${rows.length} partitions`);
        for (const row of rows) {
            const { n, keys, lo, hi, volts } = row;
            const key = `${row.channel_id} ${row.month}`;
            const isState = n === firstRows + lo && keys === n && hi === lo && Number(volts) === voltsOf(lo);
            if (!isState || lo > this.#published()) this.fail(`no such state: ${JSON.stringify(row)}`);
            if (lo < (this.#newest.get(key) ?? 0)) this.fail(`older than before: ${JSON.stringify(row)}`);
            this.#newest.set(key, lo);
            this.versions.add(lo);
        }
    }
}

/** Hears lines of JSON from a process: rows, or an error. */
function listen(child: ChildProcess, witness: Witness, onAnswer: () => void = () => undefined): void {
    onTestFinished(() => void child.kill('SIGKILL'));
    let rows = '';
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
        rows += line;
        // The DuckDB shell breaks its list over lines.
        if (!/[\]}]$/.test(line) || (rows.startsWith('[') && !line.endsWith(']'))) return;
        const answer: readonly Seen[] | { readonly error: string } = JSON.parse(rows);
        rows = '';
        if ('error' in answer) witness.fail(answer.error);
        else witness.hear(answer);
        onAnswer();
    });
}

/** A DuckDB shell that stays open and is asked again as soon as it has answered. */
function startShell(argv: readonly string[], from: string, witness: Witness): () => Promise<void> {
    const child = spawn(duckdb, ['-json', ...argv], { env: { HOME: '/nonexistent' }, stdio: 'pipe' });
    let running = true;
    const ask = (): void => {
        if (running) child.stdin.write(`select ${columns} from ${from} group by all order by all;\n`);
        else child.stdin.end();
    };
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
        witness.fail(text);
        ask();
    });
    listen(child, witness, ask);
    ask();
    return async () => {
        running = false;
        if (child.exitCode === null) await once(child, 'close');
    };
}

/** Opens the catalog anew for every question. */
function startOpener(catalog: string, cwd: string, witness: Witness): () => Promise<void> {
    let running = true;
    const work = async (): Promise<void> => {
        const sql = `select ${columns} from readings group by all order by all`;
        while (running) {
            const { code, stdout, stderr } = await runProcess(
                duckdb,
                ['-json', '-readonly', catalog, '-c', sql],
                { cwd, env: { HOME: cwd } },
            );
            if (code !== 0 || stderr !== '') witness.fail(stderr);
            else witness.hear(JSON.parse(stdout));
        }
    };
    const done = work();
    return async () => {
        running = false;
        await done;
    };
}

function startPandas(root: string, witness: Witness): () => Promise<void> {
    const script = fileURLToPath(new URL('read_loop.py', import.meta.url));
    const child = spawn(python, [script, root], { stdio: ['pipe', 'pipe', 'inherit'] });
    listen(child, witness);
    return async () => {
        child.stdin.end();
        if (child.exitCode === null) await once(child, 'close');
    };
}

describe.skipIf(lacksConsumers)(`readers while partitions are rewritten${whySkipped}`, () => {
    it('see every partition before or after a compaction, whole and never gone', async () => {
        const cwd = tempFolder();
        const root = `${cwd}/lake`;
        const lake = await makeBareLake(root, 'month', ['E', 'V']);
        const runtime = { ...fakeRuntime(), sleep: (ms: number) => delay(ms) };
        let version = 0;
        const write = async (): Promise<void> => {
            await lake.land(
                channels.flatMap((channel) => months.map((month) => answerOf(channel, month, version))),
            );
            await withLake({ root, command: 'compact', write: true, runtime, log: silentLogger }, compact);
        };
        await write();
        const names = ['lake.duckdb kept open', 'glob', 'lake.duckdb opened anew', 'pandas'];
        const witnesses = names.map((name) => new Witness(name, () => version));
        const [kept, glob, opened, pandas] = witnesses;
        if (!kept || !glob || !opened || !pandas) throw new Error('a reader is missing');
        const all = `read_parquet('${root}/readings/*/*/*.parquet', hive_partitioning = true)`;
        const stops = [
            startShell(['-readonly', lake.paths.catalog], 'readings', kept),
            startShell([], all, glob),
            startOpener(lake.paths.catalog, cwd, opened),
            startPandas(root, pandas),
        ];
        const end = performance.now() + seconds * 1000;
        while (performance.now() < end || version < 4 || witnesses.some(({ queries }) => queries < 5)) {
            version += 1;
            // Now and then the catalog is published anew as well.
            if (version % 3 === 0) rmSync(lake.paths.catalogSql);
            await write();
        }
        await Promise.all(stops.map((stop) => stop()));
        const counts = witnesses.map(
            ({ queries, versions }, at) => `${names[at]} ${queries} (${versions.size})`,
        );
        console.log(`${version} compactions; queries (versions seen): ${counts.join(', ')}`);
        expect(witnesses.flatMap(({ problems }) => problems)).toEqual([]);
        for (const { versions } of witnesses) expect(versions.size).toBeGreaterThan(1);
    }, 300_000);
});
