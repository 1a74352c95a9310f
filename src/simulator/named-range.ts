/** The named ranges of the readings call: `today`, `lastweek`, `thismonth` … as spans of a zone's calendar. */
import { localDate, type Span, startOfLocalDay } from '../model/time.ts';

export const namedRanges = [
    'today',
    'yesterday',
    'daybefore',
    'thisweek',
    'lastweek',
    'weekbefore',
    '7days',
    'previous7days',
    '28days',
    '30days',
    'thismonth',
    'lastmonth',
    'thisyear',
    'lastyear',
] as const;

export type NamedRange = (typeof namedRanges)[number];

export function isNamedRange(text: string): text is NamedRange {
    return namedRanges.some((name) => name === text);
}

/** The span a named range means at `now` (epoch seconds) in the zone. Weeks begin on Monday. */
export function spanOfRange(range: NamedRange, now: number, timeZone: string): Span {
    const today = localDate(now, timeZone);
    const [year = 0, month = 0, day = 0] = today.split('-').map(Number);
    const monday = -((new Date(`${today}T00:00:00Z`).getUTCDay() + 6) % 7);
    // Years, months and days may overflow: Date.UTC carries them.
    const at = (y: number, m: number, d: number): number =>
        startOfLocalDay(new Date(Date.UTC(y, m - 1, d)).toISOString().slice(0, 10), timeZone);
    const days = (from: number, to: number): Span => ({
        from: at(year, month, day + from),
        to: at(year, month, day + to),
    });
    switch (range) {
        case 'today':
            return days(0, 1);
        case 'yesterday':
            return days(-1, 0);
        case 'daybefore':
            return days(-2, -1);
        case 'thisweek':
            return days(monday, monday + 7);
        case 'lastweek':
            return days(monday - 7, monday);
        case 'weekbefore':
            return days(monday - 14, monday - 7);
        case '7days':
            return days(-6, 1);
        case 'previous7days':
            return days(-13, -6);
        case '28days':
            return days(-27, 1);
        case '30days':
            return days(-29, 1);
        case 'thismonth':
            return { from: at(year, month, 1), to: at(year, month + 1, 1) };
        case 'lastmonth':
            return { from: at(year, month - 1, 1), to: at(year, month, 1) };
        case 'thisyear':
            return { from: at(year, 1, 1), to: at(year + 1, 1, 1) };
        case 'lastyear':
            return { from: at(year - 1, 1, 1), to: at(year, 1, 1) };
    }
}
