/**
 * What the lake must say about a replayed dataset, computed straight from its readings.csv.gz and site.json. Shares no
 * code and no SQL with the product: local days come from Intl, sums are compensated.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** One channel and one local day or month, in the lake's units. */
export interface ExpectedPeriod {
    readonly channelId: string;
    /** `2016-03-13`; a month is named by its first day. */
    readonly period: string;
    readonly energyKwh: number | null;
    readonly readingCount: number;
    readonly expectedCount: number;
    readonly coverage: number;
    readonly minPowerKw: number | null;
    readonly peakPowerKw: number | null;
    /** Epoch seconds of the earliest interval with the peak. */
    readonly peakAt: number | null;
    readonly avgVoltageV: number | null;
    readonly minVoltageV: number | null;
    readonly maxVoltageV: number | null;
    /** Weighted by energy. */
    readonly powerFactor: number | null;
}

export interface SecondOpinion {
    /** Epoch seconds: from the first reading to the end of the last, of all channels. */
    readonly from: number;
    readonly to: number;
    /** Seconds; the same for all channels of a dataset. */
    readonly intervalS: number;
    readonly channelIds: readonly string[];
    /** Readings with at least one of the codes E, P, V, I, PF, T. */
    readonly measured: number;
    /** Per channel, Wh / 1000. */
    readonly energyKwh: ReadonlyMap<string, number>;
    readonly days: readonly ExpectedPeriod[];
    readonly months: readonly ExpectedPeriod[];
    /** Lengths of the local days of all zones, in hours, each once. */
    readonly dayLengthsH: readonly number[];
}

export interface Reading {
    readonly at: number;
    readonly value: (code: string) => number | null;
}

export interface SiteJson {
    readonly organizations: readonly { readonly organizationId: number; readonly timeZone: string }[];
    readonly channels: readonly {
        readonly dataChannelId: number;
        readonly organizationId: number;
        readonly interval_s: number;
    }[];
}

const hour = 3600;

/** Reads a replay folder. Every channel is expected to have been asked for the whole span of the dataset. */
export function formSecondOpinion(folder: string): SecondOpinion {
    const site: SiteJson = JSON.parse(readFileSync(join(folder, 'site.json'), 'utf8'));
    const readings = readCsv(join(folder, 'readings.csv.gz'));
    const intervalS = site.channels[0]?.interval_s ?? 0;
    const zones = new Map(site.organizations.map((row) => [row.organizationId, row.timeZone]));
    let from = Number.POSITIVE_INFINITY;
    let to = 0;
    let measured = 0;
    for (const rows of readings.values()) {
        from = Math.min(from, rows[0]?.at ?? from);
        to = Math.max(to, (rows.at(-1)?.at ?? 0) + intervalS);
        measured += rows.filter(isMeasured).length;
    }
    const calendars = new Map<string, Calendar>();
    const days: ExpectedPeriod[] = [];
    const months: ExpectedPeriod[] = [];
    const energyKwh = new Map<string, number>();
    for (const { dataChannelId, organizationId } of site.channels) {
        const channelId = String(dataChannelId);
        const zone = zones.get(organizationId) ?? 'UTC';
        const calendar = calendars.get(zone) ?? makeCalendar(zone, from, to);
        calendars.set(zone, calendar);
        const rows = readings.get(channelId) ?? [];
        const perDay = groupByDay(rows, calendar);
        for (const day of calendar.days) {
            days.push(summarize(channelId, day.date, day.lengthS, intervalS, perDay.get(day.date) ?? []));
        }
        for (const month of new Set(calendar.days.map(({ date }) => date.slice(0, 7)))) {
            const inMonth = calendar.days.filter(({ date }) => date.startsWith(month));
            const rowsInMonth = inMonth.flatMap(({ date }) => perDay.get(date) ?? []);
            const lengthS = monthLength(zone, month);
            months.push(summarize(channelId, `${month}-01`, lengthS, intervalS, rowsInMonth));
        }
        energyKwh.set(channelId, addUp(known(rows, 'E')) / 1000);
    }
    const lengths = [...calendars.values()].flatMap((calendar) =>
        calendar.days.map((day) => day.lengthS / hour),
    );
    return {
        from,
        to,
        intervalS,
        channelIds: site.channels.map((row) => String(row.dataChannelId)),
        measured,
        energyKwh,
        days,
        months,
        dayLengthsH: [...new Set(lengths)].sort((a, b) => a - b),
    };
}

export function readCsv(path: string): Map<string, Reading[]> {
    const [header = '', ...lines] = gunzipSync(readFileSync(path)).toString().trimEnd().split('\n');
    const columns = new Map(header.split(',').map((name, index) => [name, index]));
    const readings = new Map<string, Reading[]>();
    for (const line of lines) {
        const cells = line.split(',');
        const channelId = cells[0] ?? '';
        const rows = readings.get(channelId) ?? [];
        readings.set(channelId, rows);
        rows.push({
            at: Number(cells[1]),
            value: (code) => {
                const cell = cells[columns.get(code) ?? -1] ?? '';
                return cell === '' ? null : Number(cell);
            },
        });
    }
    return readings;
}

function isMeasured({ value }: Reading): boolean {
    return ['E', 'P', 'V', 'I', 'PF', 'T'].some((code) => value(code) !== null);
}

function known(rows: readonly Reading[], code: string): number[] {
    return rows.map(({ value }) => value(code)).filter((value) => value !== null);
}

function summarize(
    channelId: string,
    period: string,
    lengthS: number,
    intervalS: number,
    rows: readonly Reading[],
): ExpectedPeriod {
    const energies = known(rows, 'E');
    const powers = known(rows, 'P');
    const volts = known(rows, 'V');
    const peak = powers.length === 0 ? null : Math.max(...powers);
    const weighted = rows
        .map(({ value }) => ({ energy: value('E'), factor: value('PF') }))
        .flatMap(({ energy, factor }) => (energy === null || factor === null ? [] : [{ energy, factor }]));
    const weight = addUp(weighted.map(({ energy }) => energy));
    return {
        channelId,
        period,
        energyKwh: energies.length === 0 ? null : addUp(energies) / 1000,
        readingCount: energies.length,
        expectedCount: lengthS / intervalS,
        coverage: (energies.length * intervalS) / lengthS,
        minPowerKw: powers.length === 0 ? null : Math.min(...powers) / 1000,
        peakPowerKw: peak === null ? null : peak / 1000,
        peakAt: peak === null ? null : (rows.find(({ value }) => value('P') === peak)?.at ?? null),
        avgVoltageV: volts.length === 0 ? null : addUp(volts) / volts.length,
        minVoltageV: volts.length === 0 ? null : Math.min(...volts),
        maxVoltageV: volts.length === 0 ? null : Math.max(...volts),
        powerFactor:
            weight > 0 ? addUp(weighted.map(({ energy, factor }) => energy * factor)) / weight : null,
    };
}

/** Neumaier's sum: as exact as the numbers themselves. */
export function addUp(values: readonly number[]): number {
    let sum = 0;
    let lost = 0;
    for (const value of values) {
        const next = sum + value;
        lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
        sum = next;
    }
    return sum + lost;
}

interface LocalDay {
    readonly date: string;
    readonly startsAt: number;
    readonly lengthS: number;
}

interface Calendar {
    /** Every local day that overlaps the span, oldest first. */
    readonly days: readonly LocalDay[];
}

export function makeCalendar(zone: string, from: number, to: number): Calendar {
    const days: LocalDay[] = [];
    for (let at = firstInstantOf(zone, dateAt(zone, from)); at < to; ) {
        const date = dateAt(zone, at);
        const next = firstInstantOf(zone, dayAfter(date));
        days.push({ date, startsAt: at, lengthS: next - at });
        at = next;
    }
    return { days };
}

function monthLength(zone: string, month: string): number {
    const [year = 0, number = 0] = month.split('-').map(Number);
    const after = new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 10);
    return firstInstantOf(zone, after) - firstInstantOf(zone, `${month}-01`);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The local calendar day, as Intl writes it. */
function dateAt(zone: string, at: number): string {
    const format =
        formats.get(zone) ??
        new Intl.DateTimeFormat('en-CA', {
            timeZone: zone,
            year: 'numeric',
            month: '2-digit',
            day: '2-digit',
        });
    formats.set(zone, format);
    return format.format(at * 1000);
}

/** The first quarter-hour of a local day, found by trying: no zone is further than 14 hours from UTC. */
function firstInstantOf(zone: string, date: string): number {
    const midnight = Date.parse(`${date}T00:00:00Z`) / 1000;
    for (let at = midnight - 14 * hour; at <= midnight + 14 * hour; at += 900) {
        if (dateAt(zone, at) === date) return at;
    }
    throw new Error(`${zone} has no ${date}`);
}

function dayAfter(date: string): string {
    return new Date(Date.parse(`${date}T00:00:00Z`) + 24 * hour * 1000).toISOString().slice(0, 10);
}

export function groupByDay(rows: readonly Reading[], { days }: Calendar): Map<string, Reading[]> {
    const groups = new Map<string, Reading[]>();
    let index = 0;
    for (const row of rows) {
        while (row.at >= (days[index]?.startsAt ?? 0) + (days[index]?.lengthS ?? 0)) index += 1;
        const date = days[index]?.date ?? '';
        const group = groups.get(date);
        if (group === undefined) groups.set(date, [row]);
        else group.push(row);
    }
    return groups;
}
