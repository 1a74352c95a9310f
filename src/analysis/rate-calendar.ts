/**
 * A tariff spread over the days of the lake: which pattern of quarter hours each local day has. Days and hours are
 * those of the site's wall clock, so one calendar serves every zone and no clock change matters. Pure.
 */
import { nextDate } from '../model/time.ts';
import { namesHolidays, quarterSeconds, quartersOf, quartersPerDay, seasonsAt } from './tariff-hours.ts';
import { type DayKind, dayKinds, type Tariff, type TariffVersion } from './tariff-schema.ts';

/** A quarter hour of a day pattern. */
export interface RateSlot {
    readonly day_pattern: number;
    /** 0 to 95, from local midnight. */
    readonly slot: number;
    /** Counts from 0 in the version; of tiers by season, the season. */
    readonly period_no: number;
    readonly period_name: string;
    /** Per kWh; null where it depends on the energy of the month. */
    readonly rate: number | null;
    /** Second of the day up to which the rate stays the same. */
    readonly same_until_s: number;
    /** Bit set of the demand charges that count here; bit 0 is the first. */
    readonly demand_set: number;
}

export interface RateDay {
    readonly rate_calendar: number;
    /** Days since 1970-01-01 on the site's calendar. */
    readonly local_day: number;
    readonly version_no: number;
    readonly day_pattern: number;
    /** The rate right after the day's end, and for how many seconds it stays. */
    readonly next_rate: number | null;
    readonly next_same_s: number;
}

/** A tariff under a set of holidays. */
export interface CalendarWish {
    readonly rate_calendar: number;
    readonly tariff: Tariff;
    /** Local days, `2026-12-25`. */
    readonly holidays: ReadonlySet<string>;
}

interface Pattern {
    readonly number: number;
    readonly slots: readonly RateSlot[];
}

/** Longest run of one rate that is told, in seconds: no interval is longer than a month. */
const longestRun = 32 * 86_400;

/** The days in [from, to) of every calendar, and the patterns they use. Same input, same rows in the same order. */
export function spreadTariffs(
    wishes: readonly CalendarWish[],
    span: { readonly from: string; readonly to: string },
): { readonly days: readonly RateDay[]; readonly slots: readonly RateSlot[] } {
    const patterns = new Map<string, Pattern>();
    const days = wishes.flatMap((wish) => spreadTariff(wish, span, patterns));
    return { days, slots: [...patterns.values()].flatMap(({ slots }) => slots) };
}

function spreadTariff(
    { rate_calendar, tariff, holidays }: CalendarWish,
    span: { readonly from: string; readonly to: string },
    patterns: Map<string, Pattern>,
): RateDay[] {
    const found: { readonly local_day: number; readonly version_no: number; readonly pattern: Pattern }[] =
        [];
    const begins = tariff.versions[0]?.valid_from ?? span.to;
    const [, first = span.to] = [begins, span.from].sort();
    for (let date = first; date < span.to; date = nextDate(date)) {
        const version_no = tariff.versions.findLastIndex(({ valid_from }) => valid_from <= date);
        const version = tariff.versions[version_no];
        if (version === undefined) continue;
        const [season] = seasonsAt(version, date.slice(5));
        const isHoliday = holidays.has(date) && namesHolidays(version);
        const kind = isHoliday ? 'holiday' : weekdayOf(date);
        const key = JSON.stringify([tariff.id, version_no, season, kind]);
        const pattern = patterns.get(key) ?? makePattern(version, season, kind, patterns.size);
        patterns.set(key, pattern);
        found.push({ local_day: dayNumber(date), version_no, pattern });
    }
    // From the last day back: what a day's end brings is known from the day after it.
    const days: RateDay[] = [];
    let next: { readonly rate: number | null; readonly runs: number } = { rate: null, runs: 0 };
    for (const { local_day, version_no, pattern } of found.reverse()) {
        const { number, slots } = pattern;
        days.push({
            rate_calendar,
            local_day,
            version_no,
            day_pattern: number,
            next_rate: next.rate,
            next_same_s: next.runs,
        });
        const first = slots[0];
        const rate = first?.rate ?? null;
        const within = first?.same_until_s ?? 0;
        const runs = within === 86_400 && rate === next.rate ? within + next.runs : within;
        next = { rate, runs: Math.min(runs, longestRun) };
    }
    return days.reverse();
}

function makePattern(
    version: TariffVersion,
    season: string | undefined,
    kind: DayKind,
    number: number,
): Pattern {
    const demand = (version.demand ?? []).map(({ when }) =>
        when === undefined ? undefined : quartersOf(when, season, kind),
    );
    const energy = energyBySlot(version, season, kind);
    const slots: RateSlot[] = [];
    let sameUntil = quartersPerDay;
    for (let slot = quartersPerDay - 1; slot >= 0; slot -= 1) {
        const here = energy(slot);
        const after = slots.at(-1);
        if (after !== undefined && after.rate !== here.rate) sameUntil = slot + 1;
        slots.push({
            day_pattern: number,
            slot,
            ...here,
            same_until_s: sameUntil * quarterSeconds,
            demand_set: demand.reduce(
                (set, quarters, bit) => set + (quarters === undefined || quarters.has(slot) ? 2 ** bit : 0),
                0,
            ),
        });
    }
    return { number, slots: slots.reverse() };
}

type SlotEnergy = Pick<RateSlot, 'period_no' | 'period_name' | 'rate'>;

function energyBySlot(
    version: TariffVersion,
    season: string | undefined,
    kind: DayKind,
): (slot: number) => SlotEnergy {
    const { energy } = version;
    switch (energy.kind) {
        case 'flat':
            return () => ({ period_no: 0, period_name: 'energy', rate: energy.rate });
        case 'tiers':
            return () => ({ period_no: 0, period_name: 'energy', rate: null });
        case 'seasonal_tiers': {
            const period_no = Object.keys(energy.seasons).indexOf(season ?? '');
            return () => ({ period_no, period_name: season ?? '', rate: null });
        }
        case 'time_of_use': {
            const quarters = energy.periods.map(({ when }) =>
                when === undefined ? undefined : quartersOf(when, season, kind),
            );
            const rest = quarters.indexOf(undefined);
            return (slot) => {
                const named = quarters.findIndex((set) => set?.has(slot) === true);
                const period_no = named === -1 ? rest : named;
                const period = energy.periods[period_no];
                return { period_no, period_name: period?.name ?? '', rate: period?.rate ?? null };
            };
        }
    }
}

function weekdayOf(date: string): DayKind {
    // 1970-01-01 was a Thursday.
    return dayKinds[(dayNumber(date) + 3) % 7] ?? 'mon';
}

function dayNumber(date: string): number {
    return Date.parse(`${date}T00:00:00Z`) / 86_400_000;
}
