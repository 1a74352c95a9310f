/**
 * Gathers the settings: flags over environment over `.env` over config file over defaults. Every value remembers
 * where it came from, so that a wrong one can be named with its place.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { AppError, messageOf } from '../core/errors.ts';
import { findNearest } from '../core/nearest.ts';
import {
    isSettingKey,
    type SettingFacts,
    type SettingKey,
    type Settings,
    settingFacts,
    settingKeys,
    settingsSchema,
} from './schema.ts';

export const configFileName = 'eniscope-lake.config.json';

/** Where a value was written. */
export type Origin =
    | { readonly kind: 'flag' | 'environment'; readonly name: string }
    | {
          readonly kind: 'env-file' | 'config-file';
          readonly name: string;
          readonly file: string;
      }
    | {
          readonly kind: 'secret-file';
          readonly name: string;
          readonly file: string;
          /** Where the variable that names the file was written. */
          readonly namedIn: 'environment' | 'env-file';
      }
    | { readonly kind: 'default' };

export interface LoadOptions {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly cwd: string;
    /** Values of flags by the flag's name without dashes; a flag that was not given is absent. */
    readonly flags: Readonly<Record<string, unknown>>;
    /** The config file that was asked for; otherwise the nearest upward from `cwd`. */
    readonly configFile?: string;
    /** The env file that was asked for; otherwise `.env` in `cwd`. */
    readonly envFile?: string;
}

export interface LoadedSettings {
    readonly settings: Settings;
    readonly originOf: (key: SettingKey) => Origin;
    /** The files that were read, absolute. */
    readonly configFile: string | undefined;
    readonly envFile: string | undefined;
}

interface Found {
    readonly value: unknown;
    readonly origin: Origin;
    /** Folder that relative paths count from. */
    readonly base: string;
}

/** A place settings are read from; undefined means "not set here". */
type Source = (key: SettingKey, facts: SettingFacts) => Found | undefined;

/** Reads every source and checks every value. Throws SETTINGS_INVALID naming key, value, place and what is allowed. */
export function loadSettings(options: LoadOptions): LoadedSettings {
    const { cwd, env } = options;
    const envFile = findEnvFile(options);
    const configFile = findConfigFile(options);
    const variables = envFile === undefined ? {} : parseEnv(readSettingsFile(envFile));
    const sources: readonly Source[] = [
        flagSource(options.flags, cwd),
        variableSource('environment', env, cwd, (name) => ({ kind: 'environment', name })),
        envFile === undefined
            ? () => undefined
            : variableSource('env-file', variables, dirname(envFile), (name) => ({
                  kind: 'env-file',
                  name,
                  file: envFile,
              })),
        configFile === undefined ? () => undefined : configSource(configFile),
    ];
    const raw: Record<string, unknown> = {};
    const origins = new Map<SettingKey, Origin>();
    const originOf = (key: SettingKey): Origin => origins.get(key) ?? unset;
    for (const key of settingKeys) {
        const facts = settingFacts(key);
        const found = findFirst(sources, key, facts) ?? { value: facts.default, origin: unset, base: cwd };
        origins.set(key, found.origin);
        if (found.value !== undefined) raw[key] = withAbsolutePath(found, facts);
    }
    return { settings: parseSettings(raw, originOf), originOf, configFile, envFile };
}

const unset: Origin = { kind: 'default' };

function findFirst(sources: readonly Source[], key: SettingKey, facts: SettingFacts): Found | undefined {
    for (const source of sources) {
        const found = source(key, facts);
        if (found !== undefined) return found;
    }
    return undefined;
}

function flagSource(flags: LoadOptions['flags'], cwd: string): Source {
    return (_key, { flag }) => {
        if (flag === undefined || flags[flag] === undefined) return undefined;
        return { value: flags[flag], origin: { kind: 'flag', name: `--${flag}` }, base: cwd };
    };
}

/** A variable that is set to nothing counts as not set: that is how an untouched `.env` line looks. */
function variableSource(
    namedIn: 'environment' | 'env-file',
    variables: Readonly<Record<string, string | undefined>>,
    base: string,
    originOf: (name: string) => Origin,
): Source {
    return (_key, facts) => {
        const value = variables[facts.env];
        if (value !== undefined && value.trim() !== '') return { value, origin: originOf(facts.env), base };
        const name = `${facts.env}_FILE`;
        const file = facts.secret === true ? variables[name] : undefined;
        if (file === undefined || file.trim() === '') return undefined;
        const path = resolve(base, file);
        return {
            value: readSettingsFile(path, name),
            origin: { kind: 'secret-file', name, file: path, namedIn },
            base,
        };
    };
}

function configSource(file: string): Source {
    const content = parseConfigFile(file);
    return (key) => {
        if (content[key] === undefined) return undefined;
        return { value: content[key], origin: { kind: 'config-file', name: key, file }, base: dirname(file) };
    };
}

function parseConfigFile(file: string): Readonly<Record<string, unknown>> {
    const content = parseJson(readSettingsFile(file), file);
    if (typeof content !== 'object' || content === null || Array.isArray(content)) {
        throw new AppError('SETTINGS_INVALID', `${file} holds no JSON object`, {
            hint: 'Write one JSON object, for example {"lake": "./lake"}.',
        });
    }
    for (const key of Object.keys(content)) {
        if (isSettingKey(key) || key === '$schema') continue;
        const meant = findNearest(key, settingKeys);
        throw new AppError('SETTINGS_INVALID', `${file} has the unknown key "${key}"`, {
            hint:
                meant === undefined
                    ? `Known keys: ${settingKeys.join(', ')}.`
                    : `Did you mean "${meant}"? Known keys: ${settingKeys.join(', ')}.`,
        });
    }
    return { ...content };
}

/** The parser's own message quotes the text around the fault, which may be a password: only the place is kept. */
function parseJson(content: string, file: string): unknown {
    try {
        return JSON.parse(content);
    } catch (error) {
        const position = / at position (\d+)/.exec(messageOf(error))?.[1];
        const line =
            position === undefined ? '' : ` (line ${content.slice(0, Number(position)).split('\n').length})`;
        throw new AppError('SETTINGS_INVALID', `${file} is not valid JSON${line}`, {
            hint: 'Write one JSON object, for example {"lake": "./lake"}.',
        });
    }
}

function parseSettings(raw: Record<string, unknown>, originOf: (key: SettingKey) => Origin): Settings {
    const parsed = settingsSchema.safeParse(raw);
    if (parsed.success) return Object.freeze(parsed.data);
    const [issue] = parsed.error.issues;
    const key = String(issue?.path[0]);
    if (issue === undefined || !isSettingKey(key)) throw parsed.error;
    const facts = settingFacts(key);
    const shown = facts.secret === true ? '[secret]' : hideCredentials(JSON.stringify(raw[key]));
    throw new AppError(
        'SETTINGS_INVALID',
        `${key} is ${shown} (${describeOrigin(originOf(key))}), but it ${issue.message}`,
        { hint: `${facts.description} \`eniscope-lake config\` shows where each setting comes from.` },
    );
}

/** An address with a password or a key in it is refused, and not repeated. A user's name may hold an `@` itself. */
function hideCredentials(value: string): string {
    if (!value.includes('//')) return value;
    return value.replace(/\/\/.*@/s, '//[secret]@').replace(/[?#].*"/s, '?[secret]"');
}

function withAbsolutePath(found: Found, facts: SettingFacts): unknown {
    if (facts.path !== true || typeof found.value !== 'string' || found.value.trim() === '')
        return found.value;
    return resolve(found.base, found.value.trim());
}

/** `from ENISCOPE_LAKE in /home/me/.env` */
export function describeOrigin(origin: Origin): string {
    switch (origin.kind) {
        case 'default':
            return 'default';
        case 'flag':
            return `from ${origin.name}`;
        case 'environment':
            return `from ${origin.name} in the environment`;
        case 'secret-file':
            return `from ${origin.file}, named by ${origin.name}`;
        case 'env-file':
        case 'config-file':
            return `from ${origin.name} in ${origin.file}`;
    }
}

function findEnvFile({ cwd, envFile }: LoadOptions): string | undefined {
    if (envFile !== undefined) return resolve(cwd, envFile);
    const file = join(cwd, '.env');
    return existsSync(file) ? file : undefined;
}

function findConfigFile({ cwd, configFile }: LoadOptions): string | undefined {
    if (configFile !== undefined) return resolve(cwd, configFile);
    for (let folder = resolve(cwd); ; folder = dirname(folder)) {
        const file = join(folder, configFileName);
        if (existsSync(file)) return file;
        if (folder === dirname(folder)) return undefined;
    }
}

function readSettingsFile(file: string, namedBy?: string): string {
    try {
        return readFileSync(file, 'utf8');
    } catch (cause) {
        const by = namedBy === undefined ? '' : `, named by ${namedBy},`;
        throw new AppError('SETTINGS_INVALID', `The file ${file}${by} cannot be read: ${messageOf(cause)}`, {
            cause,
            hint: 'Check the path and its permissions.',
        });
    }
}
