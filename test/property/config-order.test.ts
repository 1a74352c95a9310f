import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { it, onTestFinished } from 'vitest';
import { loadSettings } from '../../src/config/load.ts';
import { type SettingKey, settingFacts } from '../../src/config/schema.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Values that are allowed, as they are written in the environment. */
const allowed: Partial<Record<SettingKey, readonly string[]>> = {
    apiUrl: ['https://a.example', 'http://b.example/v1', 'https://c.example', 'http://127.0.0.1:1'],
    lake: ['/a', '/b', '/c', '/d'],
    requestsPerSecond: ['0', '0.5', '2', '7'],
    concurrency: ['1', '3', '5', '9'],
    resolution: ['60', '1800', '3600', '86400'],
    granularity: ['day', 'month', 'year', 'day'],
    rereadDays: ['0', '1', '2', '4'],
    logFormat: ['text', 'json', 'auto', 'text'],
};
const keys = Object.keys(allowed).filter((key): key is SettingKey => key in allowed);

it('takes, for every key and every set of sources, the value of the strongest source', () => {
    const cwd = tempFolder(onTestFinished);
    fc.assert(
        fc.property(
            fc.constantFrom(...keys),
            fc.subarray(['flag', 'environment', 'env-file', 'config-file'] as const, { minLength: 1 }),
            (key, present) => {
                const [flag = '', environment = '', envFile = '', configFile = ''] = allowed[key] ?? [];
                const { env, flag: name = '' } = settingFacts(key);
                const has = (source: (typeof present)[number]): boolean => present.includes(source);
                writeFileSync(join(cwd, 'x.env'), has('env-file') ? `${env}=${envFile}\n` : '');
                writeFileSync(
                    join(cwd, 'x.json'),
                    JSON.stringify(has('config-file') ? { [key]: configFile } : {}),
                );
                const loaded = loadSettings({
                    cwd,
                    env: has('environment') ? { [env]: environment } : {},
                    flags: has('flag') ? { [name]: flag } : {},
                    envFile: 'x.env',
                    configFile: 'x.json',
                });
                const strongest = (['flag', 'environment', 'env-file', 'config-file'] as const).find(has);
                const expected = { flag, environment, 'env-file': envFile, 'config-file': configFile };
                return (
                    loaded.originOf(key).kind === strongest &&
                    String(loaded.settings[key]) === expected[strongest ?? 'flag']
                );
            },
        ),
        { numRuns: 200 },
    );
});
