/** The form of `reference/tariffs.json`, in the file's own words. Docs: docs/tariffs.md. */
import { z } from 'zod';

/** Kinds of day, Monday first. Once a version names `holiday`, a holiday is no longer its weekday. */
export const dayKinds = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'holiday'] as const;
export type DayKind = (typeof dayKinds)[number];

/** Most taxes a version may have: the bill's SQL computes them one after the other. */
const mostTaxes = 4;
/** Most demand charges a version may have: they are bits of an integer. */
const mostDemandCharges = 30;

const decimals = (value: number): boolean => Number(value.toFixed(8)) === value;

/** An amount of money. Eight decimals are exact in the bill's decimal arithmetic. */
const money = z
    .number('must be a number')
    .min(0, 'must not be negative')
    .max(99_999, 'must not be above 99999')
    .refine(decimals, 'must not have more than 8 decimals');

const name = z
    .string('must be text')
    .refine((text) => text.trim() === text && text !== '', 'must not be empty');

const date = z.string('must be text').refine(isDate, 'must be a day written as 2026-10-01');

const dayRange = z
    .string('must be text')
    .regex(/^\d\d-\d\d\.\.\d\d-\d\d$/, 'must be days of the year written as 06-01..09-30')
    .refine((text) => text.split('..').every((day) => isDate(`2024-${day}`)), 'must name days of the year');

const hours = z
    .string('must be text')
    .regex(/^\d\d:\d\d-\d\d:\d\d$/, 'must be hours written as 07:00-20:00')
    .refine(
        (text) =>
            text.split('-').every((time) => time === '24:00' || /^([01]\d|2[0-3]):(00|15|30|45)$/.test(time)),
        'must begin and end on a quarter hour between 00:00 and 24:00',
    )
    .refine((text) => {
        const [from = '', to = ''] = text.split('-');
        return from < to;
    }, 'must end after it begins; write hours across midnight as two ranges, 00:00-06:00 and 22:00-24:00');

const rule = z.strictObject({
    days: z
        .array(
            z.enum([...dayKinds, 'weekdays', 'weekends'], 'must be mon … sun, weekdays, weekends or holiday'),
        )
        .min(1, 'must not be empty')
        .optional(),
    hours: z.array(hours).min(1, 'must not be empty').optional(),
    seasons: z.array(name).min(1, 'must not be empty').optional(),
});

const when = z.array(rule).min(1, 'must not be empty').optional();

const tiers = z
    .array(
        z.strictObject({
            up_to_kwh: z
                .number('must be a number')
                .positive('must be above 0')
                .max(999_999_999, 'must not be above 999999999')
                .refine((value) => Number(value.toFixed(6)) === value, 'must not have more than 6 decimals')
                .optional(),
            rate: money,
        }),
    )
    .min(1, 'must not be empty');

const energy = z.discriminatedUnion(
    'kind',
    [
        z.strictObject({ kind: z.literal('flat'), rate: money }),
        z.strictObject({
            kind: z.literal('time_of_use'),
            periods: z.array(z.strictObject({ name, rate: money, when })).min(1, 'must not be empty'),
        }),
        z.strictObject({ kind: z.literal('tiers'), tiers }),
        z.strictObject({ kind: z.literal('seasonal_tiers'), seasons: z.record(name, tiers) }),
    ],
    'must have a "kind": flat, time_of_use, tiers or seasonal_tiers',
);

const demand = z.strictObject({
    name,
    rate_per_kw: money,
    when,
    ratchet: z
        .strictObject({
            percent: z
                .number('must be a number')
                .gt(0, 'must be above 0')
                .max(100, 'must not be above 100')
                .refine((value) => Number(value.toFixed(6)) === value, 'must not have more than 6 decimals'),
            months: z
                .int('must be a whole number')
                .min(1, 'must be at least 1')
                .max(60, 'must not be above 60'),
        })
        .optional(),
});

const tax = z.strictObject({
    name,
    percent: z
        .number('must be a number')
        .min(0, 'must not be negative')
        .max(1000, 'must not be above 1000')
        .refine((value) => Number(value.toFixed(6)) === value, 'must not have more than 6 decimals'),
    on: z
        .array(z.enum(['energy', 'demand', 'fixed'], 'must be energy, demand or fixed'))
        .min(1, 'must not be empty')
        .optional(),
    compound: z.boolean('must be true or false').optional(),
});

const version = z.strictObject({
    valid_from: date,
    seasons: z.record(name, z.array(dayRange).min(1, 'must not be empty')).optional(),
    energy,
    demand: z.array(demand).max(mostDemandCharges, `must not have more than ${mostDemandCharges}`).optional(),
    fixed: z.strictObject({ per_day: money.optional(), per_month: money.optional() }).optional(),
    minimum_per_month: money.optional(),
    taxes: z.array(tax).max(mostTaxes, `must not have more than ${mostTaxes}`).optional(),
});

const tariff = z.strictObject({
    id: name,
    name: name.optional(),
    currency: z.string('must be text').regex(/^[A-Z]{3}$/, 'must be a currency code such as EUR'),
    versions: z.array(version).min(1, 'must not be empty'),
});

export const tariffFileSchema = z.strictObject({ tariffs: z.array(tariff) });

export type Tariff = z.infer<typeof tariff>;
export type TariffVersion = z.infer<typeof version>;
export type EnergyCharge = z.infer<typeof energy>;
export type DemandCharge = z.infer<typeof demand>;
export type Rule = z.infer<typeof rule>;
export type Tier = z.infer<typeof tiers>[number];

function isDate(text: string): boolean {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
    const at = Date.parse(`${text}T00:00:00Z`);
    return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === text;
}
