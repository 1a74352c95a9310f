/** When to ask again, and after how long: pure arithmetic on what failed so far. */

/** Why a try failed; `gone` is a host name or certificate that will hardly change within seconds. */
export type Failure =
    | { readonly kind: 'rate_limited'; readonly retryAfterMs: number | undefined }
    | { readonly kind: 'server'; readonly status: number }
    | { readonly kind: 'network' }
    | { readonly kind: 'timeout' }
    | { readonly kind: 'gone' };

const second = 1000;
/** A source that asks for longer is tried after this; the run's summary then tells. */
export const longestRetryAfterMs = 300 * second;

const rateLimitRetries = 5;
const troubleRetries = 3;
const rateLimitWaitsMs = [8, 16, 32].map((seconds) => seconds * second);
const troubleWaitsMs = [4, 8, 16].map((seconds) => seconds * second);

/**
 * Milliseconds to wait before the next try, or undefined when the last of `failures` (oldest first) ends it.
 *
 * 429 waits as long as Retry-After says, else 8, 16, then 32 s and up to a quarter more, five times. Other failures
 * wait 4, 8, 16 s, a fifth more or less: three times in all, of which 500 at most twice and a missing host once.
 * `random` is 0 ≤ x < 1.
 */
export function retryDelayMs(failures: readonly Failure[], random: number): number | undefined {
    const last = failures.at(-1);
    if (last === undefined) return undefined;
    const limited = last.kind === 'rate_limited';
    const similar = failures.filter((failure) => (failure.kind === 'rate_limited') === limited);
    const before = similar.length - 1;
    const alike = similar.filter((failure) => retriesOf(failure) === retriesOf(last)).length - 1;
    if (alike >= retriesOf(last) || before >= (limited ? rateLimitRetries : troubleRetries)) return undefined;
    if (last.kind === 'rate_limited') {
        if (last.retryAfterMs !== undefined) return Math.min(last.retryAfterMs, longestRetryAfterMs);
        return Math.round(stepOf(rateLimitWaitsMs, before) * (1 + random / 4));
    }
    return Math.round(stepOf(troubleWaitsMs, before) * (0.8 + random * 0.4));
}

function retriesOf(failure: Failure): number {
    switch (failure.kind) {
        case 'rate_limited':
            return rateLimitRetries;
        case 'server':
            return failure.status >= 502 && failure.status <= 504 ? troubleRetries : 2;
        case 'network':
        case 'timeout':
            return troubleRetries;
        case 'gone':
            return 1;
    }
}

function stepOf(waits: readonly number[], index: number): number {
    return waits[Math.min(index, waits.length - 1)] ?? 0;
}

/**
 * Milliseconds a Retry-After header asks for, from seconds or an HTTP date; undefined when it is absent or neither.
 * `now` is epoch milliseconds; a date in the past means 0.
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
    const text = header?.trim() ?? '';
    if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * second);
    // Date.parse takes far more than HTTP dates ("-5" is a year), so the day name and GMT are asked for.
    if (!/^[A-Z][a-z]+,? .*\d$|^[A-Z][a-z]+, .* GMT$/.test(text)) return undefined;
    const at = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
    return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
