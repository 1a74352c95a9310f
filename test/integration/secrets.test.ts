/** No secret in anything the program says or keeps, whatever the source repeats. */
import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { generatedSite } from '../../src/simulator/generated.ts';
import { quietQuirks } from '../../src/simulator/quirks.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { withDuckDB } from '../../src/warehouse/duckdb.ts';
import { fakeRuntime } from '../support/fake-runtime.ts';
import { type Gossip, type Gossiper, spell, startGossip } from '../support/gossip.ts';
import { listFiles } from '../support/lake-fixture.ts';
import { runCli } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Full of what JSON, URLs and HTML spell in other ways. */
const credentials = {
    apiKey: 'key/+=&"<0123>\\456789',
    email: 'someone@example.com',
    password: 'geheim/"wörtchen" & <mehr>',
};
const md5 = createHash('md5').update(credentials.password).digest('hex');
const basic = Buffer.from(`${credentials.email}:${md5}`).toString('base64');
const channel = '162320';

interface Bench {
    readonly gossip: Gossip;
    readonly cwd: string;
    /** Runs a command, saying everything it can say. */
    run(argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<number>;
    /** Where any secret can be read: in what was said, or in a file. */
    leaks(): Promise<string[]>;
}

async function startBench(): Promise<Bench> {
    const runtime = fakeRuntime();
    const simulator = await startSimulator({
        source: generatedSite({ seed: 7 }),
        quirks: quietQuirks,
        credentials,
        now: runtime.now,
    });
    onTestFinished(() => simulator.close());
    const gossip = await startGossip(simulator.url, onTestFinished);
    const cwd = tempFolder();
    const said: string[] = [];
    const settings = {
        ENISCOPE_API_URL: gossip.url,
        ENISCOPE_API_KEY: credentials.apiKey,
        ENISCOPE_EMAIL: credentials.email,
        ENISCOPE_PASSWORD: credentials.password,
        ENISCOPE_REQUESTS_PER_SECOND: '0',
        ENISCOPE_TIMEOUT_SECONDS: '20',
    };
    return {
        gossip,
        cwd,
        run: async (argv, env = {}) => {
            const named = { ...runtime, now: runtime.now, cwd, env: { ...settings, ...env } };
            const { code, stdout, stderr } = await runCli([...argv, '--verbose', '--debug'], {
                runtime: named,
            });
            said.push(stdout, stderr);
            runtime.advance(3_600_000);
            return code;
        },
        leaks: async () => {
            const secrets = [
                ...new Set([...gossip.heard, credentials.apiKey, credentials.password, md5, basic]),
            ];
            expect(secrets.length).toBeGreaterThan(3);
            const places = [['output', said.join('\n')], ...(await readAll(cwd))];
            return places.flatMap(([place, text = '']) =>
                secrets
                    .filter((secret) =>
                        spell([secret])
                            .split(' ')
                            .some((form) => form.length > 7 && text.includes(form)),
                    )
                    .map((secret) => `${secret} in ${place}`),
            );
        },
    };
}

/** Every file as text: unpacked, and Parquet as its values. */
async function readAll(folder: string): Promise<(readonly [string, string])[]> {
    const read = async (file: string): Promise<string> => {
        const bytes = readFileSync(file);
        if (file.endsWith('.gz')) return gunzipSync(bytes).toString();
        if (!file.endsWith('.parquet')) return bytes.toString();
        const rows = await withDuckDB({}, (db) => db.rows(`select * from read_parquet('${file}')`));
        return rows.flatMap((row) => Object.values(row)).join('\n');
    };
    return Promise.all(listFiles(folder).map(async (file) => [file, await read(file)] as const));
}

const ask = ['sync', '--from', '2026-10-01', '--to', '2026-10-03', '--channel', channel];

/** Adds what was heard to every JSON answer, as values, as keys and as the name of the channels. */
const echo: Gossiper = (truth, secrets) => {
    const body = JSON.parse(truth.body);
    const named = (body.channels ?? []).map((row: object, at: number) =>
        at === 0 ? { ...row, channelName: `named ${secrets.at(-1)}` } : row,
    );
    const debug = Object.fromEntries(secrets.map((secret) => [secret, spell(secrets)]));
    const told = JSON.stringify({ ...body, ...(body.channels ? { channels: named } : {}), debug });
    return { ...truth, body: told.replaceAll('/', '\\/') };
};

const readings =
    (gossiper: Gossiper): Gossiper =>
    (truth, secrets, request) =>
        request.url?.startsWith('/readings') === true ? gossiper(truth, secrets, request) : truth;

const page =
    (status: number, headers: Readonly<Record<string, string>> = {}): Gossiper =>
    (_truth, secrets, { url, headers: sent }) => ({
        status,
        headers,
        body: `<pre>${url} ${spell(secrets)} ${spell(Object.values(sent).map(String))}</pre>`,
    });

describe('no secret is said or kept', () => {
    it('of answers that are good and repeat the request', async () => {
        const bench = await startBench();
        bench.gossip.use(echo);
        expect(await bench.run(ask)).toBe(0);
        const raw = (await readAll(join(bench.cwd, 'lake', 'raw'))).map(([, text]) => text).join('');
        // The echo was there, and its place is kept.
        expect(raw).toContain('[secret]');
        expect(await bench.run(['query', 'select sum(energy_kwh) from readings'])).toBe(0);
        for (const command of [
            ['status'],
            ['config'],
            ['query', 'channels', '--format', 'json'],
            ['verify'],
        ]) {
            expect(await bench.run(command)).toBe(0);
        }
        expect(await bench.leaks()).toEqual([]);
    });

    it.each([
        ['a bug page', page(500), 7],
        ['a gateway', page(502), 7],
        ['a refusal', page(403), 7],
        ['a limit', page(429), 4],
        ['HTML with status 200', page(200), 7],
        [
            'a wrong answer',
            readings((truth, secrets) => ({
                ...truth,
                body: `{"a":"${spell(secrets).replaceAll('"', '')}"}`,
            })),
            7,
        ],
        [
            'a right answer with a wrong count',
            readings((truth, secrets, request) => {
                const told = echo(truth, secrets, request);
                return { ...told, body: told.body.replace('"recordCount":', '"recordCount":1') };
            }),
            7,
        ],
        [
            'cut JSON',
            readings((truth, secrets) => ({
                ...truth,
                body: `{"Authorization":"Basic ${secrets.join(' ')}`,
            })),
            7,
        ],
    ] satisfies [string, Gossiper, number][])('of %s', async (_what, gossiper, exit) => {
        const bench = await startBench();
        bench.gossip.use(readings(gossiper));
        expect(await bench.run(ask)).toBe(exit);
        expect(await bench.leaks()).toEqual([]);
    });

    it('of a login that fails', async () => {
        const bench = await startBench();
        bench.gossip.use(page(401));
        expect(await bench.run(ask)).toBe(3);
        expect(await bench.leaks()).toEqual([]);
    });

    it('of a redirect, which is not followed to another host nor on the same one', async () => {
        const bench = await startBench();
        const elsewhere = await startGossip(bench.gossip.url, onTestFinished);
        for (const target of [elsewhere.url, `${bench.gossip.url}/moved`]) {
            const before = bench.gossip.served.length;
            bench.gossip.use((truth, secrets, request) => {
                const told = `${target}?token=${encodeURIComponent(secrets.join())}`;
                return page(302, { location: told })(truth, secrets, request);
            });
            expect(await bench.run(ask)).toBe(4);
            expect(bench.gossip.served).toHaveLength(before + 1);
        }
        expect(elsewhere.served).toEqual([]);
        expect(await bench.leaks()).toEqual([]);
    });

    it('of settings that are wrong', async () => {
        const bench = await startBench();
        const withPassword = `http://${credentials.email}:${encodeURIComponent(credentials.password)}@127.0.0.1`;
        expect(await bench.run(ask, { ENISCOPE_API_URL: withPassword })).toBe(3);
        const withKey = `https://core.example.com/?apikey=${encodeURIComponent(credentials.apiKey)}`;
        expect(await bench.run(ask, { ENISCOPE_API_URL: withKey })).toBe(3);
        expect(await bench.run([...ask, `--api-url=http://a:${credentials.password}@b`])).toBe(3);
        expect(await bench.run(ask, { ENISCOPE_API_KEY: `${credentials.apiKey}\nx` })).toBe(3);
        expect(await bench.run(['schedule'])).toBe(0);
        expect(await bench.leaks()).toEqual([]);
    });
});

describe('a file with secrets', () => {
    it.skipIf(process.platform === 'win32')('that others can read is warned of, and no other', async () => {
        const cwd = tempFolder();
        const file = join(cwd, '.env');
        writeFileSync(
            file,
            `ENISCOPE_API_KEY=k-0123456789\nENISCOPE_EMAIL=a@b.c\nENISCOPE_PASSWORD=secret-word\n`,
        );
        const env = { ENISCOPE_API_URL: 'http://127.0.0.1:1' };
        chmodSync(file, 0o644);
        const sync = async (isTTY: boolean) => (await runCli(['sync'], { cwd, env, isTTY })).stderr;
        expect(await sync(true)).toContain(`chmod 600 ${file}`);
        // A log is not told every hour.
        expect(await sync(false)).not.toContain('chmod');
        chmodSync(file, 0o600);
        expect(await sync(true)).not.toContain('chmod');
    });
});
