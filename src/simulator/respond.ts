/** The faults by name: what the simulator does instead of, or to, the true answer. */
import type { Fault } from './faults.ts';

const html =
    '<!DOCTYPE html><html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>';

function replace(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Fault {
    return { kind: 'replace', status, body, headers };
}

function edit(change: (body: string) => string, headers: Readonly<Record<string, string>> = {}): Fault {
    return { kind: 'edit', edit: change, headers };
}

type Body = Record<string, unknown>;

/** Changes the parsed body; anything that is not a JSON object stays as it is. */
function editObject(change: (body: Body) => unknown): Fault {
    return edit((text) => {
        const body: unknown = text === '' ? undefined : JSON.parse(text);
        return isBody(body) ? JSON.stringify(change(body)) : text;
    });
}

function isBody(value: unknown): value is Body {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function editRecords(change: (record: Body, index: number) => Body): Fault {
    return editObject((body) => {
        const records = Array.isArray(body.records) ? body.records.filter(isBody) : [];
        return { ...body, records: records.map(change) };
    });
}

export const respond = {
    /** A status with a JSON text, or whatever body and headers are given. */
    status: (status: number, body = '', headers: Readonly<Record<string, string>> = {}): Fault =>
        replace(status, body, { 'content-type': 'text/json', ...headers }),
    /** 429, with Retry-After (seconds or a date) when given. */
    tooManyRequests: (retryAfter?: number | string): Fault =>
        replace(429, '', retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    /** The 500 of a channel without the asked fields. */
    invalidParameter: (): Fault =>
        replace(500, '{"error":{"code":500,"message":"Invalid Parameter"}}', { 'content-type': 'text/json' }),
    /** 403 without a body. */
    forbidden: (): Fault => replace(403, ''),
    /** 402: the device's subscription has expired. */
    subscriptionExpired: (): Fault => replace(402, '{"error":{"code":402,"message":"Subscription expired"}}'),
    /** An HTML page; 502 and 504 look like this, and so does a proxy's 200. */
    html: (status = 502): Fault => replace(status, html, { 'content-type': 'text/html' }),
    /** Sends the client to another host. */
    redirect: (location: string, status = 302): Fault => replace(status, '', { location }),
    /** 200 without a body. */
    emptyBody: (): Fault => edit(() => ''),
    /** The first part of the true JSON, properly ended as far as HTTP can tell. */
    truncatedJson: (share = 0.5): Fault => edit((text) => text.slice(0, Math.floor(text.length * share))),
    /** `[]` */
    bareArray: (): Fault => edit(() => '[]'),
    /** The envelope without its rows; for lists, without the plural key. */
    withoutRecords: (): Fault =>
        editObject((body) =>
            Object.fromEntries(
                Object.entries(body).filter(
                    ([key, value]) => key === 'meta' || !Array.isArray(value) || key === 'meteringPoints',
                ),
            ),
        ),
    /** The rows under another name. */
    renamedRecords: (key = 'data'): Fault =>
        editObject(({ records, ...body }) => ({ ...body, [key]: records })),
    /** A recordCount that is off by so many. */
    wrongCount: (by = 1): Fault =>
        editObject((body) => ({ ...body, recordCount: Number(body.recordCount) + by })),
    /** Every ts moved by so many seconds. */
    offGrid: (byS = 7): Fault => editRecords((record) => ({ ...record, ts: Number(record.ts) + byS })),
    /** The unit of a code replaced, its values untouched. */
    wrongUnits: (code = 'E', unit = 'kWh'): Fault =>
        editObject((body) => ({
            ...body,
            units: { ...(isBody(body.units) ? body.units : {}), [code]: unit },
        })),
    /** A row twice inside one answer. */
    repeatedRecord: (): Fault =>
        editObject((body) => {
            const records = Array.isArray(body.records) ? body.records : [];
            const doubled = [...records.slice(0, 1), ...records];
            return { ...body, recordCount: doubled.length, records: doubled };
        }),
    /** A value that is not a number. */
    textValue: (code = 'E', text = 'n/a'): Fault =>
        editRecords((record, index) => (index === 0 ? { ...record, [code]: text } : record)),
    /** The true answer followed by so many bytes of white space: valid, and far too large. */
    huge: (bytes: number): Fault => edit((text) => text + ' '.repeat(bytes)),
    /** So many bytes that are streamed, not held: `head` once, then `piece` until it is enough. */
    flood: (bytes: number, head = '', piece = ' '): Fault => ({ kind: 'flood', head, piece, bytes }),
    /** The rows of another channel, under its own id. */
    otherChannel: (channelId = '1'): Fault => editObject((body) => ({ ...body, channel: Number(channelId) })),
    /** The bounds of another range, as when the service ignored those that were asked. */
    otherSpan: (byS = 86_400): Fault =>
        editObject((body) => ({ ...body, from: Number(body.from) - byS, to: Number(body.to) - byS })),
    /** The rows in reverse. */
    reversed: (): Fault =>
        editObject((body) => ({
            ...body,
            records: Array.isArray(body.records) ? body.records.toReversed() : [],
        })),
    /** Valid for JavaScript, refused by stricter readers: a key that comes twice. */
    doubledKey: (): Fault => edit((text) => text.replace('{', '{"resolution":900,')),
    /** Valid for JavaScript, refused by stricter readers: half of a surrogate pair in a name. */
    halfLetter: (): Fault => edit((text) => text.replace('{', '{"note":"\\ud83d",')),
    /** Any other change to the true body. */
    edit,
    /** Headers and the first bytes of the body, then the connection drops. */
    cut: (afterBytes = 0): Fault => ({ kind: 'cut', afterBytes }),
    /** No answer, ever. */
    stall: (): Fault => ({ kind: 'stall' }),
    /** Headers and the first bytes of the body, then nothing while the connection stands. */
    hang: (afterBytes = 100): Fault => ({ kind: 'hang', afterBytes }),
    /** The true body as gzip without its end. */
    truncatedGzip: (share = 0.5): Fault => ({ kind: 'pack', share, blankBytes: 0 }),
    /** A few hundred kilobytes of gzip that unpack to so many bytes. */
    gzipBomb: (bytes: number): Fault => ({ kind: 'pack', share: 1, blankBytes: bytes }),
    /** The true answer with a new token; the old one no longer works. */
    rotateToken: (): Fault => ({ kind: 'rotateToken' }),
    /** The session is over: token requests get the status, Basic logs in again. */
    lapse: (status: 401 | 419 = 419): Fault => ({ kind: 'lapse', status }),
    /** Readings silently no finer than this. */
    coarsen: (resolutionS: number): Fault => ({ kind: 'coarsen', resolutionS }),
    /** A list page that begins with the last rows of the one before. */
    shiftPage: (rows = 1): Fault => ({ kind: 'shiftPage', rows }),
    /** The true answer: a pause inside a sequence. */
    truth: (): Fault => ({ kind: 'none' }),
} as const;
