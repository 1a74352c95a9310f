/** A tiny HTTP server that answers as told, and effects whose clock only moves when somebody sleeps. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import {
    type ApiClient,
    type ApiEffects,
    type ApiOptions,
    createApiClient,
} from '../../../src/api/client.ts';
import type { Logger } from '../../../src/core/log.ts';
import { Secret } from '../../../src/core/secret.ts';

export interface Seen {
    readonly method: string;
    /** As it came, percent-encoded. */
    readonly url: string;
    readonly path: string;
    readonly query: URLSearchParams;
    readonly headers: IncomingHttpHeaders;
    readonly auth: 'basic' | 'token' | 'none';
    /** Of the fake clock, milliseconds. */
    readonly at: number;
    readonly index: number;
}

export interface Reply {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | object;
    /** Sends the head and part of the body, then cuts the connection. */
    readonly cut?: boolean;
    /** Never answers. */
    readonly stall?: boolean;
    /** Waits for this before it answers. */
    readonly after?: Promise<void>;
}

export type Answer = (seen: Seen) => Reply;

export const credentials = {
    apiKey: 'key-5f1c0ffee5',
    email: 'meter@example.org',
    password: 'correct horse',
    /** From `printf 'correct horse' | md5sum`. */
    md5: '3cb4e732631f47e6eb961f34554b7cde',
};

export interface Bench {
    readonly client: ApiClient;
    readonly url: string;
    readonly seen: readonly Seen[];
    readonly slept: readonly number[];
    /** Every log line, as JSON. */
    readonly logged: readonly string[];
    readonly effects: ApiEffects;
    readonly clock: { ms: number };
    readonly abort: AbortController;
}

export interface BenchOptions {
    readonly options?: Partial<ApiOptions>;
    readonly effects?: Partial<ApiEffects>;
    readonly prefix?: string;
}

/** A client on a server that answers as `answer` says; both are gone when the test ends. */
export async function startBench(
    answer: Answer,
    { options, effects, prefix = '' }: BenchOptions = {},
): Promise<Bench> {
    const clock = { ms: Date.parse('2026-11-23T09:00:00Z') };
    const seen: Seen[] = [];
    const server = createServer((request, response) => {
        void reply(record(request, seen, clock.ms), answer, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const url = `http://127.0.0.1:${address.port}${prefix}`;

    const slept: number[] = [];
    const logged: string[] = [];
    const abort = new AbortController();
    const allEffects: ApiEffects = {
        fetch: globalThis.fetch,
        now: () => clock.ms,
        sleep: async (ms) => {
            slept.push(ms);
            clock.ms += ms;
        },
        random: () => 0.5,
        signal: abort.signal,
        ...effects,
    };
    const client = createApiClient(
        {
            baseUrl: url,
            apiKey: new Secret(credentials.apiKey),
            email: credentials.email,
            password: new Secret(credentials.password),
            userAgent: 'eniscope-lake/test',
            requestsPerSecond: 0,
            concurrency: 1,
            timeoutMs: 5_000,
            ...options,
        },
        allEffects,
        recorder(logged),
    );
    return { client, url, seen, slept, logged, effects: allEffects, clock, abort };
}

function recorder(lines: string[]): Logger {
    const at = (level: string) => (event: string, fields: object, sentence: string) => {
        lines.push(JSON.stringify({ level, event, ...fields, sentence }));
    };
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function record(request: IncomingMessage, seen: Seen[], at: number): Seen {
    const url = request.url ?? '/';
    const parsed = new URL(url, 'http://x');
    const { headers } = request;
    const auth =
        headers.authorization !== undefined
            ? 'basic'
            : headers['x-eniscope-token'] === undefined
              ? 'none'
              : 'token';
    const entry: Seen = {
        method: request.method ?? '',
        url,
        path: parsed.pathname,
        query: parsed.searchParams,
        headers,
        auth,
        at,
        index: seen.length,
    };
    seen.push(entry);
    return entry;
}

async function reply(seen: Seen, answer: Answer, response: ServerResponse): Promise<void> {
    const told = answer(seen);
    await told.after;
    if (told.stall === true) return;
    const body = typeof told.body === 'object' ? JSON.stringify(told.body) : (told.body ?? '');
    response.writeHead(told.status ?? 200, { 'content-type': 'text/json', ...told.headers });
    if (told.cut === true) {
        response.write(`${body} `);
        setImmediate(() => response.destroy());
        return;
    }
    response.end(body);
}

/** Answers in turn; the last one for ever. */
export function inTurn(...replies: readonly Reply[]): Answer {
    let next = 0;
    return () => {
        const told = replies[Math.min(next, replies.length - 1)] ?? {};
        next += 1;
        return told;
    };
}

export const request = {
    channelId: '162119',
    from: 1_764_565_200,
    to: 1_764_568_800,
    resolution: 900,
    fields: ['E', 'P'],
} as const;

/** The made-up hour of `request`: a full quarter, one switched off, one without data, another full one. */
export const hour = {
    uuid: 'AAAAAAAAAAAA0001',
    name: 'Main panel',
    channel: 162_119,
    organization: 7,
    timeZone: 'America/New_York',
    from: 1_764_565_200,
    to: 1_764_568_800,
    resolution: 900,
    action: 'summarize',
    units: { ts: 'Unix Time', E: 'Wh', P: 'W' },
    recordCount: 4,
    records: [
        { ts: 1_764_565_200, E: 312.25, P: 1249 },
        { ts: 1_764_566_100, E: 0, P: 0 },
        { ts: 1_764_567_000, E: null, P: null },
        { ts: 1_764_567_900, E: 298.5, P: 1194 },
    ],
    operatingHours: {},
};

export const withToken = (token: string): Reply => ({
    body: hour,
    headers: { 'X-Eniscope-Token': token },
});

/** The thrown error; fails when nothing is thrown. */
export async function thrownBy(work: Promise<unknown>): Promise<Error> {
    const outcome = await work.then(
        () => undefined,
        (error: unknown) => error,
    );
    if (outcome instanceof Error) return outcome;
    throw new Error(`nothing was thrown, but ${String(outcome)}`);
}
