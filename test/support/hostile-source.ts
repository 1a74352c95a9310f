/**
 * A source that lies, stalls and fails by a seed, a lake that syncs from it over HTTP, and a witness on the wire who
 * keeps every answer that was right. No back-off takes real time.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lakePaths } from '../../src/lake/layout.ts';
import type { FaultRequest } from '../../src/simulator/faults.ts';
import { generatedFleet } from '../../src/simulator/generated-fleet.ts';
import { mix, unit } from '../../src/simulator/noise.ts';
import { quietQuirks } from '../../src/simulator/quirks.ts';
import { hostileFaults, randomStorms } from '../../src/simulator/random-faults.ts';
import { respond } from '../../src/simulator/respond.ts';
import { demoCredentials, type Simulator, startSimulator } from '../../src/simulator/server.ts';
import type { SiteSource } from '../../src/simulator/site.ts';
import { withClockJump, withLateUpload, withVanishedChannel } from '../../src/simulator/site-changes.ts';
import { judgeAnswer, type Question, questionOf, type RightAnswer } from './answer-judge.ts';
import { type FakeRuntime, fakeRuntime } from './fake-runtime.ts';
import { runCli } from './run-cli.ts';

/** Channels of the fleet and what befalls them. */
export const roles = {
    late: '300001',
    vanishing: '300002',
    ahead: '300003',
    dead: '300004',
} as const;

export interface Witnessed {
    readonly question: Question | undefined;
    readonly address: string;
    readonly status: number;
    /** The answer when it was right and came through whole. */
    readonly right: RightAnswer | undefined;
    /** Epoch milliseconds of the lake's clock. */
    readonly at: number;
}

export interface HostileRun {
    readonly exit: number;
    readonly stderr: string;
    /** Every request of the run that got any answer. */
    readonly witnessed: readonly Witnessed[];
    /** Every request of the run, by address, however it ended. */
    readonly sent: readonly string[];
    readonly journal: readonly Readonly<Record<string, unknown>>[];
    /** Milliseconds of the lake's clock. */
    readonly elapsedMs: number;
}

export interface HostileSource {
    readonly seed: number;
    readonly resolution: number;
    readonly root: string;
    readonly runtime: FakeRuntime;
    readonly simulator: Simulator;
    /** True when the dead channel's 500 never heals. */
    readonly staysDead: boolean;
    /** The site as it is now. */
    site(): SiteSource;
    sync(): Promise<HostileRun>;
    /** Ends all storms; what is dead for good stays dead. */
    calm(): void;
    /** A number of the seed's own, 0 ≤ x < 1. */
    chance(about: number): number;
}

export async function startHostileSource(
    seed: number,
    folder: string,
    atEnd: (close: () => Promise<void>) => void,
): Promise<HostileSource> {
    const chance = (about: number): number => unit(mix(mix(seed, 77), about));
    const pick = <T>(about: number, ...choices: readonly [T, ...T[]]): T =>
        choices[Math.floor(chance(about) * choices.length)] ?? choices[0];
    const witnessed: Witnessed[] = [];
    const sent: string[] = [];
    const start = Date.UTC(2026, 9, 28) + Math.floor(chance(1) * 7 * 86_400) * 1000;
    const runtime = fakeRuntime({
        now: start,
        fetch: async (input, init) => {
            const address = String(input);
            sent.push(address);
            return witness(address, await fetch(input, init), (text, status) => {
                const question = questionOf(address);
                const right =
                    question === undefined || status !== 200 ? undefined : judgeAnswer(question, text, site);
                witnessed.push({ question, address, status, right, at: runtime.now() });
            });
        },
    });
    const offline = start / 1000 - 3600 * 7;
    let site = withClockJump(
        withLateUpload(
            generatedFleet({ channels: 5, organizations: 2, seed }),
            roles.late,
            { from: offline, to: offline + 6 * 3600 },
            offline + 6 * 3600 + 2 * 86_400,
            runtime.now,
        ),
        roles.ahead,
        7200,
    );
    const simulator = await startSimulator({
        source: site,
        quirks: { ...quietQuirks, maxPageSize: 2, tokenLifetime: pick(2, 'idle:3600', 'requests:7') },
        now: runtime.now,
    });
    atEnd(() => simulator.close());
    const storms = randomStorms(seed, { rate: 0.04 + chance(3) * 0.2 });
    const vanishesAt = 4 + Math.floor(chance(4) * 60);
    const stallsAt = chance(5) < 0.3 ? 3 + Math.floor(chance(6) * 30) : 0;
    const isDead = { channel: roles.dead };
    simulator.faults.always(isDead, respond.status(500, '{"error":{"code":500}}'));
    // Two of all faults are this seed's own, so that a few seeds meet every one of them.
    for (const fault of [
        hostileFaults[(2 * seed) % hostileFaults.length],
        hostileFaults[(2 * seed + 1) % hostileFaults.length],
    ]) {
        const path = fault?.kind === 'shiftPage' ? '/channels' : /^\/readings/;
        const when = ({ channelId, query }: FaultRequest): boolean =>
            channelId !== roles.dead && !query.includes('page=1');
        if (fault !== undefined) simulator.faults.next({ method: 'GET', path, when }, fault);
    }
    simulator.faults.from((request: FaultRequest) => {
        if (request.nth === vanishesAt) {
            site = withVanishedChannel(site, roles.vanishing);
            simulator.changeSite(() => site);
        }
        if (request.nth === stallsAt) return pick(7, respond.stall(), respond.hang(40));
        return storms(request);
    });
    const staysDead = chance(8) < 0.5;
    const resolution = pick(9, 900, 900, 3600);
    const env = {
        ENISCOPE_API_URL: simulator.url,
        ENISCOPE_API_KEY: demoCredentials.apiKey,
        ENISCOPE_EMAIL: demoCredentials.email,
        ENISCOPE_PASSWORD: demoCredentials.password,
        ENISCOPE_REQUESTS_PER_SECOND: '0',
        ENISCOPE_TIMEOUT_SECONDS: stallsAt === 0 ? '30' : '0.5',
        ENISCOPE_FIRST_RUN_DAYS: String(2 + Math.floor(chance(10) * 6)),
        ENISCOPE_GRANULARITY: pick(11, 'month', 'day'),
        ENISCOPE_RESOLUTION: String(resolution),
        ENISCOPE_CONCURRENCY: pick(12, '1', '2', '4'),
        ENISCOPE_LAKE: join(folder, 'lake'),
    };
    const root = join(folder, 'lake');
    return {
        seed,
        resolution,
        root,
        runtime,
        simulator,
        staysDead,
        chance,
        site: () => site,
        calm: () => {
            simulator.faults.clear();
            if (staysDead) simulator.faults.always(isDead, respond.status(500, ''));
        },
        sync: async () => {
            const [answersBefore, sentBefore] = [witnessed.length, sent.length];
            const [linesBefore, clockBefore] = [readJournal(root).length, runtime.now()];
            const withEnv = { ...runtime, env, cwd: folder, now: runtime.now };
            const { code, stderr } = await runCli(['sync'], { runtime: withEnv });
            return {
                exit: code,
                stderr,
                witnessed: witnessed.slice(answersBefore),
                sent: sent.slice(sentBefore),
                journal: readJournal(root).slice(linesBefore),
                elapsedMs: runtime.now() - clockBefore,
            };
        },
    };
}

/** Hands the body on unchanged and tells when it has come through whole. */
function witness(
    address: string,
    response: Response,
    tell: (text: string, status: number) => void,
): Response {
    const { body, status, headers, statusText } = response;
    if (body === null || !address.includes('/readings/')) {
        tell('', status);
        return response;
    }
    const pieces: Uint8Array[] = [];
    const tap = new TransformStream<Uint8Array, Uint8Array>({
        transform: (piece, controller) => {
            pieces.push(piece);
            controller.enqueue(piece);
        },
        flush: () => tell(Buffer.concat(pieces).toString(), status),
    });
    return new Response(body.pipeThrough(tap), { status, headers, statusText });
}

/** Every line of every month, in the order they were written. */
function readJournal(root: string): Readonly<Record<string, unknown>>[] {
    const { runs } = lakePaths(root);
    let months: string[] = [];
    try {
        months = readdirSync(runs).sort();
    } catch {
        // The first run has not made the folder yet.
    }
    return months.flatMap((month) =>
        readFileSync(join(runs, month), 'utf8')
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => JSON.parse(line)),
    );
}
