/**
 * Turns a rate of the OpenEI Utility Rate Database into a tariff. What a tariff cannot hold is refused, or named in a
 * warning when the rest still makes a bill; nothing is left out silently. The database's hours are taken as the wall
 * clock of the site. Pure.
 */
import { z } from 'zod';
import { AppError, messageOf } from '../core/errors.ts';
import type { DemandCharge, EnergyCharge, Tariff, TariffVersion, Tier } from './tariff-schema.ts';
import { parseTariffs } from './tariffs.ts';
import { groupMonths, hoursOf, type MonthGroup } from './urdb-months.ts';
import { groupBy, rateOf, refuse, withoutBlanks } from './urdb-parts.ts';
import { findUnreadFields, type UrdbRate, urdbSchema } from './urdb-schema.ts';

export interface ImportedRate {
    readonly tariff: Tariff;
    /** What is not as in the database, one sentence each. */
    readonly warnings: readonly string[];
}

/** Reads the JSON of one rate, or the API's answer around it. Throws SETTINGS_INVALID naming file, field and value. */
export function importUrdb(
    text: string,
    file: string,
    options: { readonly id?: string; readonly currency?: string } = {},
): ImportedRate {
    const rate = readRate(text, file);
    const warnings = findUnreadFields(rate);
    const months = groupMonths(rate, file);
    const energy = toEnergy(rate, months, file, warnings);
    const demand = toDemand(rate, months, file, warnings);
    const version: TariffVersion = withoutBlanks({
        valid_from: toFirstDay(rate, warnings),
        seasons:
            months.length > 1
                ? Object.fromEntries(months.map(({ name, ranges }) => [name, [...ranges]]))
                : undefined,
        energy,
        demand: demand.length > 0 ? demand : undefined,
        ...toFixed(rate, file, warnings),
    });
    const tariff: Tariff = {
        id: options.id ?? rate.label ?? refuse(file, 'label', 'is missing; give the tariff a name with --id'),
        name: [rate.utility, rate.name].filter((part) => typeof part === 'string').join(': ') || 'URDB rate',
        currency: options.currency ?? 'USD',
        versions: [version],
    };
    const [checked = tariff] = parseTariffs(
        JSON.stringify({ tariffs: [tariff] }),
        `the tariff made from ${file}`,
    );
    return { tariff: checked, warnings };
}

function readRate(text: string, file: string): UrdbRate {
    let json: unknown;
    try {
        json = JSON.parse(text);
    } catch (error) {
        throw new AppError('SETTINGS_INVALID', `${file} is not valid JSON: ${messageOf(error)}`);
    }
    const answer = z.object({ items: z.array(z.looseObject({})) }).safeParse(json);
    const items = answer.success ? answer.data.items : Array.isArray(json) ? json : [json];
    if (items.length !== 1) {
        const labels = items.map((item) => String(Object(item).label)).join(', ');
        throw new AppError(
            'SETTINGS_INVALID',
            `${file} holds ${items.length} rates${labels === '' ? '' : `: ${labels}`}`,
            {
                hint: 'Ask the database for one rate, with getpage=LABEL&detail=full.',
            },
        );
    }
    const parsed = urdbSchema.safeParse(items[0]);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new AppError('SETTINGS_INVALID', `${file}: ${issue?.path.join('.')} is wrong: ${issue?.message}`, {
        hint: 'It should be a rate of the OpenEI Utility Rate Database, fetched with detail=full.',
    });
}

/** Either each month has one period, which may have tiers, or each period has one price. */
function toEnergy(
    rate: UrdbRate,
    months: readonly MonthGroup[],
    file: string,
    warnings: string[],
): EnergyCharge {
    const structure = rate.energyratestructure ?? refuse(file, 'energyratestructure', 'is missing');
    for (const [at, tiers] of structure.entries()) {
        const path = `energyratestructure[${at}]`;
        const odd = tiers.find(({ unit }) => unit !== undefined && unit !== null && unit !== 'kWh');
        if (odd !== undefined) refuse(file, path, `is in ${odd.unit}; only prices per kWh can be held`);
        if (tiers.some(({ sell }) => (sell ?? 0) !== 0)) {
            warnings.push(`${path} pays for energy fed in (sell), which is not in the tariff`);
        }
        const last = tiers.at(-1)?.max ?? 0;
        if (last > 0 && last < 1e9) {
            warnings.push(`${path} ends at ${last} kWh; energy above costs the same as its last tier`);
        }
    }
    const tiersOf = (period: number, fuel: number): Tier[] => {
        const tiers =
            structure[period] ??
            refuse(file, 'energyratestructure', `has no period ${period}, which a schedule names`);
        return tiers.map((tier, index) => ({
            ...(index < tiers.length - 1
                ? {
                      up_to_kwh:
                          tier.max ??
                          refuse(file, `energyratestructure[${period}][${index}].max`, 'is missing'),
                  }
                : {}),
            rate: rateOf(tier, fuel, file, `energyratestructure[${period}][${index}]`),
        }));
    };
    const hasTiers = months.some(({ energy }) => energy.some((period) => tiersOf(period, 0).length > 1));
    if (hasTiers) {
        const mixed = months.find(({ energy }) => energy.length > 1);
        if (mixed !== undefined) {
            refuse(
                file,
                'energyratestructure',
                `has tiers and, in ${mixed.name}, several periods: a month here has either`,
            );
        }
        const seasons = months.map(
            ({ name, energy, fuel }) => [name, tiersOf(energy[0] ?? 0, fuel)] as const,
        );
        const [[, tiers = []] = []] = seasons;
        return seasons.length === 1
            ? { kind: 'tiers', tiers }
            : { kind: 'seasonal_tiers', seasons: Object.fromEntries(seasons) };
    }
    const priced = months.flatMap((month) =>
        month.energy.map((period) => ({ month, period, rate: tiersOf(period, month.fuel)[0]?.rate ?? 0 })),
    );
    const rates = new Set(priced.map(({ rate: price }) => price));
    const [only] = rates;
    if (rates.size === 1 && only !== undefined) return { kind: 'flat', rate: only };
    const groups = groupBy(priced, ({ period, rate: price }) => `${period} ${price}`);
    const isAlone = (period: number): boolean =>
        [...groups.keys()].filter((key) => key.startsWith(`${period} `)).length === 1;
    return {
        kind: 'time_of_use',
        periods: [...groups.values()].map((parts) => {
            const [{ period, rate: price } = { period: 0, rate: 0 }] = parts;
            const where = parts.map(({ month }) => month.name).join(', ');
            return {
                name: isAlone(period) ? `period ${period}` : `period ${period}, ${where}`,
                rate: price,
                when: parts.flatMap(({ month }) =>
                    hoursOf(
                        rate.energyweekdayschedule,
                        rate.energyweekendschedule,
                        month,
                        period,
                        months.length > 1,
                    ),
                ),
            };
        }),
    };
}

function toDemand(
    rate: UrdbRate,
    months: readonly MonthGroup[],
    file: string,
    warnings: string[],
): DemandCharge[] {
    const ratchet = toRatchet(rate, file, warnings);
    const flat = (rate.flatdemandstructure ?? []).flatMap((tiers, period) => {
        const price = demandPrice(tiers, `flatdemandstructure[${period}]`, rate.flatdemandunit, file);
        const held = months.filter((month) => month.flatDemand === period);
        if (price === 0 || held.length === 0) return [];
        const seasons = held.map(({ name }) => name);
        return [
            withoutBlanks({
                // One name for all seasons: the ratchet looks at charges of its name.
                name: 'demand',
                rate_per_kw: price,
                when: held.length < months.length ? [{ seasons }] : undefined,
                ratchet,
            }),
        ];
    });
    const byHours = (rate.demandratestructure ?? []).flatMap((tiers, period) => {
        const price = demandPrice(tiers, `demandratestructure[${period}]`, rate.demandrateunit, file);
        const when = months.flatMap((month) =>
            hoursOf(rate.demandweekdayschedule, rate.demandweekendschedule, month, period, months.length > 1),
        );
        if (price === 0 || when.length === 0) return [];
        const held = flat.length === 0 ? ratchet : undefined;
        return [
            withoutBlanks({ name: `time-of-use demand ${period}`, rate_per_kw: price, when, ratchet: held }),
        ];
    });
    if (flat.length + byHours.length > 0 && (rate.demandwindow ?? 15) !== 15) {
        warnings.push(
            `demandwindow is ${rate.demandwindow} minutes; demand is reckoned over 15 minutes here`,
        );
    }
    return [...flat, ...byHours];
}

function demandPrice(
    tiers: Parameters<typeof rateOf>[0][],
    path: string,
    unit: string | null | undefined,
    file: string,
): number {
    const [first] = tiers;
    if (first === undefined) return 0;
    if (tiers.length > 1 && tiers.some((tier) => (tier.rate ?? 0) + (tier.adj ?? 0) !== 0)) {
        refuse(file, path, `has ${tiers.length} tiers; a demand charge here has one price`);
    }
    const price = rateOf(first, 0, file, `${path}[0]`);
    if (price !== 0 && (unit ?? 'kW') !== 'kW')
        refuse(file, path, `is per ${unit}; only demand in kW can be held`);
    return price;
}

function toRatchet(rate: UrdbRate, file: string, warnings: string[]): DemandCharge['ratchet'] {
    const byMonth = new Set(rate.demandratchetpercentage ?? [0]);
    if (byMonth.size > 1)
        refuse(file, 'demandratchetpercentage', 'differs between months; a ratchet here has one percentage');
    const [share = 0] = byMonth;
    const given = share > 0 ? share : (rate.lookbackpercent ?? 0);
    if (given <= 0) return undefined;
    const percent = Number((given <= 1 ? given * 100 : given).toFixed(6));
    const months = rate.lookbackrange ?? 0;
    if (months < 1) warnings.push('the ratchet does not say how many months it looks back; 11 are taken');
    return { percent, months: months < 1 ? 11 : months };
}

function toFixed(
    rate: UrdbRate,
    file: string,
    warnings: string[],
): Pick<TariffVersion, 'fixed' | 'minimum_per_month'> {
    const charge = rate.fixedchargefirstmeter ?? rate.fixedmonthlycharge ?? 0;
    const unit = rate.fixedchargefirstmeter === undefined ? '$/month' : (rate.fixedchargeunits ?? '$/month');
    const least = rate.mincharge ?? rate.minmonthlycharge ?? 0;
    const leastUnit = rate.mincharge === undefined ? '$/month' : (rate.minchargeunits ?? '$/month');
    if (least !== 0 && leastUnit !== '$/month') {
        warnings.push(`mincharge is in ${leastUnit}; only a minimum a month can be held, so there is none`);
    }
    if (charge !== 0 && unit === '$/year')
        warnings.push('the fixed charge a year is charged as a twelfth a month');
    const fixed = charge === 0 ? undefined : toFixedCharge(charge, unit, file);
    return withoutBlanks({
        fixed,
        minimum_per_month: least === 0 || leastUnit !== '$/month' ? undefined : least,
    });
}

function toFixedCharge(charge: number, unit: string, file: string): NonNullable<TariffVersion['fixed']> {
    switch (unit) {
        case '$/day':
            return { per_day: charge };
        case '$/month':
            return { per_month: charge };
        case '$/year':
            return { per_month: Number((charge / 12).toFixed(8)) };
        default:
            return refuse(
                file,
                'fixedchargeunits',
                `is ${JSON.stringify(unit)}, but must be $/day, $/month or $/year`,
            );
    }
}

/** Charges by the month need the first of one. */
function toFirstDay(rate: UrdbRate, warnings: string[]): string {
    if (typeof rate.enddate === 'number')
        warnings.push(`the rate ended on ${dayOf(rate.enddate)}; a tariff here holds on`);
    if (typeof rate.startdate !== 'number') {
        warnings.push('the rate has no startdate; it is taken to hold from 2000-01-01');
        return '2000-01-01';
    }
    const day = dayOf(rate.startdate);
    const first = `${day.slice(0, 8)}01`;
    if (day !== first)
        warnings.push(
            `the rate begins on ${day}; it is taken to hold from ${first}, the first of that month`,
        );
    return first;
}

/** American midnights lie on the same day in UTC. */
function dayOf(instant: number): string {
    return new Date(instant * 1000).toISOString().slice(0, 10);
}
