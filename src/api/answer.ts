/** Answers that break the contract: how a body becomes a JSON object, and the error that says why it could not. */
import { AppError } from '../core/errors.ts';

/** What was asked, as far as the error may tell; `query` is decoded and holds no secret. */
export interface AnswerContext {
    readonly path?: string;
    readonly query?: string;
    readonly status?: number;
}

/** Why an answer can't be used; the name a quarantined file carries. */
export type BadAnswerReason =
    | 'empty_body'
    | 'not_json'
    | 'truncated'
    | 'not_an_object'
    | 'no_records'
    | 'rows_elsewhere'
    | 'bad_record'
    | 'bad_type'
    | 'bad_id'
    | 'no_list'
    | 'no_fields'
    | 'paging'
    | 'too_large';

const keptBodyChars = 1024 * 1024;

/** A year of quarter-hours with all fields holds fewer. Parsed, an empty list takes forty times the memory of its text. */
const mostValues = 3_000_000;

/** A body as an error may carry it: at most 1 MiB of text. */
export function cutBody(body: string): string {
    return body.length > keptBodyChars ? body.slice(0, keptBodyChars) : body;
}

/** SOURCE_BAD_ANSWER with `details: {reason, body, path, query, status}`, ready to be quarantined. */
export function badAnswer(
    reason: BadAnswerReason,
    sentence: string,
    body: string,
    context: AnswerContext = {},
): AppError {
    const where = context.path === undefined ? 'the answer' : `the answer to ${context.path}`;
    return new AppError('SOURCE_BAD_ANSWER', `${where} ${sentence}`, {
        hint: 'The answer is kept in quarantine; the next run asks again.',
        details: { reason, ...context, body: cutBody(body) },
    });
}

/** The JSON object in a body. Throws SOURCE_BAD_ANSWER for an empty body, text that is not JSON, and other values. */
export function parseObject(body: string, context: AnswerContext): Readonly<Record<string, unknown>> {
    const text = body.trim();
    if (text === '') throw badAnswer('empty_body', 'has an empty body', body, context);
    if (body.length > mostValues && countValues(body) > mostValues) {
        throw badAnswer('too_large', `holds more than ${mostValues} values`, body, context);
    }
    // Not of the trimmed text: it stands in the snapshot as it came, and JSON knows fewer blanks than `trim`.
    const value = parseJson(body);
    if (value === undefined) {
        throw looksCut(text)
            ? badAnswer('truncated', `is JSON cut off after ${text.length} characters`, body, context)
            : badAnswer('not_json', `is not JSON: it begins with ${quoteStart(text)}`, body, context);
    }
    if (!isObject(value)) {
        throw badAnswer('not_an_object', `is not a JSON object: ${quoteStart(text)}`, body, context);
    }
    return value;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value, or undefined when the text is not JSON (JSON itself has no undefined). */
function parseJson(text: string): unknown {
    try {
        const value: unknown = JSON.parse(text);
        return value;
    } catch (error) {
        if (error instanceof SyntaxError) return undefined;
        throw error;
    }
}

function looksCut(text: string): boolean {
    const end = text.startsWith('{') ? '}' : text.startsWith('[') ? ']' : undefined;
    if (end === undefined) return false;
    // A cut can fall just behind an inner bracket, so an unbalanced count tells as much as the last character.
    return !text.endsWith(end) || hasOpenBrackets(text);
}

function hasOpenBrackets(text: string): boolean {
    return countCodes(text, opening) !== countCodes(text, closing);
}

/** At most so many values stand in a JSON text; commas and brackets inside of strings count as well. */
function countValues(text: string): number {
    return countCodes(text, opening) + countCodes(text, comma);
}

const opening = new Set([0x5b, 0x7b]);
const closing = new Set([0x5d, 0x7d]);
const comma = new Set([0x2c]);

/** Counted in place: a list of every bracket of a hostile answer would fill the memory. */
function countCodes(text: string, codes: ReadonlySet<number>): number {
    let count = 0;
    for (let at = 0; at < text.length; at += 1) if (codes.has(text.charCodeAt(at))) count += 1;
    return count;
}

function quoteStart(text: string): string {
    return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
