/**
 * Every setting, once: its kind, default, sentence, environment variable, flag and key in the config file. The help
 * texts, docs/settings.md, .env.example and the `config` command are made from it.
 */
import { z } from 'zod';
import { defaultFieldCodes, fieldCatalogue } from '../model/fields.ts';
import {
    choice,
    decimal,
    fieldFault,
    integer,
    list,
    numberChoice,
    secret,
    text,
    webAddress,
} from './values.ts';

export interface SettingFacts {
    readonly env: string;
    /** Without the dashes; absent when no flag sets it. */
    readonly flag?: string;
    /** What the flag takes, as help shows it. */
    readonly placeholder: string;
    /** One sentence. */
    readonly description: string;
    /** As it would be written in the environment; absent when there is none. */
    readonly default?: string;
    readonly secret?: true;
    /** Relative values are resolved against the place they were written in. */
    readonly path?: true;
    /** May be given several times on the command line. */
    readonly repeatable?: true;
}

const facts = z.registry<SettingFacts>();
const fieldCodes = fieldCatalogue.map((field) => field.code);

const shape = {
    apiUrl: webAddress().register(facts, {
        env: 'ENISCOPE_API_URL',
        flag: 'api-url',
        placeholder: 'URL',
        default: 'https://core.eniscope.com',
        description: 'Address of the Eniscope Core API; may carry a prefix such as /v1.',
    }),
    allowHttp: choice('no', 'yes').register(facts, {
        env: 'ENISCOPE_ALLOW_HTTP',
        placeholder: 'WORD',
        default: 'no',
        description:
            'yes lets password and key travel unencrypted, over http to another machine; no refuses that.',
    }),
    apiKey: secret().optional().register(facts, {
        env: 'ENISCOPE_API_KEY',
        placeholder: 'KEY',
        secret: true,
        description: 'API key; ENISCOPE_API_KEY_FILE names a file that holds it instead.',
    }),
    email: text().optional().register(facts, {
        env: 'ENISCOPE_EMAIL',
        placeholder: 'EMAIL',
        description: 'E-mail address of the Eniscope account.',
    }),
    password: secret().optional().register(facts, {
        env: 'ENISCOPE_PASSWORD',
        placeholder: 'PASSWORD',
        secret: true,
        description: 'Password of the account; ENISCOPE_PASSWORD_FILE names a file that holds it instead.',
    }),
    lake: text().register(facts, {
        env: 'ENISCOPE_LAKE',
        flag: 'lake',
        placeholder: 'DIR',
        default: './lake',
        path: true,
        description: 'Folder of the lake.',
    }),
    requestsPerSecond: decimal(0, 1000).register(facts, {
        env: 'ENISCOPE_REQUESTS_PER_SECOND',
        flag: 'requests-per-second',
        placeholder: 'N',
        default: '1',
        description: 'Most requests a second sent to the API; 0 means no limit.',
    }),
    concurrency: integer(1, 64).register(facts, {
        env: 'ENISCOPE_CONCURRENCY',
        flag: 'concurrency',
        placeholder: 'N',
        default: '2',
        description: 'Requests under way at the same time.',
    }),
    timeoutSeconds: decimal(0.1, 3600).register(facts, {
        env: 'ENISCOPE_TIMEOUT_SECONDS',
        flag: 'timeout-seconds',
        placeholder: 'SECONDS',
        default: '60',
        description: 'Seconds one request may take, its whole answer included.',
    }),
    userAgent: text()
        .refine((value) => /^[\x20-\x7e]+$/.test(value), 'must be plain ASCII')
        .optional()
        .register(facts, {
            env: 'ENISCOPE_USER_AGENT',
            placeholder: 'TEXT',
            description: 'Name the program gives to the API; eniscope-lake and its version when not set.',
        }),
    resolution: numberChoice(60, 900, 1800, 3600, 86400).register(facts, {
        env: 'ENISCOPE_RESOLUTION',
        flag: 'resolution',
        placeholder: 'SECONDS',
        default: '900',
        description: 'Seconds one reading stands for: 60, 900, 1800, 3600 or 86400.',
    }),
    fields: list((code) => fieldFault(code, fieldCodes))
        .refine((codes) => codes.length > 0, 'must name at least one field')
        .register(facts, {
            env: 'ENISCOPE_FIELDS',
            flag: 'fields',
            placeholder: 'CODES',
            default: defaultFieldCodes.join(','),
            repeatable: true,
            description: 'Fields to store or ask for, as API codes separated by commas.',
        }),
    excludeChannels: list((id) =>
        /^\d{1,20}$/.test(id) ? undefined : `names ${id}, which is no channel id`,
    ).register(facts, {
        env: 'ENISCOPE_EXCLUDE_CHANNELS',
        flag: 'exclude-channel',
        placeholder: 'IDS',
        default: '',
        repeatable: true,
        description: 'Ids of channels that are never asked, separated by commas.',
    }),
    rereadDays: integer(0, 3650).register(facts, {
        env: 'ENISCOPE_REREAD_DAYS',
        flag: 'reread-days',
        placeholder: 'DAYS',
        default: '3',
        description: 'Days before the last reading that every run asks for again.',
    }),
    firstRunDays: integer(1, 36_500).register(facts, {
        env: 'ENISCOPE_FIRST_RUN_DAYS',
        flag: 'first-run-days',
        placeholder: 'DAYS',
        default: '30',
        description: 'Days back that a channel is asked for when the lake has nothing of it.',
    }),
    healDays: integer(0, 3650).register(facts, {
        env: 'ENISCOPE_HEAL_DAYS',
        flag: 'heal-days',
        placeholder: 'DAYS',
        default: '30',
        description: 'Days back within which failed and empty spans are asked for again.',
    }),
    granularity: choice('day', 'month', 'year').register(facts, {
        env: 'ENISCOPE_GRANULARITY',
        flag: 'granularity',
        placeholder: 'PERIOD',
        default: 'month',
        description: 'What one file of a new lake covers, in UTC: day, month or year.',
    }),
    codec: choice('zstd', 'snappy', 'gzip', 'uncompressed').register(facts, {
        env: 'ENISCOPE_PARQUET_CODEC',
        flag: 'codec',
        placeholder: 'CODEC',
        default: 'zstd',
        description: 'Compression of the Parquet files of a new lake: zstd, snappy, gzip or uncompressed.',
    }),
    parquetVersion: choice('V1', 'V2').register(facts, {
        env: 'ENISCOPE_PARQUET_VERSION',
        flag: 'parquet-version',
        placeholder: 'VERSION',
        default: 'V2',
        description: 'Parquet encodings of a new lake: V2, or V1 for the oldest readers.',
    }),
    lockWaitSeconds: integer(0, 86_400).register(facts, {
        env: 'ENISCOPE_LOCK_WAIT_SECONDS',
        flag: 'wait',
        placeholder: 'SECONDS',
        default: '0',
        description: 'Seconds to wait for another process that is writing to the lake.',
    }),
    logFormat: choice('auto', 'text', 'json').register(facts, {
        env: 'ENISCOPE_LOG_FORMAT',
        flag: 'log-format',
        placeholder: 'FORMAT',
        default: 'auto',
        description:
            'Form of what is said on stderr: text or json; auto is text on a terminal, json elsewhere.',
    }),
    logLevel: choice('debug', 'info', 'warn', 'error', 'silent').register(facts, {
        env: 'ENISCOPE_LOG_LEVEL',
        placeholder: 'LEVEL',
        default: 'info',
        description:
            'How much is said: debug, info, warn, error or silent; --quiet is warn, --verbose is debug.',
    }),
} as const;

export const settingsSchema = z.strictObject(shape);

/** All settings after every source was read: typed, checked, frozen. */
export type Settings = Readonly<z.output<typeof settingsSchema>>;
export type SettingKey = keyof Settings;

/** The facts of one setting. */
export function settingFacts(key: SettingKey): SettingFacts {
    const found = facts.get(shape[key]);
    if (found === undefined) throw new Error(`setting ${key} has no facts`);
    return found;
}

/** Every key, in the order the documentation shows them. */
export const settingKeys: readonly SettingKey[] = settingsSchema.keyof().options;

/** True for a key of the config file. */
export function isSettingKey(key: string): key is SettingKey {
    return settingKeys.some((known) => known === key);
}
