/**
 * Reads `reference/settings.json`, the user's own file: thresholds of the cleaning, hours, holidays, carbon and
 * tariffs, as defaults, per organization and per channel. Nothing in it is guessed: a key or value that is not known
 * is refused with its place.
 */
import { z } from 'zod';
import { AppError, messageOf } from '../core/errors.ts';
import { findNearest } from '../core/nearest.ts';
import { channelSettings, type SettingValue } from './channel-settings.ts';

export interface Holiday {
    /** The local day, `2026-12-25`. */
    readonly date: string;
    readonly name: string | null;
}

/** By key, in the form of the columns; what is not set is absent. */
export type GivenSettings = Readonly<Record<string, SettingValue | undefined>>;

export interface LakeSettings {
    readonly defaults: GivenSettings;
    /** Days on which every site is closed. */
    readonly holidays: readonly Holiday[];
    /** By organization id; they hold for the organizations below too. */
    readonly organizations: Readonly<
        Record<string, { readonly settings: GivenSettings; readonly holidays: readonly Holiday[] }>
    >;
    /** By channel id. */
    readonly channels: Readonly<Record<string, GivenSettings>>;
}

/** One thing that is wrong in the file. */
export interface SettingsProblem {
    /** `organizations.17.max_voltage_v` */
    readonly path: string;
    /** `is -1, but must be a number from 0 to 1000000` */
    readonly message: string;
    readonly hint: string;
}

export const noSettings: LakeSettings = { defaults: {}, holidays: [], organizations: {}, channels: {} };

const keys = channelSettings.map(({ key }) => key);
const values = Object.fromEntries(channelSettings.map(({ key, schema }) => [key, schema.optional()]));

const day = z
    .string('must be a date such as "2026-12-25"')
    .refine(isDate, 'must be a date such as "2026-12-25"');

const holiday = z
    .union(
        [day, z.strictObject({ date: day, name: z.string().optional() })],
        'must be a date such as "2026-12-25", or {"date": "2026-12-25", "name": "Christmas Day"}',
    )
    .transform(
        (given): Holiday =>
            typeof given === 'string'
                ? { date: given, name: null }
                : { date: given.date, name: given.name ?? null },
    );

const holidays = z.array(holiday, 'must be a list of dates').optional();
const place = z.strictObject({ ...values, holidays });
const channelId = z.string().regex(/^\d{1,20}$/);

const schema = z.strictObject({
    $schema: z.string().optional(),
    defaults: place.optional(),
    organizations: z.record(z.string(), place).optional(),
    channels: z.record(channelId, z.strictObject(values)).optional(),
});

/** Settings, or everything that is wrong with them. */
export type SettingsReading =
    | { readonly kind: 'good'; readonly settings: LakeSettings }
    | { readonly kind: 'bad'; readonly problems: readonly SettingsProblem[] };

/** Reads a settings file's text and finds every problem. */
export function readSettings(text: string): SettingsReading {
    let json: unknown;
    try {
        json = JSON.parse(text);
    } catch (error) {
        const message = `is not valid JSON: ${messageOf(error)}`;
        const hint = 'Write one JSON object, for example {"defaults": {"max_voltage_v": 480}}.';
        return { kind: 'bad', problems: [{ path: 'the file', message, hint }] };
    }
    const parsed = schema.safeParse(json);
    if (!parsed.success) {
        return { kind: 'bad', problems: parsed.error.issues.map((issue) => toProblem(issue, json)) };
    }
    const { defaults = {}, organizations = {}, channels = {} } = parsed.data;
    const places = Object.entries(organizations).map(([key, given]) => [key, split(given)] as const);
    const { settings, holidays: everywhere } = split(defaults);
    return {
        kind: 'good',
        settings: {
            defaults: settings,
            holidays: everywhere,
            organizations: Object.fromEntries(places),
            channels,
        },
    };
}

/** The settings of a file's text. Throws SETTINGS_INVALID naming the file, the key, the value and what is allowed. */
export function parseSettings(text: string, file: string): LakeSettings {
    const reading = readSettings(text);
    if (reading.kind === 'good') return reading.settings;
    const [first] = reading.problems;
    const more = reading.problems.length > 1 ? ` (and ${reading.problems.length - 1} more)` : '';
    throw new AppError('SETTINGS_INVALID', `${file}: ${first?.path} ${first?.message}${more}`, {
        hint: first?.hint ?? '',
        details: { problems: reading.problems.slice(0, 20) },
    });
}

function split(given: z.output<typeof place>): {
    readonly settings: GivenSettings;
    readonly holidays: readonly Holiday[];
} {
    const { holidays: days, ...settings } = given;
    return { settings, holidays: days ?? [] };
}

/** The 31st of February is no date, though Date.parse takes it. */
function isDate(text: string): boolean {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
    const ms = Date.parse(`${text}T00:00:00Z`);
    return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

function toProblem(issue: z.core.$ZodIssue, json: unknown): SettingsProblem {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
        const known = path.length === 0 ? Object.keys(schema.shape) : knownKeys(path);
        const [unknown = ''] = issue.keys;
        const meant = findNearest(unknown, known);
        return {
            path: [...path, unknown].join('.'),
            message: 'is no key that is known there',
            hint: `${meant === undefined ? '' : `Did you mean "${meant}"? `}Known: ${known.join(', ')}.`,
        };
    }
    if (issue.code === 'invalid_key') {
        return {
            path: path.join('.'),
            message: 'is no id of a channel: those are digits',
            hint: '`eniscope-lake settings` lists the channels with their organizations and ids.',
        };
    }
    const value = issue.path.reduce<unknown>(
        (inside, key) =>
            typeof inside === 'object' && inside !== null ? Reflect.get(inside, key) : undefined,
        json,
    );
    const message = issue.message.startsWith('must') ? issue.message : 'must be a JSON object';
    const setting = channelSettings.find(({ key }) => path.includes(key));
    return {
        path: path.length === 0 ? 'the file' : path.join('.'),
        message: `is ${show(value)}, but ${message}`,
        hint: setting?.meaning ?? 'docs/quality.md tells the form of the file.',
    };
}

function knownKeys(path: readonly string[]): readonly string[] {
    if (path.includes('holidays')) return ['date', 'name'];
    return path[0] === 'channels' ? keys : [...keys, 'holidays'];
}

function show(value: unknown): string {
    const text = JSON.stringify(value) ?? 'missing';
    return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
