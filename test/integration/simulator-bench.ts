/** One simulator a test, with a clock the test moves and waits that take no time. */
import { createHash } from 'node:crypto';
import { generatedSite } from '../../src/simulator/generated.ts';
import { quietQuirks } from '../../src/simulator/quirks.ts';
import { demoCredentials, type Simulator, startSimulator } from '../../src/simulator/server.ts';

export const startMs = Date.parse('2026-11-23T17:00:00Z');

export interface Bench {
    readonly simulator: Simulator;
    /** What the simulator wanted to wait, milliseconds. */
    readonly waits: readonly number[];
    advance(ms: number): void;
    get(path: string, headers?: Record<string, string>, init?: RequestInit): Promise<Response>;
    /** Headers of a session begun with Basic. */
    login(): Promise<Record<string, string>>;
}

export const key = { 'x-eniscope-api': demoCredentials.apiKey };
const digest = createHash('md5').update(demoCredentials.password).digest('hex');
export const basic = {
    ...key,
    authorization: `Basic ${Buffer.from(`${demoCredentials.email}:${digest}`).toString('base64')}`,
};

export const from = 1_790_000_100;
export const readings = `/readings/162320?res=900&fields[]=E&fields[]=P&daterange[]=${from}&daterange[]=${from + 9000}`;

export async function startBench(): Promise<Bench> {
    let now = startMs;
    const waits: number[] = [];
    const simulator = await startSimulator({
        source: generatedSite({ seed: 7 }),
        quirks: quietQuirks,
        now: () => now,
        sleep: (ms) => {
            waits.push(ms);
            return Promise.resolve();
        },
    });
    const get: Bench['get'] = (path, headers = basic, init = {}) =>
        fetch(simulator.url + path, { headers, redirect: 'manual', ...init });
    return {
        simulator,
        waits,
        advance: (ms) => {
            now += ms;
        },
        get,
        login: async () => {
            const token = (await get('/')).headers.get('x-eniscope-token') ?? '';
            return { ...key, 'x-eniscope-token': token };
        },
    };
}
