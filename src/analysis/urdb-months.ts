/** The months of a URDB rate that are alike become a season; the hours of a period become rules. Pure. */
import type { Rule } from './tariff-schema.ts';
import { groupBy, refuse } from './urdb-parts.ts';
import type { UrdbRate, UrdbSchedule } from './urdb-schema.ts';

/** Months in which the same holds. */
export interface MonthGroup {
    /** `Jan-May, Oct-Dec` */
    readonly name: string;
    /** `01-01..05-31` */
    readonly ranges: readonly string[];
    /** Index of the first of them, 0 to 11. */
    readonly month: number;
    /** Energy periods that occur. */
    readonly energy: readonly number[];
    /** Fuel adjustment per kWh. */
    readonly fuel: number;
    readonly flatDemand: number | undefined;
}

const names = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

export function groupMonths(rate: UrdbRate, file: string): MonthGroup[] {
    const { energyweekdayschedule: weekday, energyweekendschedule: weekend } = rate;
    if ((weekday === undefined || weekday === null) !== (weekend === undefined || weekend === null)) {
        refuse(
            file,
            'energyweekdayschedule',
            'and energyweekendschedule must both be there or both be missing',
        );
    }
    const hasFlat = (rate.flatdemandstructure ?? []).length > 0;
    const groups = groupBy(names.keys(), (month) =>
        JSON.stringify([
            weekday?.[month],
            weekend?.[month],
            rate.fueladjustmentsmonthly?.[month],
            rate.demandweekdayschedule?.[month],
            rate.demandweekendschedule?.[month],
            hasFlat ? rate.flatdemandmonths?.[month] : undefined,
        ]),
    );
    return [...groups.values()].map((months) => {
        const [month = 0] = months;
        const runs = toRuns(months);
        return {
            month,
            name: runs
                .map(({ from, to }) => (from === to ? names[from] : `${names[from]}-${names[to]}`))
                .join(', '),
            ranges: runs.map(({ from, to }) => `${text(from + 1)}-01..${text(to + 1)}-${lastDay(to)}`),
            energy: [...new Set([...(weekday?.[month] ?? [0]), ...(weekend?.[month] ?? [0])])].sort(
                (a, b) => a - b,
            ),
            fuel: rate.fueladjustmentsmonthly?.[month] ?? 0,
            flatDemand: hasFlat ? (rate.flatdemandmonths?.[month] ?? 0) : undefined,
        };
    });
}

/** When a period of a schedule holds in a group of months; a missing schedule is period 0 all day. */
export function hoursOf(
    weekday: UrdbSchedule | null | undefined,
    weekend: UrdbSchedule | null | undefined,
    { name, month }: MonthGroup,
    period: number,
    hasSeasons: boolean,
): Rule[] {
    const all = Array.from({ length: 24 }, () => 0);
    const season = hasSeasons ? { seasons: [name] } : {};
    const onWeekdays = toHours(weekday?.[month] ?? all, period);
    const onWeekends = toHours(weekend?.[month] ?? all, period);
    if (onWeekdays.join() === onWeekends.join()) {
        return onWeekdays.length === 0 ? [] : [{ hours: onWeekdays, ...season }];
    }
    return [
        ...(onWeekdays.length === 0 ? [] : [{ days: ['weekdays' as const], hours: onWeekdays, ...season }]),
        ...(onWeekends.length === 0 ? [] : [{ days: ['weekends' as const], hours: onWeekends, ...season }]),
    ];
}

function toHours(row: readonly number[], period: number): string[] {
    const hours = [...row.keys()].filter((hour) => row[hour] === period);
    return toRuns(hours).map(({ from, to }) => `${text(from)}:00-${text(to + 1)}:00`);
}

/** Runs of consecutive numbers. */
function toRuns(numbers: readonly number[]): { readonly from: number; readonly to: number }[] {
    const runs: { from: number; to: number }[] = [];
    for (const number of numbers) {
        const last = runs.at(-1);
        if (last !== undefined && last.to === number - 1) last.to = number;
        else runs.push({ from: number, to: number });
    }
    return runs;
}

function lastDay(month: number): string {
    // A leap year, so that 29 February belongs to a season.
    return String(new Date(Date.UTC(2024, month + 1, 0)).getUTCDate());
}

function text(value: number): string {
    return String(value).padStart(2, '0');
}
