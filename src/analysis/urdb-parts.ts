/** Small things the URDB import needs everywhere: prices, groups, refusals, objects without undefined. */
import { AppError } from '../core/errors.ts';
import type { UrdbTier } from './urdb-schema.ts';

/** Price of a tier with its adjustment and the month's fuel adjustment. Throws when it is below zero. */
export function rateOf(tier: UrdbTier, fuel: number, file: string, path: string): number {
    const rate = Number(((tier.rate ?? 0) + (tier.adj ?? 0) + fuel).toFixed(8));
    return rate < 0
        ? refuse(file, path, `costs ${rate} with its adjustments; a price here is not negative`)
        : rate;
}

/** The items by what `keyOf` says of them, in order of first appearance. */
export function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> {
    const groups = new Map<string, T[]>();
    for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
    return groups;
}

/** Throws SETTINGS_INVALID about a field of the rate. */
export function refuse(file: string, path: string, problem: string): never {
    throw new AppError('SETTINGS_INVALID', `${file}: ${path} ${problem}`, {
        hint: 'docs/tariffs.md tells what can be taken over; write the tariff by hand where it cannot.',
    });
}

type Blankless<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
    [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without its undefined values. */
export function withoutBlanks<T extends object>(given: T): Blankless<T>;
export function withoutBlanks(given: object): object {
    return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
