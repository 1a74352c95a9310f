/** The simulator: the Core API over real HTTP on 127.0.0.1, with its traps as switches and its failures on demand. */
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { type Answer, answerEmpty, answerError } from './answer.ts';
import { deliver, stall } from './deliver.ts';
import { type Fault, type FaultRequest, FaultScript } from './faults.ts';
import { defaultQuirks, type Quirks } from './quirks.ts';
import { RateLimit } from './rate-limit.ts';
import { Routes } from './routes.ts';
import { type AuthKind, authKindOf, type Credentials, Sessions } from './sessions.ts';
import type { SiteSource } from './site.ts';

export interface SimulatorOptions {
    readonly source: SiteSource;
    /** Those not given are at their default. */
    readonly quirks?: Partial<Quirks>;
    readonly credentials?: Credentials;
    /** Epoch milliseconds. */
    readonly now: () => number;
    /** Waits out the latency; real time by default. */
    readonly sleep?: (ms: number) => Promise<void>;
    readonly host?: string;
    /** 0, the default, takes any free port. */
    readonly port?: number;
}

/** One request as it was served. */
export interface RequestRecord {
    readonly method: string;
    /** Without prefix, slashes tidied: `/readings/162119`. */
    readonly path: string;
    /** Decoded, without `?`. */
    readonly query: string;
    readonly channelId?: string;
    /** 0 while unanswered, and for a stall. */
    readonly status: number;
    /** Epoch milliseconds. */
    readonly at: number;
    readonly auth: AuthKind;
}

export interface Simulator {
    readonly url: string;
    /** Every request so far, oldest first. */
    readonly requests: readonly RequestRecord[];
    readonly faults: FaultScript;
    /** Replaces the site, as when a channel vanishes: `changeSite((site) => withVanishedChannel(site, '162119'))`. */
    changeSite(change: (site: SiteSource) => SiteSource): void;
    changeQuirks(quirks: Partial<Quirks>): void;
    /** Drops every connection and stops. */
    close(): Promise<void>;
}

/** What the demo and the tests log in with. */
export const demoCredentials: Credentials = {
    apiKey: 'demo-key-0123456789abcdef',
    email: 'demo@example.com',
    password: 'demo password',
};

/** Starts a simulator; resolves once it listens. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
    const { host = '127.0.0.1', port = 0 } = options;
    const service = new Service(options);
    const app = new Hono<{ Bindings: HttpBindings }>();
    app.all('*', ({ env }) => service.serve(env));
    const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false });
    await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
    });
    const address = server.address();
    const bound = typeof address === 'object' && address !== null ? address.port : port;
    return {
        url: `http://${host}:${bound}`,
        requests: service.requests,
        faults: service.faults,
        changeSite: (change) => service.changeSite(change),
        changeQuirks: (quirks) => service.changeQuirks(quirks),
        close: () =>
            new Promise((resolve, reject) => {
                server.close((error) => (error ? reject(error) : resolve()));
                if ('closeAllConnections' in server) server.closeAllConnections();
            }),
    };
}

class Service {
    readonly requests: { -readonly [Key in keyof RequestRecord]: RequestRecord[Key] }[] = [];
    readonly faults = new FaultScript();
    readonly #options: SimulatorOptions;
    readonly #sessions: Sessions;
    readonly #limit = new RateLimit();
    readonly #sleep: (ms: number) => Promise<void>;
    #site: SiteSource;
    #quirks: Quirks;
    #routes: Routes;

    constructor(options: SimulatorOptions) {
        this.#options = options;
        this.#sleep = options.sleep ?? ((ms) => delay(ms));
        this.#sessions = new Sessions(options.credentials ?? demoCredentials);
        this.#site = options.source;
        this.#quirks = { ...defaultQuirks, ...options.quirks };
        this.#routes = new Routes(this.#site, this.#quirks);
    }

    changeSite(change: (site: SiteSource) => SiteSource): void {
        this.#site = change(this.#site);
        this.#routes = new Routes(this.#site, this.#quirks);
    }

    changeQuirks(quirks: Partial<Quirks>): void {
        this.#quirks = { ...this.#quirks, ...quirks };
        this.#routes = new Routes(this.#site, this.#quirks);
    }

    async serve({ incoming, outgoing }: HttpBindings): Promise<Response> {
        const { method = 'GET', url = '/', headers } = incoming;
        const at = this.#options.now();
        const [rawPath = '/', rawQuery = ''] = splitOnce(url, '?');
        const path = tidyPath(rawPath, this.#quirks.prefix);
        const parameters = new URLSearchParams(rawQuery);
        const channelId = /^\/readings\/(\d+)/.exec(path ?? '')?.[1];
        const query = decode(rawQuery);
        const record = {
            method,
            path: path ?? rawPath,
            query,
            ...(channelId === undefined ? {} : { channelId }),
            status: 0,
            at,
            auth: authKindOf(headers),
        };
        this.requests.push(record);
        const request: FaultRequest = {
            method,
            path: record.path,
            query,
            channelId,
            nth: this.requests.length,
        };
        const fault = this.faults.take(request) ?? { kind: 'none' };
        if (fault.kind === 'stall' || this.#quirks.latency === 'timeout') return stall(outgoing);
        const answer = this.#answer(fault, { method, path, parameters, headers, at });
        await this.#wait(answer);
        record.status = answer.status;
        return deliver(outgoing, answer, fault);
    }

    #answer(fault: Fault, request: ServedRequest): Answer {
        const { path, headers, at, method, parameters } = request;
        if (fault.kind === 'replace') return { ...fault, rows: 0 };
        if (path === '/api') return answerEmpty(403);
        if (path === undefined) return answerError(404, 'Not Found');
        const waitS = this.#quirks.rateLimit === 'off' ? 0 : this.#limit.take(at);
        if (waitS > 0) {
            const polite = this.#quirks.rateLimit === 'retry-after';
            return answerError(429, 'Too Many Requests', polite ? { 'retry-after': String(waitS) } : {});
        }
        if (fault.kind === 'lapse') {
            this.#sessions.lapse();
            if (authKindOf(headers) === 'token') return answerError(fault.status, 'Session expired');
        }
        const verdict = this.#sessions.judge(headers, this.#quirks, at);
        if (verdict.kind === 'refused') return answerError(verdict.status, 'Unauthorized');
        if (fault.kind === 'rotateToken') this.#sessions.lapse();
        const token = fault.kind === 'rotateToken' ? this.#sessions.issue(at) : verdict.token;
        const answer = this.#routes.answer({
            method,
            path,
            parameters,
            now: at / 1000,
            ...(fault.kind === 'coarsen' ? { coarsest: fault.resolutionS } : {}),
            ...(fault.kind === 'shiftPage' ? { shiftRows: fault.rows } : {}),
        });
        const named = token === undefined ? answer.headers : { ...answer.headers, 'x-eniscope-token': token };
        if (fault.kind !== 'edit') return { ...answer, headers: named };
        const body = fault.edit(answer.body.toString());
        return { ...answer, body, headers: { ...named, ...fault.headers } };
    }

    async #wait({ rows }: Answer): Promise<void> {
        const { latency } = this.#quirks;
        if (typeof latency !== 'object') return;
        // Ninety days of quarter-hours take the longest.
        const share = Math.min(1, rows / 8640);
        await this.#sleep(latency.minMs + (latency.maxMs - latency.minMs) * share);
    }
}

interface ServedRequest {
    readonly method: string;
    readonly path: string | undefined;
    readonly parameters: URLSearchParams;
    readonly headers: IncomingHttpHeaders;
    readonly at: number;
}

/** The path below the prefix, without doubled and trailing slashes; undefined where the prefix leads nowhere. */
function tidyPath(rawPath: string, allowed: Quirks['prefix']): string | undefined {
    const parts = decode(rawPath)
        .split('/')
        .filter((part) => part !== '');
    const prefix = parts[0] !== 'v1' ? 'none' : parts[1] === '1' ? 'v1/1' : 'v1';
    if (allowed !== 'all' && allowed !== prefix) return undefined;
    return `/${parts.slice({ none: 0, v1: 1, 'v1/1': 2 }[prefix]).join('/')}`;
}

function splitOnce(text: string, separator: string): [string, string] {
    const at = text.indexOf(separator);
    return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(text: string): string {
    try {
        return decodeURIComponent(text.replaceAll('+', ' '));
    } catch {
        // A stray percent sign: what was sent says more than nothing.
        return text;
    }
}
