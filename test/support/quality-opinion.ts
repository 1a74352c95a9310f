/**
 * How many readings of a replayed dataset each rule of the cleaning must mark by its default threshold, computed from
 * its CSV alone: loops over days and neighbours instead of windows in SQL.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { groupByDay, makeCalendar, type Reading, readCsv, type SiteJson } from './second-opinion.ts';

/** Rules without a reading are left out. */
export function countSuspects(folder: string): Record<string, number> {
    const site: SiteJson = JSON.parse(readFileSync(join(folder, 'site.json'), 'utf8'));
    const zones = new Map(site.organizations.map((row) => [row.organizationId, row.timeZone]));
    const counts = new Map<string, number>();
    const count = (rule: string, readings: number): void => {
        if (readings > 0) counts.set(rule, (counts.get(rule) ?? 0) + readings);
    };
    const all = readCsv(join(folder, 'readings.csv.gz'));
    for (const { dataChannelId, organizationId, interval_s: interval } of site.channels) {
        const rows = all.get(String(dataChannelId)) ?? [];
        const first = rows[0]?.at ?? 0;
        const last = rows.at(-1)?.at ?? 0;
        const calendar = makeCalendar(zones.get(organizationId) ?? 'UTC', first, last + interval);
        count('negative_energy', rows.filter((row) => (row.value('E') ?? 0) < 0).length);
        count('negative_power', rows.filter((row) => (row.value('P') ?? 0) < 0).length);
        count('voltage_range', rows.filter(hasOddVoltage).length);
        count('power_factor_range', rows.filter((row) => Math.abs(row.value('PF') ?? 0) > 1).length);
        count('energy_power_mismatch', rows.filter((row) => disagrees(row, interval)).length);
        for (const day of groupByDay(rows, calendar).values()) {
            count('spike', countSpikes(day, interval));
        }
        count('flat_line', countFlat(rows, interval));
    }
    return Object.fromEntries([...counts].sort(([a], [b]) => a.localeCompare(b)));
}

function hasOddVoltage({ value }: Reading): boolean {
    const volts = value('V');
    return volts !== null && volts !== 0 && (volts < 50 || volts > 600);
}

const possible = (value: number | null): number | null => (value === null || value < 0 ? null : value / 1000);

function disagrees({ value }: Reading, interval: number): boolean {
    const [kwh, kw] = [possible(value('E')), possible(value('P'))];
    if (kwh === null || kw === null) return false;
    const byPower = (kw * interval) / 3600;
    const apart = Math.abs(kwh - byPower);
    return apart > 0.01 && apart > 0.05 * Math.max(kwh, byPower);
}

function meanKw({ value }: Reading, interval: number): number | null {
    const kwh = possible(value('E'));
    return kwh === null ? possible(value('P')) : (3600 * kwh) / interval;
}

function countSpikes(day: readonly Reading[], interval: number): number {
    const means = day.map((row) => meanKw(row, interval)).filter((kw) => kw !== null);
    const third = [...means].sort((a, b) => b - a)[2];
    if (third === undefined || means.length * interval < 12 * 3600) return 0;
    return means.filter((kw) => kw > third * 1.8 && kw >= 5).length;
}

function countFlat(rows: readonly Reading[], interval: number): number {
    let found = 0;
    let run: Reading[] = [];
    const close = (): void => {
        const [one] = run;
        const kw = one === undefined ? null : meanKw(one, interval);
        if (kw !== null && kw > 0.1 && run.length * interval >= 6 * 3600) found += run.length;
    };
    for (const row of rows) {
        const last = run.at(-1);
        const isSame =
            last !== undefined &&
            last.at + interval === row.at &&
            meanKw(last, interval) === meanKw(row, interval) &&
            possible(last.value('P')) === possible(row.value('P'));
        if (!isSame) {
            close();
            run = [];
        }
        run.push(row);
    }
    close();
    return found;
}
