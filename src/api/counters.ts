/** What a client did so far, for the summary of a run. */

export interface ApiCounters {
    /** Requests sent, of every kind and try. */
    requests: number;
    /** Tries after the first, whatever failed. */
    retries: number;
    /** Answers 429. */
    rateLimited: number;
    /** Requests that carried e-mail and password to open a session. */
    logins: number;
    /** Bytes of answer bodies, unpacked. */
    bytes: number;
    /** Milliseconds the whole client stood still after 429. */
    pausedMs: number;
}

export function createCounters(): ApiCounters {
    return { requests: 0, retries: 0, rateLimited: 0, logins: 0, bytes: 0, pausedMs: 0 };
}
