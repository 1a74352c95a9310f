/**
 * Instants, spans, partitions and local days. An instant is epoch seconds, UTC; a span is half-open: `from`
 * included, `to` excluded. Nothing here reads the clock or the machine's zone.
 */
import { formatInTimeZone, fromZonedTime } from 'date-fns-tz';

export interface Span {
    readonly from: number;
    readonly to: number;
}

/** All of time, as far as a reading can lie. */
export const allTime: Span = { from: Date.UTC(1900, 0) / 1000, to: Date.UTC(2300, 0) / 1000 };

/** How the readings of a channel are cut into files, in UTC; fixed per lake. */
export type Granularity = 'day' | 'month' | 'year';
export const granularities: readonly Granularity[] = ['day', 'month', 'year'];

/** Bucket lengths the API knows, in seconds. */
export type Resolution = 60 | 900 | 1800 | 3600 | 86400;
export const resolutions: readonly Resolution[] = [60, 900, 1800, 3600, 86400];

export function isResolution(value: number): value is Resolution {
    return (resolutions as readonly number[]).includes(value);
}

export const daySeconds = 86_400;

/** One file's period: `month=2026-10` with its span. */
export interface Partition extends Span {
    readonly granularity: Granularity;
    /** `2026-10-31`, `2026-10` or `2026`. */
    readonly value: string;
}

/** The partition column of a granularity: `date`, `month` or `year`. */
export function partitionColumn(granularity: Granularity): 'date' | 'month' | 'year' {
    return granularity === 'day' ? 'date' : granularity;
}

const valueLength: Readonly<Record<Granularity, number>> = { day: 10, month: 7, year: 4 };

/** The partition that holds an instant. */
export function partitionOf(instant: number, granularity: Granularity): Partition {
    const value = formatInstant(instant).slice(0, valueLength[granularity]);
    const [year = 0, month = 1, day = 1] = value.split('-').map(Number);
    const start = (y: number, m: number, d: number): number => Date.UTC(y, m - 1, d) / 1000;
    const to =
        granularity === 'day'
            ? start(year, month, day + 1)
            : granularity === 'month'
              ? start(year, month + 1, 1)
              : start(year + 1, 1, 1);
    return { granularity, value, from: start(year, month, day), to };
}

/** The partition named by a value such as `2026-10`; undefined when the value is not of the granularity's form. */
export function parsePartition(value: string, granularity: Granularity): Partition | undefined {
    const form = { day: /^\d{4}-\d{2}-\d{2}$/, month: /^\d{4}-\d{2}$/, year: /^\d{4}$/ }[granularity];
    if (!form.test(value)) return undefined;
    const instant = Date.parse(`${value}${'-01-01'.slice(0, 10 - value.length)}T00:00:00Z`) / 1000;
    if (Number.isNaN(instant)) return undefined;
    const partition = partitionOf(instant, granularity);
    return partition.value === value ? partition : undefined;
}

/** Every partition a span touches, oldest first. */
export function partitionsOf(span: Span, granularity: Granularity): Partition[] {
    const found: Partition[] = [];
    for (let at = span.from; at < span.to; ) {
        const partition = partitionOf(at, granularity);
        found.push(partition);
        at = partition.to;
    }
    return found;
}

/** The largest multiple of `step` not after the instant. */
export function floorTo(instant: number, step: number): number {
    return Math.floor(instant / step) * step;
}

/** The smallest multiple of `step` not before the instant. */
export function ceilTo(instant: number, step: number): number {
    return Math.ceil(instant / step) * step;
}

/** `2026-10-01T00:00:00Z` */
export function formatInstant(instant: number): string {
    return new Date(instant * 1000).toISOString().replace('.000Z', 'Z');
}

/** Reads `2026-10-01` (UTC midnight) or an ISO instant with `Z` or an offset; undefined for anything else. */
export function parseInstant(text: string): number | undefined {
    const iso = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
    if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(iso)) return undefined;
    const ms = Date.parse(iso);
    if (Number.isNaN(ms)) return undefined;
    // Date.parse accepts 31 February and moves on to March.
    const day = Number(iso.slice(8, 10));
    const lastDay = new Date(Date.UTC(Number(iso.slice(0, 4)), Number(iso.slice(5, 7)), 0)).getUTCDate();
    return day > lastDay ? undefined : Math.floor(ms / 1000);
}

/** True for an IANA zone that this machine's ICU knows. */
export function isTimeZone(name: string): boolean {
    try {
        return name !== '' && new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
    } catch {
        // Intl has no other way to say "unknown zone".
        return false;
    }
}

/** The local calendar day of an instant, `2026-10-25`. */
export function localDate(instant: number, timeZone: string): string {
    return formatInTimeZone(instant * 1000, timeZone, 'yyyy-MM-dd');
}

/** The instant a local calendar day begins. Where midnight does not exist, the first instant after it. */
export function startOfLocalDay(date: string, timeZone: string): number {
    let instant = Math.floor(fromZonedTime(`${date}T00:00:00`, timeZone).getTime() / 1000);
    // A zone that changes at midnight may put us an hour off on either side: walk by quarter hours.
    while (localDate(instant, timeZone) >= date) instant -= 900;
    while (localDate(instant, timeZone) < date) instant += 900;
    return instant;
}

/** The next calendar day of `2026-10-25`. */
export function nextDate(date: string): string {
    return new Date(Date.parse(`${date}T00:00:00Z`) + daySeconds * 1000).toISOString().slice(0, 10);
}
