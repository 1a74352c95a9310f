/** Was an answer right? Decided from the model behind the simulator, never with the code that reads answers. */
import { findField } from '../../src/model/fields.ts';
import type { SiteSource } from '../../src/simulator/site.ts';

/** What a readings request asked for. Instants in epoch seconds. */
export interface Question {
    readonly channelId: string;
    readonly from: number;
    readonly to: number;
    readonly resolution: number;
    readonly fields: readonly string[];
}

/** A right answer: its values by field, one entry a bucket, null where the model knows nothing. */
export interface RightAnswer extends Question {
    /** Seconds a bucket of the answer is long. */
    readonly answered: number;
    readonly buckets: readonly (readonly [ts: number, values: Readonly<Record<string, number | null>>])[];
}

/** The question in the address of a readings request; undefined for any other request. */
export function questionOf(address: string): Question | undefined {
    const url = new URL(address);
    const channelId = /\/readings\/(\d+)$/.exec(url.pathname)?.[1];
    const [from, to] = url.searchParams.getAll('daterange[]').map(Number);
    if (channelId === undefined || from === undefined || to === undefined) return undefined;
    const fields = url.searchParams.getAll('fields[]');
    return { channelId, from, to, resolution: Number(url.searchParams.get('res')), fields };
}

/** The answer when it is right in every respect that a client may rely on; undefined when anything is off. */
export function judgeAnswer(question: Question, text: string, site: SiteSource): RightAnswer | undefined {
    const body = parse(text);
    const { channelId, from, to, fields } = question;
    if (body === undefined || body.channel !== Number(channelId)) return undefined;
    if (body.from !== from || body.to !== to || !Array.isArray(body.records)) return undefined;
    const answered = Number(body.resolution);
    if (![60, 900, 1800, 3600, 86_400].includes(answered) || answered < question.resolution) return undefined;
    if (body.recordCount !== body.records.length || !hasRightUnits(body.units, fields)) return undefined;
    const full = Math.ceil((to - from) / answered);
    if (body.records.length > full || body.records.length < full - 2) return undefined;
    const truth = bucketsOf(site, channelId, fields, { from, to }, answered);
    const isRight = body.records.every((record: unknown, index) => {
        const [ts, values] = truth[index] ?? [];
        if (!isObject(record) || values === undefined || record.ts !== ts) return false;
        return fields.every((code) => isSame(record[code], values[code] ?? null));
    });
    return isRight ? { ...question, answered, buckets: truth.slice(0, body.records.length) } : undefined;
}

/** What the model says for the buckets of a span; null where it knows nothing. */
export function bucketsOf(
    site: SiteSource,
    channelId: string,
    fields: readonly string[],
    span: { readonly from: number; readonly to: number },
    resolution: number,
): RightAnswer['buckets'] {
    const known = site.channels.find((channel) => channel.channelId === channelId)?.fields ?? [];
    const codes = fields.filter((code) => known.includes(code));
    const columns = site.buckets(channelId, codes, span, resolution);
    const count = Math.ceil((span.to - span.from) / resolution);
    return Array.from({ length: count }, (_, index) => [
        span.from + index * resolution,
        Object.fromEntries(
            fields.map((code) => {
                const value = columns[codes.indexOf(code)]?.[index] ?? Number.NaN;
                return [code, Number.isNaN(value) ? null : value];
            }),
        ),
    ]);
}

/** Equal as far as fourteen printed digits go. */
export function isSame(found: unknown, expected: number | null): boolean {
    if (expected === null || typeof found !== 'number') return found === expected;
    return Math.abs(found - expected) <= 1e-12 * Math.max(1e-9, Math.abs(expected));
}

/** A key that comes twice is not what the service writes, and strict readers refuse it. */
function parse(text: string): Readonly<Record<string, unknown>> | undefined {
    try {
        const body: unknown = JSON.parse(text);
        const keys = [...text.matchAll(/"resolution":/g)].length;
        return isObject(body) && keys === 1 ? body : undefined;
    } catch {
        // Not JSON is not right.
        return undefined;
    }
}

function hasRightUnits(units: unknown, fields: readonly string[]): boolean {
    return (
        isObject(units) &&
        fields.every((code) => units[code] === undefined || units[code] === findField(code)?.sourceUnit)
    );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
