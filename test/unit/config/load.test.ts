import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LoadOptions, loadSettings } from '../../../src/config/load.ts';
import { settingFacts, settingKeys } from '../../../src/config/schema.ts';
import { isAppError } from '../../../src/core/errors.ts';
import { tempFolder } from '../../support/temp-folder.ts';

function load(options: Partial<LoadOptions> & { readonly cwd: string }) {
    return loadSettings({ env: {}, flags: {}, ...options });
}

/** The AppError that loading throws; fails when it does not. */
function refusal(options: Partial<LoadOptions> & { readonly cwd: string }) {
    try {
        load(options);
    } catch (error) {
        if (isAppError(error, 'SETTINGS_INVALID')) return error;
        throw error;
    }
    throw new Error('the settings were accepted');
}

describe('loadSettings', () => {
    it('gives the documented defaults when nothing is set', () => {
        const cwd = tempFolder();
        expect(load({ cwd }).settings).toMatchObject({
            apiUrl: 'https://core.eniscope.com',
            lake: join(cwd, 'lake'),
            requestsPerSecond: 1,
            concurrency: 2,
            timeoutSeconds: 60,
            resolution: 900,
            fields: ['E', 'P', 'V', 'I', 'PF', 'T'],
            excludeChannels: [],
            rereadDays: 3,
            firstRunDays: 30,
            granularity: 'month',
        });
    });

    it('lets a flag win over the environment, that over .env, that over the config file', () => {
        const cwd = tempFolder();
        writeFileSync(join(cwd, 'eniscope-lake.config.json'), '{"concurrency": 3, "resolution": 3600}');
        const read = (options: Partial<LoadOptions>) => load({ cwd, ...options }).settings.concurrency;
        expect(read({})).toBe(3);
        writeFileSync(join(cwd, '.env'), 'ENISCOPE_CONCURRENCY=4\n');
        expect(read({})).toBe(4);
        const env = { ENISCOPE_CONCURRENCY: '5' };
        expect(read({ env })).toBe(5);
        expect(read({ env, flags: { concurrency: '6' } })).toBe(6);
        expect(load({ cwd }).settings.resolution).toBe(3600);
    });

    it('remembers where each value came from', () => {
        const cwd = tempFolder();
        const file = join(cwd, 'eniscope-lake.config.json');
        writeFileSync(file, '{"rereadDays": 5}');
        writeFileSync(join(cwd, '.env'), 'ENISCOPE_EMAIL=a@example.com\n');
        const { originOf } = load({ cwd, env: { ENISCOPE_RESOLUTION: '60' }, flags: { lake: 'x' } });
        expect(originOf('rereadDays')).toEqual({ kind: 'config-file', name: 'rereadDays', file });
        expect(originOf('email')).toEqual({
            kind: 'env-file',
            name: 'ENISCOPE_EMAIL',
            file: join(cwd, '.env'),
        });
        expect(originOf('resolution')).toEqual({ kind: 'environment', name: 'ENISCOPE_RESOLUTION' });
        expect(originOf('lake')).toEqual({ kind: 'flag', name: '--lake' });
        expect(originOf('fields')).toEqual({ kind: 'default' });
    });

    it('takes the nearest config file upward, and resolves its paths against its own folder', () => {
        const top = tempFolder();
        const cwd = join(top, 'a', 'b');
        mkdirSync(cwd, { recursive: true });
        writeFileSync(join(top, 'eniscope-lake.config.json'), '{"lake": "data/lake"}');
        expect(load({ cwd }).settings.lake).toBe(join(top, 'data', 'lake'));
    });

    it('takes an env file from elsewhere with paths relative to it', () => {
        const [cwd, other] = [tempFolder(), tempFolder()];
        writeFileSync(join(other, 'prod.env'), 'ENISCOPE_LAKE=./meters\n');
        expect(load({ cwd, envFile: join(other, 'prod.env') }).settings.lake).toBe(join(other, 'meters'));
    });

    it('counts a variable that is set to nothing as not set', () => {
        const cwd = tempFolder();
        expect(load({ cwd, env: { ENISCOPE_CONCURRENCY: '' } }).settings.concurrency).toBe(2);
    });

    it('reads a secret from the file a variable names, without its line end', () => {
        const cwd = tempFolder();
        writeFileSync(join(cwd, 'key.txt'), 'k-123\n');
        const { settings } = load({ cwd, env: { ENISCOPE_API_KEY_FILE: 'key.txt' } });
        expect(settings.apiKey?.reveal()).toBe('k-123');
    });

    it('names an unknown key of the config file, its file and what was meant', () => {
        const cwd = tempFolder();
        writeFileSync(join(cwd, 'eniscope-lake.config.json'), '{"concurency": 3}');
        const error = refusal({ cwd });
        expect(error.message).toContain('"concurency"');
        expect(error.message).toContain(join(cwd, 'eniscope-lake.config.json'));
        expect(error.hint).toContain('Did you mean "concurrency"?');
        expect(error.exitCode).toBe(3);
    });

    it.each([
        ['ENISCOPE_CONCURRENCY', 'many'],
        ['ENISCOPE_CONCURRENCY', '0'],
        ['ENISCOPE_CONCURRENCY', '1.5'],
        ['ENISCOPE_REQUESTS_PER_SECOND', '-1'],
        ['ENISCOPE_RESOLUTION', '901'],
        ['ENISCOPE_GRANULARITY', 'weekly'],
        ['ENISCOPE_LOG_FORMAT', 'xml'],
        ['ENISCOPE_EXCLUDE_CHANNELS', '../etc'],
        ['ENISCOPE_API_URL', 'core.eniscope.com'],
        ['ENISCOPE_API_URL', 'ftp://core.eniscope.com'],
        ['ENISCOPE_FIELDS', 'E,XX'],
    ])('refuses %s=%s and names variable and value', (name, value) => {
        const error = refusal({ cwd: tempFolder(), env: { [name]: value } });
        expect(error.message).toContain(`from ${name} in the environment`);
        expect(error.message).toContain(value);
        expect(error.message).toMatch(/must|names/);
    });

    it('says which field was meant', () => {
        const error = refusal({ cwd: tempFolder(), flags: { fields: 'E,pf' } });
        expect(error.message).toContain('did you mean PF?');
    });

    it('names the file and line of a config file that is not JSON, without quoting it', () => {
        const cwd = tempFolder();
        writeFileSync(join(cwd, 'eniscope-lake.config.json'), '{\n"password": "hunter2"\n"lake": 1}');
        const error = refusal({ cwd });
        expect(error.message).toContain('not valid JSON');
        expect(JSON.stringify([error.message, error.hint, error.cause, error.stack])).not.toContain(
            'hunter2',
        );
    });

    it('does not repeat the password of an address that carries one', () => {
        const error = refusal({ cwd: tempFolder(), env: { ENISCOPE_API_URL: 'https://me:hunter2@host' } });
        expect(error.message).toContain('must not carry credentials');
        expect(JSON.stringify([error.message, error.hint, error.stack])).not.toContain('hunter2');
    });

    it('names a config file that is not there', () => {
        const cwd = tempFolder();
        expect(refusal({ cwd, configFile: 'missing.json' }).message).toContain(join(cwd, 'missing.json'));
    });

    it('keeps secrets out of every text form of the settings', () => {
        const env = { ENISCOPE_API_KEY: 'key-777', ENISCOPE_PASSWORD: 'hunter2' };
        const { settings } = load({ cwd: tempFolder(), env });
        expect(JSON.stringify(settings)).not.toMatch(/key-777|hunter2/);
    });
});

describe('the settings', () => {
    it('have a flag unless they are secret or personal, and never both', () => {
        for (const key of settingKeys) {
            const facts = settingFacts(key);
            if (facts.secret === true) expect(facts.flag, key).toBeUndefined();
        }
    });

    it('have distinct variables and flags, and a sentence each', () => {
        const facts = settingKeys.map(settingFacts);
        expect(new Set(facts.map(({ env }) => env)).size).toBe(facts.length);
        const flags = facts.flatMap(({ flag }) => flag ?? []);
        expect(new Set(flags).size).toBe(flags.length);
        for (const { env, description } of facts) {
            expect(env).toMatch(/^ENISCOPE_[A-Z_]+$/);
            expect(description).toMatch(/\.$/);
        }
    });
});
