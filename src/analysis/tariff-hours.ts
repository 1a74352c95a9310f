/**
 * When a tariff's rules hold: a year's days belong to seasons, a day's 96 quarter hours to rules. All on the site's
 * wall clock, so no zone and no clock change matters here. Pure.
 */
import { type DayKind, dayKinds, type Rule, type TariffVersion } from './tariff-schema.ts';

export const quartersPerDay = 96;
export const quarterSeconds = 900;

/** `02-29` and its 365 companions, in order: every day a season must say something about. */
export const daysOfYear: readonly string[] = Array.from({ length: 366 }, (_, day) =>
    new Date(Date.UTC(2024, 0, 1 + day)).toISOString().slice(5, 10),
);

/** The seasons that contain a day of the year, `06-01`. A range may run over the new year. */
export function seasonsAt(version: TariffVersion, dayOfYear: string): string[] {
    return Object.entries(version.seasons ?? {}).flatMap(([season, ranges]) =>
        ranges.some((range) => contains(range, dayOfYear)) ? [season] : [],
    );
}

function contains(range: string, day: string): boolean {
    const [from = '', to = ''] = range.split('..');
    return from <= to ? from <= day && day <= to : from <= day || day <= to;
}

/** The season names of a version; one nameless season when it has none. */
export function seasonNames(version: TariffVersion): readonly (string | undefined)[] {
    return version.seasons === undefined ? [undefined] : Object.keys(version.seasons);
}

/** True when the version treats holidays as days of their own. */
export function namesHolidays(version: TariffVersion): boolean {
    return rulesOf(version).some(({ days }) => days?.includes('holiday') === true);
}

/** The kinds of day a version tells apart. */
export function dayKindsOf(version: TariffVersion): readonly DayKind[] {
    return namesHolidays(version) ? dayKinds : dayKinds.filter((kind) => kind !== 'holiday');
}

/** Every rule of a version: of its periods and of its demand charges. */
export function rulesOf(version: TariffVersion): readonly Rule[] {
    const { energy, demand = [] } = version;
    const periods = energy.kind === 'time_of_use' ? energy.periods : [];
    return [...periods, ...demand].flatMap(({ when = [] }) => when);
}

/** The quarter hours (0 to 95) of one kind of day in one season that any of the rules names. */
export function quartersOf(rules: readonly Rule[], season: string | undefined, kind: DayKind): Set<number> {
    const found = new Set<number>();
    for (const rule of rules) {
        if (rule.seasons !== undefined && (season === undefined || !rule.seasons.includes(season))) continue;
        if (rule.days !== undefined && !rule.days.some((word) => isKind(word, kind))) continue;
        for (const range of rule.hours ?? ['00:00-24:00']) {
            const [from = '', to = ''] = range.split('-');
            for (let quarter = quarterOf(from); quarter < quarterOf(to); quarter += 1) found.add(quarter);
        }
    }
    return found;
}

function isKind(word: DayKind | 'weekdays' | 'weekends', kind: DayKind): boolean {
    if (word === 'weekdays') return dayKinds.indexOf(kind) < 5;
    if (word === 'weekends') return kind === 'sat' || kind === 'sun';
    return word === kind;
}

function quarterOf(time: string): number {
    const [hour = '', minute = ''] = time.split(':');
    return Number(hour) * 4 + Number(minute) / 15;
}

/** `07:15`; quarter 96 is `24:00`. */
export function formatQuarter(quarter: number): string {
    const text = (value: number): string => String(value).padStart(2, '0');
    return `${text(Math.floor(quarter / 4))}:${text((quarter % 4) * 15)}`;
}
