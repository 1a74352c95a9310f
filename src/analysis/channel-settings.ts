/** Every setting a channel can have: its key in reference/settings.json, its column, what it may be, its default. */
import { z } from 'zod';

export type SettingValue = string | number | boolean | null;

export interface ChannelSetting {
    /** As a person writes it. */
    readonly key: string;
    /** The column of `channel_settings`, in which times of day are seconds and weekdays are bits. */
    readonly column: string;
    /** Turns what was written into the column's value. */
    readonly schema: z.ZodType<SettingValue>;
    /** The column's value when nothing is set. */
    readonly fallback: SettingValue;
    /** One sentence for the documentation. */
    readonly meaning: string;
    /** What may be written. */
    readonly allowed: string;
    /** The column's value as a person would write it. */
    readonly show: (value: SettingValue) => string;
}

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const plain = (value: SettingValue): string => (value === null ? 'none' : String(value));

interface NumberFacts {
    readonly least: number;
    readonly most: number;
    readonly fallback: number | null;
    readonly whole?: true;
    /** May be set to null: the rule is off. */
    readonly orNone?: true;
}

function number(key: string, facts: NumberFacts, meaning: string): ChannelSetting {
    const { least, most, fallback, whole, orNone } = facts;
    const range = `${whole === true ? 'a whole number' : 'a number'} from ${least} to ${most}`;
    const allowed = orNone === true ? `${range}, or null` : range;
    const fits = (value: SettingValue): boolean =>
        (value === null && orNone === true) ||
        (typeof value === 'number' &&
            value >= least &&
            value <= most &&
            (whole !== true || Number.isInteger(value)));
    const schema = z.union([z.number(), z.null()], `must be ${allowed}`).refine(fits, `must be ${allowed}`);
    return { key, column: key, schema, fallback, meaning, allowed, show: plain };
}

function timeOfDay(key: string, fallback: string, meaning: string): ChannelSetting {
    const allowed = 'a local time from "00:00" to "24:00"';
    const schema = z
        .string(`must be ${allowed}`)
        .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, `must be ${allowed}`)
        .transform(secondsOf);
    const show = (value: SettingValue): string =>
        typeof value === 'number' ? new Date(value * 1000).toISOString().slice(11, 16) : plain(value);
    return {
        key,
        column: `${key}_s`,
        schema,
        fallback: secondsOf(fallback),
        meaning,
        allowed,
        show: (value) => (value === 86_400 ? '24:00' : show(value)),
    };
}

function secondsOf(text: string): number {
    const [hours = 0, minutes = 0] = text.split(':').map(Number);
    return 3600 * hours + 60 * minutes;
}

const businessDays: ChannelSetting = {
    key: 'business_days',
    column: 'business_days',
    schema: z
        .array(z.enum(weekdays, `must be one of ${weekdays.join(', ')}`), 'must be a list of weekdays')
        .transform((days) => [...new Set(days)].reduce((bits, day) => bits + 2 ** weekdays.indexOf(day), 0)),
    fallback: 31,
    meaning: 'Days of the week on which the site is open.',
    allowed: `a list of ${weekdays.join(', ')}`,
    show: (value) => weekdays.filter((_, index) => ((Number(value) >> index) & 1) === 1).join(' ') || 'none',
};

/** In the order in which documentation and command show them. */
export const channelSettings: readonly ChannelSetting[] = [
    number(
        'expected_interval_s',
        { least: 1, most: 31_622_400, fallback: null, whole: true, orNone: true },
        'Length its readings should have, in seconds; others are marked. null: any length.',
    ),
    {
        key: 'nominal_frequency_hz',
        column: 'nominal_frequency_hz',
        schema: z.union([z.literal(50), z.literal(60)], 'must be 50 or 60'),
        fallback: 60,
        meaning: 'Frequency of the grid.',
        allowed: '50 or 60',
        show: plain,
    },
    number(
        'max_frequency_deviation_hz',
        { least: 0, most: 50, fallback: 5 },
        'Frequency further from nominal is impossible; 0 Hz is an outage.',
    ),
    number(
        'min_voltage_v',
        { least: 0, most: 1_000_000, fallback: 50 },
        'Voltage below is impossible; 0 V is an outage and always a fact.',
    ),
    number('max_voltage_v', { least: 0, most: 1_000_000, fallback: 600 }, 'Voltage above is impossible.'),
    number(
        'max_power_factor',
        { least: 0, most: 1000, fallback: 1 },
        'A power factor above this, or below its negative, is impossible.',
    ),
    number(
        'min_power_kw',
        { least: -1_000_000_000, most: 1_000_000_000, fallback: 0 },
        'Power below is impossible, and so is energy below it times the interval. Negative for a channel that may feed back.',
    ),
    number(
        'max_power_kw',
        { least: 0, most: 1_000_000_000, fallback: null, orNone: true },
        'Power above is impossible, and so is energy above it times the interval. null: no limit.',
    ),
    number(
        'max_energy_deviation_ratio',
        { least: 0, most: 1, fallback: 0.05 },
        'Energy and power times interval may differ by this share of the larger one.',
    ),
    number(
        'max_energy_deviation_kwh',
        { least: 0, most: 1_000_000, fallback: 0.01 },
        'Differences of energy and power times interval up to this are never marked.',
    ),
    number(
        'spike_ratio',
        { least: 1, most: 1_000_000, fallback: 1.8 },
        'A reading above the third-highest of its local day times this is a spike.',
    ),
    number(
        'spike_min_kw',
        { least: 0, most: 1_000_000_000, fallback: 5 },
        'Mean power below this is never a spike.',
    ),
    number(
        'flat_line_hours',
        { least: 0.25, most: 24, fallback: 6 },
        'Power that stays the same to the last digit for this long is marked.',
    ),
    number(
        'flat_line_min_kw',
        { least: 0, most: 1_000_000_000, fallback: 0.1 },
        'Power up to this may stay the same for ever: nothing is on, or one thing.',
    ),
    {
        key: 'is_estimated',
        column: 'is_estimated',
        schema: z.boolean('must be true or false'),
        fallback: true,
        meaning: 'true when gaps are filled with estimates, which are kept apart from what was measured.',
        allowed: 'true or false',
        show: plain,
    },
    number(
        'interpolation_max_s',
        { least: 0, most: 86_400, fallback: 7200, whole: true },
        'Gaps up to this many seconds are filled by linear interpolation; longer ones from similar days.',
    ),
    businessDays,
    timeOfDay('business_start', '07:00', 'When the site opens.'),
    timeOfDay('business_end', '18:00', 'When it closes; earlier than the start means on the next day.'),
    timeOfDay('night_start', '00:00', 'Start of the hours in which the base load is looked for.'),
    timeOfDay('night_end', '05:00', 'Their end; earlier than the start means on the next day.'),
    number(
        'carbon_kg_per_kwh',
        { least: 0, most: 1000, fallback: null, orNone: true },
        'Carbon per kWh, used where the API names no carbon ratio for the organization.',
    ),
    {
        key: 'tariff_id',
        column: 'tariff_id',
        schema: z
            .union([z.string(), z.null()], 'must be the id of a tariff, or null')
            .refine((id) => id?.trim() !== '', 'must be the id of a tariff, or null'),
        fallback: null,
        meaning: "Tariff of reference/tariffs.json, used where it does not know the API's own tariff id.",
        allowed: 'the id of a tariff, or null',
        show: plain,
    },
    {
        key: 'is_submeter',
        column: 'is_submeter',
        schema: z.boolean('must be true or false'),
        fallback: false,
        meaning:
            'true when another channel of its organization measures its energy too: organizations do not count it again.',
        allowed: 'true or false',
        show: plain,
    },
];
