/** UTC offsets of a zone, looked up once a day and kept: fast enough to ask for every quarter of a year. */
import { daySeconds } from '../model/time.ts';

/** The offset changes at most once in a UTC day: `before` until `changesAt`, `after` from there. Seconds. */
export interface DayOffset {
    readonly before: number;
    readonly changesAt: number;
    readonly after: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const days = new Map<string, Map<number, DayOffset>>();

/** The offset of a zone within one UTC day (days since 1970). */
export function offsetOfDay(timeZone: string, day: number): DayOffset {
    const known = days.get(timeZone) ?? new Map<number, DayOffset>();
    days.set(timeZone, known);
    const found = known.get(day) ?? findOffset(timeZone, day * daySeconds);
    known.set(day, found);
    return found;
}

function findOffset(timeZone: string, start: number): DayOffset {
    const before = offsetAt(timeZone, start);
    const after = offsetAt(timeZone, start + daySeconds);
    let low = start;
    let high = start + daySeconds;
    if (before === after) return { before, changesAt: high, after };
    while (high - low > 60) {
        const middle = low + Math.floor((high - low) / 120) * 60;
        if (offsetAt(timeZone, middle) === before) low = middle;
        else high = middle;
    }
    return { before, changesAt: high, after };
}

function offsetAt(timeZone: string, instant: number): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of formatOf(timeZone).formatToParts(instant * 1000))
        parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - instant;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
    const format =
        formats.get(timeZone) ??
        new Intl.DateTimeFormat('en-US', {
            timeZone,
            hourCycle: 'h23',
            year: 'numeric',
            month: 'numeric',
            day: 'numeric',
            hour: 'numeric',
            minute: 'numeric',
            second: 'numeric',
        });
    formats.set(timeZone, format);
    return format;
}
