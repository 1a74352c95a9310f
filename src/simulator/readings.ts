/** Answers `GET /readings/{id}`: from the query to the envelope, with every silent liberty the live API takes. */
import { findField } from '../model/fields.ts';
import type { Span } from '../model/time.ts';
import { type Answer, answerError, answerInvalidParameter } from './answer.ts';
import { foldDays } from './day-profile.ts';
import type { Quirks } from './quirks.ts';
import { type Grid, gridOf } from './readings-grid.ts';
import { type Records, writeEnvelope } from './readings-json.ts';
import { parseReadingsQuery, type ReadingsQuery } from './readings-query.ts';
import {
    aggregateOf,
    nullColumns,
    type SiteChannel,
    type SiteOrganization,
    type SiteSource,
} from './site.ts';

export interface ReadingsContext {
    readonly source: SiteSource;
    readonly channel: SiteChannel;
    readonly organization: SiteOrganization;
    readonly quirks: Quirks;
    /** Epoch seconds. */
    readonly now: number;
    /** Answers no finer than this, whatever is asked; for a resolution that changes under way. */
    readonly coarsest?: number;
}

/** Four years of minutes: beyond it a request is a mistake, and would only cost memory. */
const mostRecords = 2_200_000;

/** The readings of one channel. */
export function answerReadings(parameters: URLSearchParams, context: ReadingsContext): Answer {
    const { channel, organization, quirks, now, source } = context;
    const query = parseReadingsQuery(parameters, { timeZone: organization.timeZone, now, quirks });
    if (query === 'refused') return answerError(500, 'Invalid date range or resolution');
    const fields = answerableFields(query.fields, channel, quirks);
    if (fields.length === 0) return answerInvalidParameter();
    const resolution = Math.max(query.resolution, channel.intervalS, context.coarsest ?? 0);
    const knownUntil = source.knownUntil?.(channel.channelId, now) ?? now;
    const grid = gridOf(query, { resolution, intervalS: channel.intervalS, knownUntil, now, quirks });
    if (grid.count > mostRecords) return answerError(500, 'Range too large');
    const columns = fields.map((code) => (channel.fields.includes(code) ? code : undefined));
    const measured = columns.filter((code) => code !== undefined);
    const filled = channel.answers === 'values' ? fill(context, measured, grid) : [];
    if (query.standingCounters) raiseCounters(context, measured, filled, grid.start);
    const byCode = new Map(measured.map((code, index) => [code, filled[index] ?? null]));
    const records: Records = {
        start: grid.start,
        step: resolution,
        count: grid.count,
        fields,
        columns: fields.map((code) => byCode.get(code) ?? null),
    };
    const { body, recordCount } = writeEnvelope(
        { channel, organization, ...query.span, resolution, action: query.action },
        fold(records, query, resolution),
        quirks.gaps,
    );
    return { status: 200, body, headers: { 'content-type': 'text/json' }, rows: recordCount };
}

/** Amounts the platform itself computes, and so has a null for on every channel. */
const computed = ['cost'];

/** The codes the answer carries; none means a refusal. */
function answerableFields(asked: readonly string[], channel: SiteChannel, quirks: Quirks): readonly string[] {
    if (channel.answers === 'error') return [];
    // Codes the service does not know vanish without a word.
    const known = asked.filter((code) => findField(code) !== undefined);
    const delivered = known.filter((code) => channel.fields.includes(code) || computed.includes(code));
    if (delivered.length === 0) return quirks.unsupportedFields === 'nulls' ? known : [];
    return quirks.lackingFields === 'nulls' ? known : delivered;
}

/** What is known of the grid; the future and the gaps are NaN. */
function fill(context: ReadingsContext, fields: readonly string[], grid: Grid): Float64Array[] {
    const { source, channel } = context;
    const columns = nullColumns(fields.length, grid.count);
    const put = (span: Span, length: number, at: number): void => {
        const values = source.buckets(channel.channelId, fields, span, length);
        for (const [index, column] of columns.entries()) column.set(values[index] ?? [], at);
    };
    if (grid.closed > 0) {
        put({ from: grid.start, to: grid.start + grid.closed * grid.resolution }, grid.resolution, 0);
    }
    if (grid.partial !== undefined) put(grid.partial, grid.partial.to - grid.partial.from, grid.closed);
    return columns;
}

/** Turns amounts into the counter's standing value at the end of each bucket. */
function raiseCounters(
    context: ReadingsContext,
    fields: readonly string[],
    columns: readonly Float64Array[],
    start: number,
): void {
    const { source, channel } = context;
    const before =
        channel.firstAt < start && columns.length > 0
            ? source.buckets(
                  channel.channelId,
                  fields,
                  { from: channel.firstAt, to: start },
                  start - channel.firstAt,
              )
            : [];
    for (const [index, column] of columns.entries()) {
        if (findField(fields[index] ?? '')?.kind !== 'counter') continue;
        let standing = before[index]?.[0] ?? 0;
        if (Number.isNaN(standing)) standing = 0;
        for (const [row, amount] of column.entries()) {
            if (Number.isNaN(amount)) continue;
            standing += amount;
            column[row] = standing;
        }
    }
}

function fold(records: Records, query: ReadingsQuery, resolution: number): Records {
    const { action } = query;
    if (action === 'summarize') return records;
    if (action === 'total') {
        const columns = records.columns.map((column, index) =>
            column === null ? null : Float64Array.of(total(column, records.fields[index] ?? '')),
        );
        return { ...records, count: Math.min(1, records.count), columns };
    }
    const columns = records.columns.map((column) =>
        column === null ? null : foldDays(column, resolution, action),
    );
    return {
        ...records,
        count: Math.min(records.count, Math.max(1, Math.floor(86_400 / resolution))),
        columns,
    };
}

function total(column: Float64Array, code: string): number {
    const known = column.filter((value) => !Number.isNaN(value));
    if (known.length === 0) return Number.NaN;
    const how = aggregateOf(code, findField(code)?.kind);
    if (how === 'max') return known.reduce((highest, value) => Math.max(highest, value));
    const sum = known.reduce((before, value) => before + value, 0);
    return how === 'sum' ? sum : sum / known.length;
}
