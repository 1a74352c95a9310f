/** One question and its answer over HTTP: paced, authorised, timed out, tried again. Only a 2xx comes back. */
import pRetry from 'p-retry';
import { AppError, isAppError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Runtime } from '../core/runtime.ts';
import { type AnswerContext, badAnswer } from './answer.ts';
import { type BodyText, readBody } from './body.ts';
import type { ApiCounters } from './counters.ts';
import { type Asked, FailedTry, failureOfNetwork, failureOfStatus, failureOfTimeout } from './failures.ts';
import { mendHalfLetters } from './half-letters.ts';
import { type Pace, sleepOrStop } from './pace.ts';
import { describeQuery, encodeQuery, type QueryPair } from './query.ts';
import { type Failure, parseRetryAfter, retryDelayMs } from './retry.ts';
import { checkHeaderValue, type Pass, type Session, tokenHeader } from './session.ts';

interface Question {
    readonly method: 'GET' | 'OPTIONS';
    /** Without host and prefix; made of our own words and checked ids. */
    readonly path: string;
    readonly query: readonly QueryPair[];
}

/** A 2xx answer; instants are epoch milliseconds. */
interface Exchange {
    readonly status: number;
    readonly body: string;
    readonly startedAt: number;
    readonly finishedAt: number;
}

/** A 2xx answer and what it says. */
interface Answer<T> extends Exchange {
    readonly path: string;
    /** Decoded. */
    readonly query: string;
    readonly value: T;
}

export interface Transport {
    /** Asks until there is a 2xx answer, or for good reason no more, and reads it once. */
    ask<T>(question: Question, read: (body: string, context: AnswerContext) => T): Promise<Answer<T>>;
}

export interface TransportOptions {
    readonly baseUrl: string;
    readonly userAgent: string;
    readonly timeoutMs: number;
    readonly maxAnswerBytes?: number;
}

export interface TransportParts {
    readonly session: Session;
    readonly pace: Pace;
    readonly counters: ApiCounters;
    readonly effects: Pick<Runtime, 'fetch' | 'now' | 'sleep' | 'random' | 'signal'>;
    readonly log: Logger;
}

/** Ten times the longest answer a plan asks for, and little enough to be held in memory several times over. */
const defaultMaxAnswerBytes = 32 * 1024 * 1024;
const maxErrorBodyBytes = 1024 * 1024;

/** Throws SETTINGS_INVALID when the base URL is no http(s) address or the user agent can't stand in a header. */
export function createTransport(options: TransportOptions, parts: TransportParts): Transport {
    const { session, pace, counters, effects, log } = parts;
    const base = parseBaseUrl(options.baseUrl);
    checkHeaderValue(options.userAgent, 'The user agent');
    const maxAnswerBytes = options.maxAnswerBytes ?? defaultMaxAnswerBytes;

    async function ask<T>(
        question: Question,
        read: (body: string, context: AnswerContext) => T,
    ): Promise<Answer<T>> {
        const { method, path } = question;
        const query = describeQuery(question.query);
        const exchange = await askUntilAnswered(question, {
            method,
            path,
            query,
            host: base.host,
            timeoutMs: options.timeoutMs,
        });
        try {
            const value = read(exchange.body, { path, query, status: exchange.status });
            return { ...exchange, path, query, value };
        } catch (error) {
            throw isAppError(error, 'SOURCE_BAD_ANSWER') ? withoutSecrets(error, session) : error;
        }
    }

    async function askUntilAnswered(question: Question, asked: Asked): Promise<Exchange> {
        const failures: Failure[] = [];
        // p-retry carries the loop; how often and how long is retry.ts's, the waiting is the runtime's.
        return await pRetry(() => tryOnce(question, asked), {
            retries: Number.POSITIVE_INFINITY,
            minTimeout: 0,
            shouldRetry: async ({ error }) => {
                if (!(error instanceof FailedTry) || error.failure === undefined) return false;
                failures.push(error.failure);
                const waitMs = retryDelayMs(failures, effects.random());
                if (waitMs === undefined) return false;
                counters.retries += 1;
                await waitBeforeRetry(asked, error.failure, waitMs);
                return true;
            },
        }).catch((error: unknown) => {
            throw error instanceof FailedTry ? error.error : error;
        });
    }

    async function waitBeforeRetry(asked: Asked, failure: Failure, waitMs: number): Promise<void> {
        const fields = { method: asked.method, path: asked.path, query: asked.query, wait_ms: waitMs };
        const seconds = (waitMs / 1000).toFixed(1);
        if (failure.kind === 'rate_limited') {
            counters.pausedMs += pace.pause(waitMs);
            log.warn('rate_limited', fields, `429: all requests pause for ${seconds} s`);
            return;
        }
        const why = failure.kind === 'server' ? `answer ${failure.status}` : failure.kind;
        const sentence = `${asked.method} ${asked.path}: ${why}, next try in ${seconds} s`;
        log.warn('request_retried', { ...fields, why }, sentence);
        await sleepOrStop(waitMs, effects);
    }

    /** One try; a lapsed session is opened again within it. */
    async function tryOnce(question: Question, asked: Asked): Promise<Exchange> {
        for (let refusals = 0; ; refusals += 1) {
            // The third time even a token somebody else just fetched is not trusted.
            const pass = await session.enter({ withBasic: refusals > 1 });
            try {
                await pace.turn();
                const exchange = await send(question, asked, pass, refusals);
                if (exchange !== 'refused') return exchange;
            } finally {
                session.release(pass);
            }
        }
    }

    async function send(
        question: Question,
        asked: Asked,
        pass: Pass,
        refusals: number,
    ): Promise<Exchange | 'refused'> {
        const startedAt = effects.now();
        counters.requests += 1;
        const { response, body } = await fetchWhole(question, asked, pass);
        const finishedAt = effects.now();
        const { status } = response;
        counters.bytes += body.bytes;
        session.settle(pass, { status, token: response.headers.get(tokenHeader) });
        const ms = Math.round(finishedAt - startedAt);
        const fields = { method: asked.method, path: asked.path, query: asked.query, status, ms };
        log.debug('request', fields, `${asked.method} ${asked.path}: ${status}, ${ms} ms`);
        if (status === 401 || status === 419) {
            session.refuse(pass, status, refusals);
            return 'refused';
        }
        if (response.ok) {
            if (!body.cut) return { status, body: keepable(asked, body.text), startedAt, finishedAt };
            const sentence = `is larger than ${maxAnswerBytes} bytes`;
            const context = { path: asked.path, query: asked.query, status };
            throw badAnswer('too_large', sentence, session.redact(body.text), context);
        }
        if (status === 429) counters.rateLimited += 1;
        throw failureOfStatus(asked, {
            status,
            body: session.redact(body.text),
            retryAfterMs: parseRetryAfter(response.headers.get('retry-after'), finishedAt),
            location: hostOf(response.headers.get('location'), base),
        });
    }

    /** An answer is kept verbatim, but for our own secrets and for halves of letters, which DuckDB does not read. */
    function keepable(asked: Asked, body: string): string {
        const clean = session.redactBody(body);
        if (clean !== body) {
            const sentence = `the answer to ${asked.path} repeats our credentials; they are kept as [secret]`;
            log.warn('secret_echoed', { method: asked.method, path: asked.path }, sentence);
        }
        return mendHalfLetters(clean);
    }

    async function fetchWhole(
        question: Question,
        asked: Asked,
        pass: Pass,
    ): Promise<{ readonly response: Response; readonly body: BodyText }> {
        const encoded = encodeQuery(question.query);
        const url = `${base.prefix}${question.path}${encoded === '' ? '' : `?${encoded}`}`;
        const timeout = AbortSignal.timeout(options.timeoutMs);
        try {
            const response = await effects.fetch(url, {
                method: question.method,
                headers: { ...pass.headers, accept: 'text/json', 'user-agent': options.userAgent },
                redirect: 'manual',
                signal: AbortSignal.any([effects.signal, timeout]),
            });
            const body = await readBody(response, response.ok ? maxAnswerBytes : maxErrorBodyBytes);
            return { response, body };
        } catch (error) {
            effects.signal.throwIfAborted();
            throw timeout.aborted ? failureOfTimeout(asked) : failureOfNetwork(asked, error);
        }
    }

    return { ask };
}

/** The error goes into quarantine and log: a body that repeats our own headers must not carry them there. */
function withoutSecrets(error: AppError, session: Session): AppError {
    const { body } = error.details;
    return new AppError(error.code, session.redact(error.message), {
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        details: { ...error.details, ...(typeof body === 'string' ? { body: session.redact(body) } : {}) },
    });
}

interface BaseUrl {
    /** Host and port, for messages. */
    readonly host: string;
    /** Everything before a path, without a trailing slash. */
    readonly prefix: string;
    readonly origin: string;
}

/** The message quotes no address that may hold a password or key. */
function parseBaseUrl(text: string): BaseUrl {
    const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
    const wrong =
        url === undefined
            ? 'is not an address'
            : !/^https?:$/.test(url.protocol)
              ? `begins with ${url.protocol}// instead of https://`
              : url.username !== '' || url.password !== ''
                ? 'holds a user name or password'
                : url.search !== '' || url.hash !== ''
                  ? 'holds a query or fragment'
                  : undefined;
    if (url === undefined || wrong !== undefined) {
        const quoted = /[@?#]/.test(text) ? '' : ` "${text}"`;
        throw new AppError('SETTINGS_INVALID', `The base URL${quoted} ${wrong}`, {
            hint: 'Set ENISCOPE_API_URL to an address such as https://core.eniscope.com.',
        });
    }
    return {
        host: url.host,
        origin: url.origin,
        prefix: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
    };
}

/** The host of a redirect's target; its path and query are a stranger's and stay out of messages. */
function hostOf(location: string | null, base: BaseUrl): string | undefined {
    if (location === null || !URL.canParse(location, base.origin)) return undefined;
    return new URL(location, base.origin).host;
}
