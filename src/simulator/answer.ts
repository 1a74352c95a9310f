/** What the simulator sends back, before faults and the network have their say. */

export interface Answer {
    readonly status: number;
    readonly body: string | Buffer<ArrayBuffer>;
    readonly headers: Readonly<Record<string, string>>;
    /** Rows or records inside; the default latency grows with them. */
    readonly rows: number;
}

const json = { 'content-type': 'text/json' };

/** A 200 with a JSON body. */
export function answerJson(value: unknown, rows = 1): Answer {
    return { status: 200, body: JSON.stringify(value), headers: json, rows };
}

/** An error whose JSON body carries a text; the live bodies are unknown but for that text. */
export function answerError(
    status: number,
    text: string,
    headers: Readonly<Record<string, string>> = {},
): Answer {
    const body = JSON.stringify({ error: { code: status, message: text } });
    return { status, body, headers: { ...json, ...headers }, rows: 0 };
}

/** A status without a body. */
export function answerEmpty(status: number): Answer {
    return { status, body: '', headers: {}, rows: 0 };
}

/** The 500 of a channel asked for what it cannot deliver. */
export function answerInvalidParameter(): Answer {
    return answerError(500, 'Invalid Parameter');
}
