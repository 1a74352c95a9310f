/** What a well-formed tariff file must also be: complete, without overlap, in order. Each finding names its place. Pure. */
import {
    dayKindsOf,
    daysOfYear,
    formatQuarter,
    quartersOf,
    quartersPerDay,
    rulesOf,
    seasonNames,
    seasonsAt,
} from './tariff-hours.ts';
import type { EnergyCharge, Tariff, TariffVersion, Tier } from './tariff-schema.ts';

/** What is wrong, and where: `tariffs[0].versions[1].energy.periods[2].rate`. */
export interface Problem {
    readonly path: string;
    /** `is -1, but must not be negative` */
    readonly message: string;
}

export function findProblems(tariffs: readonly Tariff[]): Problem[] {
    const seen = new Set<string>();
    return tariffs.flatMap((tariff, index) => {
        const at = `tariffs[${index}]`;
        const double = seen.has(tariff.id);
        seen.add(tariff.id);
        return [
            ...(double
                ? [{ path: `${at}.id`, message: `is "${tariff.id}", the id of an earlier tariff` }]
                : []),
            ...findVersionOrder(tariff, at),
            ...tariff.versions.flatMap((version, number) =>
                findVersionProblems(version, `${at}.versions[${number}]`),
            ),
        ];
    });
}

/** Versions follow each other, and what is billed by the month begins with a month. */
function findVersionOrder({ versions }: Tariff, at: string): Problem[] {
    return versions.flatMap((version, index) => {
        const path = `${at}.versions[${index}].valid_from`;
        const before = versions[index - 1];
        const found: Problem[] = [];
        if (before !== undefined && version.valid_from <= before.valid_from) {
            found.push({
                path,
                message: `is ${version.valid_from}, but must be after ${before.valid_from} of the version before it`,
            });
        }
        const monthly =
            monthlyChargeOf(version) ?? (before === undefined ? undefined : monthlyChargeOf(before));
        if (monthly !== undefined && !version.valid_from.endsWith('-01')) {
            found.push({
                path,
                message: `is ${version.valid_from}, but must be the first of a month: ${monthly} is reckoned by the month`,
            });
        }
        return found;
    });
}

function monthlyChargeOf(version: TariffVersion): string | undefined {
    if (version.energy.kind === 'tiers' || version.energy.kind === 'seasonal_tiers') return 'a tier';
    if ((version.demand ?? []).length > 0) return 'a demand charge';
    if (version.fixed?.per_month !== undefined) return 'a fixed charge per month';
    return version.minimum_per_month === undefined ? undefined : 'a minimum';
}

function findVersionProblems(version: TariffVersion, at: string): Problem[] {
    const seasons = findSeasonProblems(version, at);
    const unknown = findUnknownSeasons(version, at);
    const names = findDoubles(version.taxes ?? [], `${at}.taxes`);
    // Hours can only be judged once the seasons are sound.
    if (seasons.length > 0 || unknown.length > 0) return [...seasons, ...unknown, ...names];
    return [
        ...names,
        ...findEnergyProblems(version, version.energy, `${at}.energy`),
        ...findDoubleDemand(version, `${at}.demand`),
    ];
}

/** One name for the charges of several seasons makes them one for the ratchet; within a season it would confuse. */
function findDoubleDemand(version: TariffVersion, at: string): Problem[] {
    const { demand = [] } = version;
    const holds = (index: number, season: string | undefined): boolean => {
        const when = demand[index]?.when;
        return (
            when === undefined || dayKindsOf(version).some((kind) => quartersOf(when, season, kind).size > 0)
        );
    };
    return demand.flatMap(({ name }, index) => {
        const earlier = demand.findIndex((other) => other.name === name);
        const season = seasonNames(version).find((one) => holds(earlier, one) && holds(index, one));
        if (
            earlier === index ||
            !seasonNames(version).some((one) => holds(earlier, one) && holds(index, one))
        )
            return [];
        const where = season === undefined ? '' : `, and both hold in ${season}`;
        return [{ path: `${at}[${index}].name`, message: `is "${name}", which an earlier one has${where}` }];
    });
}

function findSeasonProblems(version: TariffVersion, at: string): Problem[] {
    if (version.seasons === undefined) return [];
    const path = `${at}.seasons`;
    const missing = daysOfYear.find((day) => seasonsAt(version, day).length === 0);
    const double = daysOfYear.find((day) => seasonsAt(version, day).length > 1);
    return [
        ...(missing === undefined
            ? []
            : [{ path, message: `leave out ${missing}: every day of the year needs one` }]),
        ...(double === undefined
            ? []
            : [{ path, message: `overlap: ${double} is in ${seasonsAt(version, double).join(' and ')}` }]),
    ];
}

function findUnknownSeasons(version: TariffVersion, at: string): Problem[] {
    const known = Object.keys(version.seasons ?? {});
    const named = [
        ...rulesOf(version).flatMap(({ seasons = [] }) => seasons),
        ...(version.energy.kind === 'seasonal_tiers' ? Object.keys(version.energy.seasons) : []),
    ];
    const unknown = named.find((season) => !known.includes(season));
    if (unknown === undefined) return [];
    const has = known.length === 0 ? 'it defines none' : `it has ${known.join(', ')}`;
    return [{ path: at, message: `names the season "${unknown}", but ${has}` }];
}

function findDoubles(named: readonly { readonly name: string }[], at: string): Problem[] {
    return named.flatMap(({ name }, index) =>
        named.findIndex((other) => other.name === name) < index
            ? [{ path: `${at}[${index}].name`, message: `is "${name}", which an earlier one has` }]
            : [],
    );
}

function findEnergyProblems(version: TariffVersion, energy: EnergyCharge, at: string): Problem[] {
    switch (energy.kind) {
        case 'flat':
            return [];
        case 'time_of_use':
            return [
                ...findDoubles(energy.periods, `${at}.periods`),
                ...findPeriodProblems(version, energy, at),
            ];
        case 'tiers':
            return findTierProblems(energy.tiers, `${at}.tiers`);
        case 'seasonal_tiers':
            return [
                ...Object.entries(energy.seasons).flatMap(([season, tiers]) =>
                    findTierProblems(tiers, `${at}.seasons.${season}`),
                ),
                ...seasonNames(version).flatMap((season) =>
                    season === undefined || energy.seasons[season] !== undefined
                        ? []
                        : [{ path: `${at}.seasons`, message: `have no tiers for the season "${season}"` }],
                ),
                ...findSplitMonths(version, `${at}.seasons`),
            ];
    }
}

function findTierProblems(tiers: readonly Tier[], at: string): Problem[] {
    return tiers.flatMap(({ up_to_kwh: limit }, index) => {
        const path = `${at}[${index}].up_to_kwh`;
        const isLast = index === tiers.length - 1;
        const below = tiers[index - 1]?.up_to_kwh ?? 0;
        if (isLast && limit !== undefined) {
            return [{ path, message: `is ${limit}, but the last tier must have no limit` }];
        }
        if (!isLast && limit === undefined)
            return [{ path, message: 'is missing: only the last tier has no limit' }];
        return limit !== undefined && limit <= below
            ? [{ path, message: `is ${limit}, but must be above ${below} of the tier before it` }]
            : [];
    });
}

/** Tiers count a whole month, so the month must lie in one season. */
function findSplitMonths(version: TariffVersion, at: string): Problem[] {
    const split = daysOfYear.find((day, index) => {
        const before = daysOfYear[index - 1];
        if (before === undefined || !day.startsWith(before.slice(0, 3))) return false;
        return seasonsAt(version, day)[0] !== seasonsAt(version, before)[0];
    });
    return split === undefined
        ? []
        : [{ path: at, message: `change on ${split}, inside a month: tiers need seasons of whole months` }];
}

/** Every quarter hour of every kind of day in every season has exactly one period. The first fault is told. */
function findPeriodProblems(
    version: TariffVersion,
    energy: Extract<EnergyCharge, { kind: 'time_of_use' }>,
    at: string,
): Problem[] {
    const rest = energy.periods.filter(({ when }) => when === undefined);
    const path = `${at}.periods`;
    if (rest.length > 1) {
        const names = rest.map(({ name }) => `"${name}"`).join(' and ');
        return [{ path, message: `leave the rest of the day to ${names}; only one may have no "when"` }];
    }
    for (const season of seasonNames(version)) {
        for (const kind of dayKindsOf(version)) {
            const owners: string[][] = Array.from({ length: quartersPerDay }, () => []);
            for (const { name, when } of energy.periods) {
                if (when === undefined) continue;
                for (const quarter of quartersOf(when, season, kind)) owners[quarter]?.push(name);
            }
            const place = (isBad: (names: readonly string[] | undefined) => boolean): string => {
                const from = owners.findIndex(isBad);
                const length = owners.slice(from).findIndex((names) => !isBad(names));
                const to = length === -1 ? quartersPerDay : from + length;
                return `${season === undefined ? '' : `${season}, `}${kind} ${formatQuarter(from)}-${formatQuarter(to)}`;
            };
            const double = owners.find((names) => names.length > 1);
            if (double !== undefined) {
                const same = double.join(' and ');
                return [
                    {
                        path,
                        message: `overlap on ${place((names) => names?.join(' and ') === same)}: ${same}`,
                    },
                ];
            }
            if (rest.length === 0 && owners.some((names) => names.length === 0)) {
                return [{ path, message: `leave out ${place((names) => names?.length === 0)}` }];
            }
        }
    }
    return [];
}
