/** Reads a readings request the forgiving way the live API does: what it does not understand, it ignores. */
import { daySeconds, nextDate, type Resolution, type Span, startOfLocalDay } from '../model/time.ts';
import { isNamedRange, spanOfRange } from './named-range.ts';
import type { Quirks } from './quirks.ts';

export type Action = 'summarize' | 'total' | 'averageday' | 'medianday' | 'minday' | 'maxday';

export interface ReadingsQuery {
    /** The bounds as asked, epoch seconds. */
    readonly span: Span;
    /** True for two bounds, false for a named range or the default. */
    readonly explicit: boolean;
    /** What the service makes of `res` for this range; the channel may be coarser still. */
    readonly resolution: number;
    readonly action: Action;
    /** The codes asked for, without `ts` and repetitions. */
    readonly fields: readonly string[];
    readonly standingCounters: boolean;
}

export interface QueryContext {
    readonly timeZone: string;
    /** Epoch seconds. */
    readonly now: number;
    readonly quirks: Quirks;
}

/** `refused` stands for a 500. */
export type ParsedQuery = ReadingsQuery | 'refused';

/** What a query string asks for. */
export function parseReadingsQuery(parameters: URLSearchParams, context: QueryContext): ParsedQuery {
    const { span, explicit } = parseRange(parameters, context);
    if (span.from >= span.to) return 'refused';
    const asked = parameters.get('res') ?? 'auto';
    const resolution = grantedResolution(asked, span.to - span.from, context.quirks.downgrade);
    if (resolution === undefined) return 'refused';
    const fields = new Set(parameters.getAll('fields[]'));
    fields.delete('ts');
    return {
        span,
        explicit,
        resolution,
        action: parseAction(parameters.get('action')),
        fields: [...fields],
        standingCounters: parameters.get('showCounters') === '1',
    };
}

const actions: Readonly<Record<string, Action>> = {
    total: 'total',
    averageday: 'averageday',
    typicalday: 'averageday',
    meanday: 'averageday',
    medianday: 'medianday',
    minday: 'minday',
    maxday: 'maxday',
};

function parseAction(text: string | null): Action {
    return actions[text ?? ''] ?? 'summarize';
}

function parseRange(parameters: URLSearchParams, context: QueryContext): { span: Span; explicit: boolean } {
    const { now, quirks } = context;
    const timeZone = quirks.namedRanges === 'site' ? context.timeZone : 'UTC';
    const [first, second] = parameters.getAll('daterange[]');
    const single = parameters.get('daterange') ?? '';
    if (first !== undefined && second !== undefined) {
        const from = parseBound(first, timeZone);
        const to = parseBound(second, timeZone);
        const endDay = isDate(second) && quirks.bounds === 'inclusive';
        if (from !== undefined && to !== undefined) {
            const end = endDay ? startOfLocalDay(nextDate(second), timeZone) : to;
            return { span: { from, to: end }, explicit: true };
        }
    }
    if (isDate(single)) {
        const span = {
            from: startOfLocalDay(single, timeZone),
            to: startOfLocalDay(nextDate(single), timeZone),
        };
        return { span, explicit: false };
    }
    const range = isNamedRange(single) ? single : quirks.defaultRange;
    return { span: spanOfRange(range, now, timeZone), explicit: false };
}

function isDate(text: string): boolean {
    return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
}

function parseBound(text: string, timeZone: string): number | undefined {
    if (/^\d{1,11}$/.test(text)) return Number(text);
    return isDate(text) ? startOfLocalDay(text, timeZone) : undefined;
}

const longest = 90 * daySeconds;
const year = 366 * daySeconds;

/** What an unavailable resolution falls back to. */
function automatic(lengthS: number): Resolution {
    if (lengthS <= daySeconds) return 900;
    if (lengthS <= longest) return 1800;
    return lengthS <= year ? 3600 : daySeconds;
}

/** The resolution a range is answered in; undefined for a refusal. */
function grantedResolution(
    asked: string,
    lengthS: number,
    downgrade: Quirks['downgrade'],
): number | undefined {
    const wished = Number(asked);
    if (![60, 900, 1800, 3600, daySeconds].includes(wished)) return automatic(lengthS);
    if (downgrade === 'never') return wished;
    const granted = tableResolution(wished, lengthS);
    return granted !== wished && downgrade === 'error500' ? undefined : granted;
}

function tableResolution(wished: number, lengthS: number): number {
    if (wished === daySeconds || lengthS > year) return daySeconds;
    if (wished === 60) return lengthS <= daySeconds ? 60 : automatic(lengthS);
    return lengthS <= longest ? wished : 3600;
}
