/**
 * What a bill must say, reckoned a second time: local time from Intl, rules asked minute by minute, money in whole
 * numbers. Shares no code and no SQL with the product. Readings are whole watt hours.
 */
import type { GivenReading } from '../unit/warehouse/small-lake.ts';

interface Rule {
    readonly days?: readonly string[];
    readonly hours?: readonly string[];
    readonly seasons?: readonly string[];
}

interface Tier {
    readonly up_to_kwh?: number;
    readonly rate: number;
}

type Energy =
    | { readonly kind: 'flat'; readonly rate: number }
    | {
          readonly kind: 'time_of_use';
          readonly periods: readonly {
              readonly name: string;
              readonly rate: number;
              readonly when?: readonly Rule[];
          }[];
      }
    | { readonly kind: 'tiers'; readonly tiers: readonly Tier[] }
    | { readonly kind: 'seasonal_tiers'; readonly seasons: Readonly<Record<string, readonly Tier[]>> };

export interface OpinionVersion {
    readonly valid_from: string;
    readonly seasons?: Readonly<Record<string, readonly string[]>>;
    readonly energy: Energy;
    readonly demand?: readonly {
        readonly name: string;
        readonly rate_per_kw: number;
        readonly when?: readonly Rule[];
        readonly ratchet?: { readonly percent: number; readonly months: number };
    }[];
    readonly fixed?: { readonly per_day?: number; readonly per_month?: number };
    readonly minimum_per_month?: number;
    readonly taxes?: readonly {
        readonly name: string;
        readonly percent: number;
        readonly on?: readonly ('energy' | 'demand' | 'fixed')[];
        readonly compound?: boolean;
    }[];
}

export interface OpinionTariff {
    readonly id: string;
    readonly currency: string;
    readonly versions: readonly OpinionVersion[];
}

export interface OpinionLine {
    readonly kind: string;
    readonly name: string;
    /** In millionths. */
    readonly quantity: bigint;
    /** In smallest units of the currency; null when not known. */
    readonly amount: bigint | null;
    /** Epoch seconds of a peak. */
    readonly peakAt?: number;
}

export interface OpinionBill {
    /** `2026-03` */
    readonly month: string;
    readonly lines: readonly OpinionLine[];
}

interface Local {
    readonly date: string;
    readonly minute: number;
}

/** The clock of a zone, by way of Intl. */
export function clockOf(zone: string): (instant: number) => Local {
    const format = new Intl.DateTimeFormat('en-CA', {
        timeZone: zone,
        hourCycle: 'h23',
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
    });
    const known = new Map<number, Local>();
    return (instant) => {
        const found = known.get(instant);
        if (found !== undefined) return found;
        const parts = Object.fromEntries(
            format.formatToParts(instant * 1000).map(({ type, value }) => [type, value]),
        );
        const local = {
            date: `${parts.year}-${parts.month}-${parts.day}`,
            minute: Number(parts.hour) * 60 + Number(parts.minute),
        };
        known.set(instant, local);
        return local;
    };
}

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

function isIn(range: string, day: string): boolean {
    const [from = '', to = ''] = range.split('..');
    return from > to ? day >= from || day <= to : day >= from && day <= to;
}

function holds(
    rules: readonly Rule[] | undefined,
    version: OpinionVersion,
    local: Local,
    holidays: readonly string[],
): boolean {
    if (rules === undefined) return true;
    const seasons = Object.entries(version.seasons ?? {}).filter(([, ranges]) =>
        ranges.some((range) => isIn(range, local.date.slice(5))),
    );
    const isHoliday = JSON.stringify(version).includes('"holiday"') && holidays.includes(local.date);
    const weekday = weekdays[new Date(`${local.date}T12:00:00Z`).getUTCDay()] ?? '';
    return rules.some((rule) => {
        const day = isHoliday
            ? ['holiday']
            : [weekday, ['sat', 'sun'].includes(weekday) ? 'weekends' : 'weekdays'];
        const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
        return (
            (rule.days === undefined || rule.days.some((word) => day.includes(word))) &&
            (rule.seasons === undefined ||
                rule.seasons.some((name) => seasons.some(([season]) => season === name))) &&
            (rule.hours === undefined ||
                rule.hours.some((range) => {
                    const [from = '', to = ''] = range.split('-');
                    return local.minute >= minutes(from) && local.minute < minutes(to);
                }))
        );
    });
}

function versionAt(tariff: OpinionTariff, date: string): OpinionVersion | undefined {
    return [...tariff.versions].reverse().find((version) => version.valid_from <= date);
}

/** Period and price at one instant; price undefined without a version, null under tiers. */
function priceAt(
    tariff: OpinionTariff,
    local: Local,
    holidays: readonly string[],
): { readonly period: string; readonly rate: number | null } | undefined {
    const version = versionAt(tariff, local.date);
    if (version === undefined) return undefined;
    const { energy } = version;
    if (energy.kind === 'flat') return { period: 'energy', rate: energy.rate };
    if (energy.kind === 'tiers') return { period: 'energy', rate: null };
    if (energy.kind === 'seasonal_tiers') {
        const season = Object.entries(version.seasons ?? {}).find(([, ranges]) =>
            ranges.some((range) => isIn(range, local.date.slice(5))),
        );
        return { period: season?.[0] ?? '', rate: null };
    }
    const named = energy.periods.find(
        ({ when }) => when !== undefined && holds(when, version, local, holidays),
    );
    const period = named ?? energy.periods.find(({ when }) => when === undefined);
    return period === undefined ? undefined : { period: period.name, rate: period.rate };
}

/** The price of a whole reading; null when not known or not the same throughout. */
export function rateOf(
    tariff: OpinionTariff,
    reading: GivenReading,
    clock: (instant: number) => Local,
    holidays: readonly string[],
): number | null {
    const rates = new Set<number | null>();
    for (let at = reading.at; at < reading.at + reading.interval; at += 300) {
        rates.add(priceAt(tariff, clock(at), holidays)?.rate ?? null);
    }
    const [only = null] = rates;
    return rates.size === 1 ? only : null;
}

/** Half away from zero. */
function divide(value: bigint, by: bigint): bigint {
    const half = value < 0n ? -by / 2n : by / 2n;
    return (value + half) / by;
}

const e8 = (value: number): bigint => BigInt(Math.round(value * 1e8));

/** The bills of one account: all readings of its channels, each month on the clock of `zone`. */
export function reckonBills(
    tariff: OpinionTariff,
    readings: readonly GivenReading[],
    zone: string,
    holidays: readonly string[] = [],
): OpinionBill[] {
    const clock = clockOf(zone);
    const digits = tariff.currency === 'JPY' ? 0 : tariff.currency === 'KWD' ? 3 : 2;
    const units = 10n ** BigInt(digits);
    const price = (quantity: bigint, rate: number): bigint => divide(quantity * e8(rate) * units, 10n ** 14n);
    const months = new Map<string, GivenReading[]>();
    for (const reading of readings) {
        const month = clock(reading.at).date.slice(0, 7);
        months.set(month, [...(months.get(month) ?? []), reading]);
    }
    const peaks = new Map<string, Map<string, bigint>>();
    return [...months].sort().map(([month, rows]) => {
        const lines: (OpinionLine & { readonly version: number })[] = [];
        const add = (version: number, line: OpinionLine): void => {
            lines.push({ ...line, version });
        };
        let unpriced = 0n;
        for (const [number, version] of tariff.versions.entries()) {
            const mine = rows.filter((row) => versionAt(tariff, clock(row.at).date) === version);
            const wh = (some: readonly GivenReading[]): bigint =>
                some.reduce((sum, row) => sum + BigInt(Math.round((row.energy ?? 0) * 1000)), 0n);
            const { energy } = version;
            if (energy.kind === 'flat' || energy.kind === 'time_of_use') {
                const names = energy.kind === 'flat' ? ['energy'] : energy.periods.map(({ name }) => name);
                for (const name of names) {
                    const inside = mine.filter(
                        (row) =>
                            row.energy !== null && priceAt(tariff, clock(row.at), holidays)?.period === name,
                    );
                    const priced = inside.filter((row) => rateOf(tariff, row, clock, holidays) !== null);
                    const rest = inside.filter((row) => rateOf(tariff, row, clock, holidays) === null);
                    unpriced += wh(rest) * 1000n;
                    const rate =
                        energy.kind === 'flat'
                            ? energy.rate
                            : energy.periods.find((p) => p.name === name)?.rate;
                    if (priced.length > 0) {
                        const quantity = wh(priced) * 1000n;
                        add(number, { kind: 'energy', name, quantity, amount: price(quantity, rate ?? 0) });
                    }
                }
            } else if (mine.length > 0) {
                const { period = '' } = priceAt(tariff, clock(mine[0]?.at ?? 0), holidays) ?? {};
                const tiers = energy.kind === 'tiers' ? energy.tiers : (energy.seasons[period] ?? []);
                const total = wh(mine) * 1000n;
                let from = 0n;
                for (const [index, tier] of tiers.entries()) {
                    const to =
                        tier.up_to_kwh === undefined ? undefined : BigInt(Math.round(tier.up_to_kwh * 1e6));
                    const top = to === undefined || to > total ? total : to;
                    if (top > from || (index === 0 && total === 0n)) {
                        add(number, {
                            kind: 'energy',
                            name: period,
                            quantity: top - from,
                            amount: price(top - from, tier.rate),
                        });
                    }
                    from = to ?? total;
                }
            }
            for (const charge of version.demand ?? []) {
                const windows = new Map<number, bigint>();
                // Millionths of a kW: 4 × kWh of the quarter.
                for (const row of readings) {
                    if (row.energy === null || row.energy === undefined) continue;
                    const parts = Math.max(row.interval / 900, 1);
                    const each = (BigInt(Math.round(row.energy * 1000)) * 4000n) / BigInt(parts);
                    for (let part = 0; part < parts; part += 1) {
                        const window = Math.floor(row.at / 900) + part;
                        windows.set(window, (windows.get(window) ?? 0n) + each);
                    }
                }
                const counted = [...windows]
                    .filter(([window]) => {
                        const local = clock(window * 900);
                        return (
                            local.date.startsWith(month) &&
                            versionAt(tariff, local.date) === version &&
                            holds(charge.when, version, local, holidays)
                        );
                    })
                    .sort(([a, one], [b, other]) => (one === other ? a - b : one > other ? -1 : 1));
                const [peak] = counted;
                if (peak === undefined) continue;
                const earlier = peaks.get(charge.name) ?? new Map<string, bigint>();
                let billed = peak[1];
                for (const [before, kw] of earlier) {
                    const back =
                        (Number(month.slice(0, 4)) - Number(before.slice(0, 4))) * 12 +
                        Number(month.slice(5)) -
                        Number(before.slice(5));
                    if (charge.ratchet === undefined || back > charge.ratchet.months) continue;
                    const least = divide(kw * BigInt(Math.round(charge.ratchet.percent * 1e6)), 100_000_000n);
                    if (least > billed) billed = least;
                }
                earlier.set(month, peak[1]);
                peaks.set(charge.name, earlier);
                add(number, {
                    kind: 'demand',
                    name: charge.name,
                    quantity: billed,
                    amount: price(billed, charge.rate_per_kw),
                    peakAt: peak[0] * 900,
                });
            }
            const days = daysOf(month).filter((date) => versionAt(tariff, date) === version).length;
            if (days > 0 && version.fixed?.per_day !== undefined) {
                const quantity = BigInt(days) * 1_000_000n;
                add(number, {
                    kind: 'fixed',
                    name: 'fixed charge',
                    quantity,
                    amount: price(quantity, version.fixed.per_day),
                });
            }
            if (days > 0 && version.fixed?.per_month !== undefined) {
                add(number, {
                    kind: 'fixed',
                    name: 'fixed charge',
                    quantity: 1_000_000n,
                    amount: price(1_000_000n, version.fixed.per_month),
                });
            }
        }
        const before = rows.filter(
            (row) => row.energy !== null && versionAt(tariff, clock(row.at).date) === undefined,
        );
        unpriced += before.reduce(
            (sum, row) => sum + BigInt(Math.round((row.energy ?? 0) * 1000)) * 1000n,
            0n,
        );
        const hasUnpriced =
            before.length > 0 ||
            rows.some((row) => {
                const version = versionAt(tariff, clock(row.at).date);
                return (
                    row.energy !== null &&
                    version !== undefined &&
                    (version.energy.kind === 'flat' || version.energy.kind === 'time_of_use') &&
                    rateOf(tariff, row, clock, holidays) === null
                );
            });
        if (hasUnpriced)
            add(-1, { kind: 'energy', name: 'without a price', quantity: unpriced, amount: null });
        for (const [number, version] of tariff.versions.entries()) {
            const mine = lines.filter((line) => line.version === number);
            if (mine.length === 0) continue;
            const sum = (...kinds: readonly string[]): bigint =>
                lines
                    .filter((line) => line.version === number && kinds.includes(line.kind))
                    .reduce((total, line) => total + (line.amount ?? 0n), 0n);
            const charged = sum('energy', 'demand', 'fixed');
            if (version.minimum_per_month !== undefined && !hasUnpriced) {
                const least = price(1_000_000n, version.minimum_per_month);
                if (least > charged) {
                    const quantity = (charged * 1_000_000n) / units;
                    add(number, {
                        kind: 'minimum',
                        name: 'minimum charge',
                        quantity,
                        amount: least - charged,
                    });
                }
            }
            for (const tax of version.taxes ?? []) {
                const on = tax.on ?? ['energy', 'demand', 'fixed'];
                const base =
                    on.reduce(
                        (total, kind) => total + (kind === 'fixed' ? sum('fixed', 'minimum') : sum(kind)),
                        0n,
                    ) + (tax.compound === true ? sum('tax') : 0n);
                const amount = divide(base * BigInt(Math.round(tax.percent * 1e6)), 100_000_000n);
                add(number, {
                    kind: 'tax',
                    name: tax.name,
                    quantity: (base * 1_000_000n) / units,
                    amount: hasUnpriced ? null : amount,
                });
            }
        }
        return { month, lines };
    });
}

function daysOf(month: string): string[] {
    const count = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate();
    return Array.from({ length: count }, (_, index) => `${month}-${String(index + 1).padStart(2, '0')}`);
}
