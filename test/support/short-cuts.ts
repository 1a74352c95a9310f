/**
 * What common short cuts would cost on a recorded dataset, computed straight from its CSV: the right figure and the
 * wrong one side by side. Knows nothing of the product.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
    addUp,
    groupByDay,
    known,
    makeCalendar,
    type Reading,
    readCsv,
    type SiteJson,
} from './second-opinion.ts';

/** Relative errors: 0.01 is 1 % too much, negative is too little. `worst` is the channel (or day) furthest off. */
export interface ShortCuts {
    readonly energyKwh: number;
    /** Each reading rounded to 0.01 kWh, then added up. */
    readonly rounded: Errors;
    /**
     * Days cut at UTC midnight: `all` is the share of energy that lands on another day than the site's, `worst` the
     * error of the worst day against the channel's mean day.
     */
    readonly utcDays: Errors;
    /** Mean power without the readings that are zero. */
    readonly withoutZeros: Errors;
    /** The mean of the days' mean powers, instead of energy divided by measured time. */
    readonly averagedAverages: Errors;
}

export interface Errors {
    readonly all: number;
    readonly worst: number;
}

/** Channels without energy are left out of every error. */
export function measureShortCuts(folder: string): ShortCuts {
    const site: SiteJson = JSON.parse(readFileSync(join(folder, 'site.json'), 'utf8'));
    const readings = readCsv(join(folder, 'readings.csv.gz'));
    const channels = site.channels.flatMap(({ dataChannelId, organizationId, interval_s }) => {
        const rows = (readings.get(String(dataChannelId)) ?? []).filter(({ value }) => value('E') !== null);
        const zone =
            site.organizations.find((row) => row.organizationId === organizationId)?.timeZone ?? 'UTC';
        return addUp(known(rows, 'E')) > 0 ? [measureChannel(rows, zone, interval_s)] : [];
    });
    const energyKwh = addUp(channels.map((channel) => channel.energyKwh));
    const weigh = (pick: (channel: ChannelFigures) => Pair): Errors => {
        const pairs = channels.map(pick);
        const errors = pairs.map(({ right, wrong }) => wrong / right - 1);
        const all = addUp(pairs.map(({ wrong }) => wrong)) / addUp(pairs.map(({ right }) => right)) - 1;
        return { all, worst: furthest(errors) };
    };
    return {
        energyKwh,
        rounded: weigh((channel) => channel.rounded),
        withoutZeros: weigh((channel) => channel.withoutZeros),
        averagedAverages: weigh((channel) => channel.averagedAverages),
        utcDays: {
            all: addUp(channels.map((channel) => channel.movedKwh)) / energyKwh,
            worst: furthest(channels.map((channel) => channel.worstDay)),
        },
    };
}

interface Pair {
    readonly right: number;
    readonly wrong: number;
}

interface ChannelFigures {
    readonly energyKwh: number;
    readonly rounded: Pair;
    readonly withoutZeros: Pair;
    readonly averagedAverages: Pair;
    readonly movedKwh: number;
    readonly worstDay: number;
}

function measureChannel(rows: readonly Reading[], zone: string, intervalS: number): ChannelFigures {
    const energies = known(rows, 'E').map((wh) => wh / 1000);
    const energyKwh = addUp(energies);
    const hours = intervalS / 3600;
    const meanKw = energyKwh / (energies.length * hours);
    const running = energies.filter((kwh) => kwh !== 0);
    const local = dailyEnergy(rows, zone, intervalS);
    const utc = dailyEnergy(rows, 'UTC', intervalS);
    const dates = [...new Set([...local.keys(), ...utc.keys()])];
    const moved = dates.map((date) => ({
        right: addUp(local.get(date) ?? []),
        wrong: addUp(utc.get(date) ?? []),
    }));
    const dayMeans = [...local.values()].map((day) => addUp(day) / (day.length * hours));
    return {
        energyKwh,
        rounded: { right: energyKwh, wrong: addUp(energies.map((kwh) => Math.round(kwh * 100) / 100)) },
        withoutZeros: { right: meanKw, wrong: energyKwh / (running.length * hours) },
        averagedAverages: { right: meanKw, wrong: addUp(dayMeans) / dayMeans.length },
        // What one day lacks another has too much: each moved kWh is seen twice.
        movedKwh: addUp(moved.map(({ right, wrong }) => Math.abs(right - wrong))) / 2,
        // Against the mean day: against a day of almost nothing every error is enormous.
        worstDay: furthest(moved.map(({ right, wrong }) => ((wrong - right) * local.size) / energyKwh)),
    };
}

function dailyEnergy(rows: readonly Reading[], zone: string, intervalS: number): Map<string, number[]> {
    const from = rows[0]?.at ?? 0;
    const to = (rows.at(-1)?.at ?? 0) + intervalS;
    const days = groupByDay(rows, makeCalendar(zone, from, to));
    return new Map([...days].map(([date, some]) => [date, known(some, 'E').map((wh) => wh / 1000)]));
}

function furthest(errors: readonly number[]): number {
    return errors.reduce((worst, error) => (Math.abs(error) > Math.abs(worst) ? error : worst), 0);
}
