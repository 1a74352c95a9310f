/** A question to one view as SQL text with safe literals: filters, columns and order from the view's own header. */
import { AppError } from '../core/errors.ts';
import { formatInstant, parseInstant } from '../model/time.ts';
import { identifier, literal } from './duckdb.ts';
import type { View, ViewColumn } from './view-file.ts';

export interface ViewQuery {
    readonly view: string;
    /**
     * Included; `2026-10-01` or an ISO instant. On a view whose time column is a DATE it is the site's day; on a
     * TIMESTAMPTZ column a bare date is its midnight in UTC.
     */
    readonly from?: string;
    /** Excluded; same forms. */
    readonly to?: string;
    readonly channels?: readonly string[];
    readonly organizations?: readonly string[];
    /** All columns when left out. */
    readonly columns?: readonly string[];
    readonly limit?: number;
}

/**
 * The SQL of a question to one view, ordered by the view's grain. Throws USAGE_UNKNOWN_VIEW with the nearest name,
 * USAGE_BAD_RANGE, USAGE_BAD_ARGUMENTS for a column or filter that the view does not have.
 */
export function queryView(views: readonly View[], query: ViewQuery): string {
    const view = findView(views, query.view);
    const filters = [
        ...timeFilters(view, query),
        ...listFilter(view, 'channel_id', query.channels ?? []),
        ...listFilter(view, 'organization_id', query.organizations ?? []),
    ];
    const columns = (query.columns ?? []).map((name) => identifier(columnOf(view, name).name));
    const order = (view.grain ?? '')
        .replace(/^one row per /, '')
        .split(', ')
        .filter((name) => view.columns.some((column) => column.name === name));
    return [
        `select ${columns.length === 0 ? '*' : columns.join(', ')}`,
        `from ${identifier(view.name)}`,
        ...(filters.length === 0 ? [] : [`where ${filters.join('\n    and ')}`]),
        ...(order.length === 0 ? [] : [`order by ${order.map(identifier).join(', ')}`]),
        ...(query.limit === undefined ? [] : [`limit ${countOf(query.limit)}`]),
    ].join('\n');
}

function findView(views: readonly View[], name: string): View {
    const askable = views.filter(({ kind }) => kind === 'view' || kind === 'source');
    const view = askable.find((known) => known.name === name);
    if (view !== undefined) return view;
    const macro = views.find((known) => known.kind === 'macro' && known.name === name);
    if (macro !== undefined) {
        throw new AppError('USAGE_BAD_ARGUMENTS', `${name} takes ${macro.parameters.join(', ')}`, {
            hint: `Ask it with its arguments: \`eniscope-lake query "${macro.example ?? `${name}(…)`}"\`.`,
        });
    }
    const [nearest] = askable
        .map((known) => ({ name: known.name, distance: editDistance(known.name, name) }))
        .sort((a, b) => a.distance - b.distance);
    throw new AppError('USAGE_UNKNOWN_VIEW', `there is no view "${name}"`, {
        hint:
            nearest !== undefined && nearest.distance <= Math.max(3, name.length / 3)
                ? `Did you mean ${nearest.name}?`
                : 'See `eniscope-lake views` for their names.',
    });
}

function columnOf(view: View, name: string): ViewColumn {
    const column = view.columns.find((known) => known.name === name);
    if (column !== undefined) return column;
    throw new AppError('USAGE_BAD_ARGUMENTS', `the view ${view.name} has no column "${name}"`, {
        hint: `It has ${view.columns.map((known) => known.name).join(', ')}.`,
    });
}

function listFilter(view: View, column: string, values: readonly string[]): readonly string[] {
    if (values.length === 0) return [];
    const name = identifier(columnOf(view, column).name);
    // An equality reaches the files where a list may not.
    const [first = ''] = values;
    return [
        values.length === 1
            ? `${name} = ${literal(first)}`
            : `${name} in (${values.map(literal).join(', ')})`,
    ];
}

function timeFilters(view: View, { from, to }: ViewQuery): readonly string[] {
    if (from === undefined && to === undefined) return [];
    if (view.time === undefined) {
        throw new AppError('USAGE_BAD_ARGUMENTS', `the view ${view.name} has no time to filter on`);
    }
    const column = columnOf(view, view.time);
    const read = column.type === 'date' ? readDay : readInstant;
    const [start, end] = [from, to].map((text) => (text === undefined ? undefined : read(text)));
    if (start !== undefined && end !== undefined && start.order >= end.order) {
        throw new AppError('USAGE_BAD_RANGE', `the range from ${from} to ${to} is empty`, {
            hint: 'The end is excluded and comes after the start.',
        });
    }
    return [
        ...(start === undefined ? [] : [`${identifier(column.name)} >= ${start.sql}`]),
        ...(end === undefined ? [] : [`${identifier(column.name)} < ${end.sql}`]),
    ];
}

interface Bound {
    readonly sql: string;
    readonly order: number;
}

function readDay(text: string): Bound {
    const order = /^\d{4}-\d{2}-\d{2}$/.test(text) ? parseInstant(text) : undefined;
    if (order === undefined) {
        throw new AppError('USAGE_BAD_RANGE', `"${text}" is not a day`, {
            hint: "This view counts in the site's days: write 2026-10-01.",
        });
    }
    return { sql: `date ${literal(text)}`, order };
}

function readInstant(text: string): Bound {
    const order = parseInstant(text);
    if (order === undefined) {
        throw new AppError('USAGE_BAD_RANGE', `"${text}" is neither a date nor an instant`, {
            hint: 'Write 2026-10-01 or 2026-10-01T06:00:00Z.',
        });
    }
    return { sql: `timestamptz ${literal(formatInstant(order))}`, order };
}

function countOf(limit: number): number {
    if (Number.isSafeInteger(limit) && limit >= 0) return limit;
    throw new AppError('USAGE_BAD_ARGUMENTS', `the limit ${limit} is not a count`);
}

/** Insertions, deletions and substitutions between two names. */
function editDistance(a: string, b: string): number {
    let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (let i = 1; i <= a.length; i += 1) {
        const row = [i];
        for (let j = 1; j <= b.length; j += 1) {
            const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
            row.push(Math.min(substituted, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
        }
        previous = row;
    }
    return previous[b.length] ?? 0;
}
