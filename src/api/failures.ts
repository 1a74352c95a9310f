/** What went wrong, in the lake's own words: HTTP statuses and the many spellings of a failed connection. */
import { AppError, type ErrorCode, messageOf } from '../core/errors.ts';
import { type AnswerContext, cutBody } from './answer.ts';
import type { Failure } from './retry.ts';

/** A try that failed: the error to throw when it was the last, and why it failed if trying again may help. */
export class FailedTry extends Error {
    override readonly name = 'FailedTry';
    readonly error: AppError;
    readonly failure: Failure | undefined;

    constructor(error: AppError, failure?: Failure) {
        super(error.message);
        this.error = error;
        this.failure = failure;
    }
}

export interface Asked {
    readonly method: string;
    readonly path: string;
    readonly query: string;
    readonly host: string;
    readonly timeoutMs: number;
}

const statusHints: Readonly<Record<number, string>> = {
    402: 'The subscription of this device or account has expired; renew it with the vendor.',
    403: 'Check that this account may see the resource, and that the base URL is right.',
    404: 'Check the base URL and its prefix, and that the resource still exists.',
};

/** The failure a status outside 2xx stands for; 401 and 419 are the session's. `body` must hold no secret. */
export function failureOfStatus(
    asked: Asked,
    answer: {
        readonly status: number;
        readonly body: string;
        readonly retryAfterMs: number | undefined;
        readonly location: string | undefined;
    },
): FailedTry {
    const { status, body } = answer;
    const request = `${asked.method} ${asked.path}`;
    const fail = (code: ErrorCode, reason: string, sentence: string, hint: string): AppError =>
        new AppError(code, `${request} ${sentence}`, {
            hint,
            details: { reason, ...contextOf(asked), status, body: cutBody(body) },
        });
    if (status === 429) {
        return new FailedTry(
            fail('SOURCE_RATE_LIMITED', 'rate_limited', 'was answered 429 after all tries', rateHint),
            { kind: 'rate_limited', retryAfterMs: answer.retryAfterMs },
        );
    }
    if (status === 500 && /invalid parameter/i.test(body)) {
        const hint = 'A channel without a meter behind it answers so for good.';
        const sentence = 'was answered 500 "Invalid Parameter"';
        return new FailedTry(fail('SOURCE_INVALID_PARAMETER', 'invalid_parameter', sentence, hint));
    }
    if (status >= 500) {
        const sentence = `was answered ${status} after all tries`;
        const hint = 'The API is in trouble, or dislikes this request; the next run asks again.';
        return new FailedTry(fail('SOURCE_SERVER_ERROR', 'server_error', sentence, hint), {
            kind: 'server',
            status,
        });
    }
    if (status >= 300 && status < 400) {
        const target = answer.location === undefined ? 'elsewhere' : `to ${answer.location}`;
        const sentence = `was redirected ${target} (${status})`;
        return new FailedTry(
            fail('SOURCE_REDIRECTED', 'redirected', sentence, 'Set the base URL to the address meant.'),
        );
    }
    const empty = body.trim() === '' ? ' with an empty body' : '';
    const hint = statusHints[status] ?? 'The API does not take this request.';
    return new FailedTry(fail('SOURCE_REFUSED', 'refused', `was answered ${status}${empty}`, hint));
}

const rateHint = 'Lower the requests per second, or run less often.';

/** The failure of a request that took longer than the time-out, body included. */
export function failureOfTimeout(asked: Asked): FailedTry {
    const error = new AppError(
        'SOURCE_TIMEOUT',
        `${asked.method} ${asked.path} took longer than ${asked.timeoutMs} ms`,
        { hint: 'Try a shorter range or a longer time-out.', details: { ...contextOf(asked) } },
    );
    return new FailedTry(error, { kind: 'timeout' });
}

/** The failure behind an error of fetch or of reading a body. */
export function failureOfNetwork(asked: Asked, cause: unknown): FailedTry {
    const found = networkCode(cause);
    const code = found?.code ?? 'unknown';
    const trouble = troubles.find(({ codes }) => codes.test(code));
    const sentence = trouble?.sentence ?? `the connection failed (${found?.message ?? messageOf(cause)})`;
    const error = new AppError('SOURCE_UNREACHABLE', `${asked.host} could not be reached: ${sentence}`, {
        hint: trouble?.hint ?? 'Check the network and the base URL.',
        cause,
        details: { ...contextOf(asked), network_code: code },
    });
    return new FailedTry(error, { kind: trouble?.gone === true ? 'gone' : 'network' });
}

const troubles: readonly {
    readonly codes: RegExp;
    readonly sentence: string;
    readonly hint: string;
    readonly gone: boolean;
}[] = [
    {
        codes: /^ENOTFOUND$/,
        sentence: 'no such host',
        hint: 'Check the host name in the base URL, and the DNS of this machine.',
        gone: true,
    },
    {
        codes: /^EAI_AGAIN$/,
        sentence: 'the name service does not answer',
        hint: 'Check the network and the DNS of this machine.',
        gone: false,
    },
    {
        codes: /^ECONNREFUSED$/,
        sentence: 'the connection was refused',
        hint: 'Check host and port of the base URL, and that the server is running.',
        gone: false,
    },
    {
        codes: /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO/,
        sentence: 'no secure connection (certificate or TLS)',
        hint: 'Check http/https and the host name in the base URL, this machine’s clock and its certificates.',
        gone: true,
    },
    {
        codes: /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/,
        sentence: 'the connection was cut',
        hint: 'Check the network; the next run asks again.',
        gone: false,
    },
    {
        codes: /^(UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/,
        sentence: 'nothing answers there',
        hint: 'Check the network, a firewall or proxy, and the base URL.',
        gone: false,
    },
];

/** fetch hides the reason in `cause`, and in `errors` when several addresses were tried. */
function networkCode(error: unknown): { readonly code: string; readonly message: string } | undefined {
    if (!(error instanceof Error)) return undefined;
    if ('code' in error && typeof error.code === 'string')
        return { code: error.code, message: error.message };
    const inner = error instanceof AggregateError ? error.errors : [error.cause];
    for (const cause of inner) {
        const found = networkCode(cause);
        if (found !== undefined) return found;
    }
    return undefined;
}

function contextOf(asked: Asked): AnswerContext {
    return { path: asked.path, query: asked.query };
}
