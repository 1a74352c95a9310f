/**
 * The simulator's switches: where nobody knows for certain how the live API behaves, each possibility can be chosen.
 * Defaults follow the best evidence there is.
 */
import { AppError } from '../core/errors.ts';
import { type NamedRange, namedRanges } from './named-range.ts';

export interface Quirks {
    readonly prefix: 'all' | 'none' | 'v1' | 'v1/1';
    readonly idTypes: 'documented' | 'numbers';
    readonly pageSize: number;
    readonly maxPageSize: number;
    readonly limitZero: 'all' | 'refused';
    readonly channelFields: '2026' | '2020';
    readonly tokenLifetime: 'never' | `idle:${number}` | `requests:${number}`;
    readonly lapseStatus: 401 | 419;
    readonly tokenOnly: 'accepted' | 'refused';
    readonly grid: 'from' | 'epoch';
    readonly bounds: 'half-open' | 'inclusive';
    readonly trailingBucket: 'absent' | 'partial' | 'null';
    readonly gaps: 'null' | 'omitRecords' | 'omitFields';
    readonly downgrade: 'table' | 'error500' | 'never';
    readonly unsupportedFields: 'error500' | 'nulls';
    readonly lackingFields: 'nulls' | 'omit';
    readonly defaultRange: NamedRange;
    readonly namedRanges: 'site' | 'utc';
    readonly rateLimit: 'silent' | 'retry-after' | 'off';
    readonly latency: 0 | 'timeout' | { readonly minMs: number; readonly maxMs: number };
}

interface Definition<Value> {
    readonly default: Value;
    readonly choices: readonly string[];
    readonly meaning: string;
    readonly parse: (text: string) => Value | undefined;
    readonly format: (value: Value) => string;
}

/** One of a few words or numbers; the first is the default. */
function choice<const Value extends string | number>(
    values: readonly [Value, ...Value[]],
    meaning: string,
): Definition<Value> {
    return {
        default: values[0],
        choices: values.map(String),
        meaning,
        parse: (text) => values.find((value) => String(value) === text),
        format: String,
    };
}

function wholeNumber(value: number, meaning: string): Definition<number> {
    return {
        default: value,
        choices: ['1…100000'],
        meaning,
        parse: (text) => (/^[1-9]\d{0,4}$/.test(text) ? Number(text) : undefined),
        format: String,
    };
}

function parseLifetime(text: string): Quirks['tokenLifetime'] | undefined {
    if (text === 'never') return 'never';
    const count = Number(/^(?:idle|requests):([1-9]\d{0,8})$/.exec(text)?.[1] ?? Number.NaN);
    if (Number.isNaN(count)) return undefined;
    return text.startsWith('idle') ? `idle:${count}` : `requests:${count}`;
}

function parseLatency(text: string): Quirks['latency'] | undefined {
    if (text === '0') return 0;
    if (text === 'timeout') return 'timeout';
    const [, min, max] = /^(\d{1,7})-(\d{1,7})$/.exec(text) ?? [];
    if (min === undefined || max === undefined || Number(min) > Number(max)) return undefined;
    return { minMs: Number(min), maxMs: Number(max) };
}

const definitions: { readonly [Name in keyof Quirks]: Definition<Quirks[Name]> } = {
    prefix: choice(['all', 'none', 'v1', 'v1/1'], 'Which path prefixes lead to the resources.'),
    idTypes: choice(
        ['documented', 'numbers'],
        'JSON types in lists: ids as strings (devices: numbers), or numbers everywhere.',
    ),
    pageSize: wholeNumber(20, 'Rows of a page when no limit is asked for.'),
    maxPageSize: wholeNumber(100, 'The largest page; a larger limit is clamped to it.'),
    limitZero: choice(['all', 'refused'], 'limit=0 answers everything with pageCount 0, or is a 500.'),
    channelFields: choice(
        ['2026', '2020'],
        'Channel rows with deviceTypeName and in_tsdb, or without them as in 2020.',
    ),
    tokenLifetime: {
        default: 'idle:3600',
        choices: ['idle:SECONDS', 'requests:N', 'never'],
        meaning: 'A token lapses after so many idle seconds, after so many requests, or never.',
        parse: parseLifetime,
        format: String,
    },
    lapseStatus: choice([419, 401], 'The status that says the token has lapsed.'),
    tokenOnly: choice(['accepted', 'refused'], 'Whether a token and the key are enough without Basic.'),
    grid: choice(['from', 'epoch'], 'The bucket grid starts at `from`, or at multiples of the resolution.'),
    bounds: choice(
        ['half-open', 'inclusive'],
        'Whether the bucket that starts at `to` (or the end date) is part of the answer.',
    ),
    trailingBucket: choice(
        ['absent', 'partial', 'null'],
        'The last bucket when `to` is later than now minus one bucket, or off the grid.',
    ),
    gaps: choice(
        ['null', 'omitRecords', 'omitFields'],
        'Empty buckets: null values, no record at all, or a record without the field.',
    ),
    downgrade: choice(
        ['table', 'error500', 'never'],
        'A range too long for its resolution is silently coarsened, refused, or honoured.',
    ),
    unsupportedFields: choice(
        ['error500', 'nulls'],
        'Asking only for what the hardware lacks: 500 Invalid Parameter, or nulls.',
    ),
    lackingFields: choice(
        ['nulls', 'omit'],
        'A field the hardware lacks, asked beside one it has: null, or left out.',
    ),
    defaultRange: choice(namedRanges, 'The range of a request that names none the service understands.'),
    namedRanges: choice(['site', 'utc'], 'Named ranges and dates are cut at midnight of the site, or UTC.'),
    rateLimit: choice(
        ['silent', 'retry-after', 'off'],
        '429 above one call a second sustained, without or with Retry-After, or no limit.',
    ),
    latency: {
        default: { minMs: 300, maxMs: 3000 },
        choices: ['0', 'MIN-MAX', 'timeout'],
        meaning: 'Milliseconds before an answer, growing with its rows; timeout never answers.',
        parse: parseLatency,
        format: (value) => (typeof value === 'object' ? `${value.minMs}-${value.maxMs}` : String(value)),
    },
};

/** Every switch at the position the evidence speaks for. */
export const defaultQuirks: Quirks = {
    prefix: definitions.prefix.default,
    idTypes: definitions.idTypes.default,
    pageSize: definitions.pageSize.default,
    maxPageSize: definitions.maxPageSize.default,
    limitZero: definitions.limitZero.default,
    channelFields: definitions.channelFields.default,
    tokenLifetime: definitions.tokenLifetime.default,
    lapseStatus: definitions.lapseStatus.default,
    tokenOnly: definitions.tokenOnly.default,
    grid: definitions.grid.default,
    bounds: definitions.bounds.default,
    trailingBucket: definitions.trailingBucket.default,
    gaps: definitions.gaps.default,
    downgrade: definitions.downgrade.default,
    unsupportedFields: definitions.unsupportedFields.default,
    lackingFields: definitions.lackingFields.default,
    defaultRange: definitions.defaultRange.default,
    namedRanges: definitions.namedRanges.default,
    rateLimit: definitions.rateLimit.default,
    latency: definitions.latency.default,
};

/** No waiting and no rate limit; everything else as it is. For tests and benches. */
export const quietQuirks: Quirks = { ...defaultQuirks, rateLimit: 'off', latency: 0 };

export interface QuirkDescription {
    readonly name: string;
    readonly default: string;
    readonly choices: readonly string[];
    readonly meaning: string;
}

/** All switches in words, for help texts and documentation. */
export function describeQuirks(): QuirkDescription[] {
    return quirkNames.map((name) => describe(name));
}

/** Reads `grid=epoch`. Throws USAGE_BAD_ARGUMENTS for an unknown name or a value it cannot have. */
export function parseQuirk(text: string): Partial<Quirks> {
    const [name = '', ...rest] = text.split('=');
    if (!isQuirkName(name)) {
        throw new AppError('USAGE_BAD_ARGUMENTS', `There is no quirk named "${name}"`, {
            hint: `Quirks are ${quirkNames.join(', ')}.`,
        });
    }
    const parsed: { -readonly [Name in keyof Quirks]?: Quirks[Name] } = {};
    assign(parsed, name, rest.join('='));
    return parsed;
}

const quirkNames = Object.keys(definitions).filter(isQuirkName);

function isQuirkName(name: string): name is keyof Quirks {
    return Object.hasOwn(definitions, name);
}

function describe<Name extends keyof Quirks>(name: Name): QuirkDescription {
    const definition: Definition<Quirks[Name]> = definitions[name];
    return {
        name,
        default: definition.format(definition.default),
        choices: definition.choices,
        meaning: definition.meaning,
    };
}

function assign<Name extends keyof Quirks>(
    into: { -readonly [Key in keyof Quirks]?: Quirks[Key] },
    name: Name,
    text: string,
): void {
    const definition: Definition<Quirks[Name]> = definitions[name];
    const value = definition.parse(text);
    if (value === undefined) {
        throw new AppError('USAGE_BAD_ARGUMENTS', `Quirk ${name} cannot be "${text}"`, {
            hint: `Choose one of ${definition.choices.join(', ')}.`,
        });
    }
    into[name] = value;
}
