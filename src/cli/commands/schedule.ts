/** `schedule`: prints a crontab line that syncs this lake from anywhere, without PATH, profile or working folder. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type SettingKey, settingFacts, settingKeys } from '../../config/schema.ts';
import { defineCommand, text } from '../command.ts';
import type { Context } from '../context.ts';
import { formatCronTime, quoteForCron } from '../crontab.ts';
import { ingestSettings } from '../ingest-options.ts';
import { nodeFile, startFile } from '../package.ts';

const creationSettings = ['granularity', 'codec', 'parquetVersion'] as const;

export const schedule = defineCommand({
    usage: 'schedule',
    summary: 'Print the crontab line that keeps this lake up to date.',
    options: {
        every: text('15min, 30min, hour, 2h, 6h, 12h or day. Default hour.', 'PERIOD'),
        log: text('File the run is logged to; beside the lake when not given.', 'FILE'),
    },
    settings: [...ingestSettings, ...creationSettings],
    examples: [
        { command: 'schedule', does: 'every hour' },
        { command: 'schedule --every 15min --log /var/log/lake.log', does: 'four times an hour' },
        { command: '(crontab -l; eniscope-lake schedule) | crontab -', does: 'installs it' },
    ],
    run: async (args, context) => {
        const { runtime, settings } = context;
        const log = resolve(runtime.cwd, args.text('log') ?? `${settings.lake}.log`);
        const words = [nodeFile, startFile, 'sync', ...flagsFor(context)];
        const time = formatCronTime(args.text('every') ?? 'hour');
        const command = words.map(quoteForCron).join(' ');
        runtime.stdout.write(`${time} ${command} >> ${quoteForCron(log)} 2>&1\n`);
        warnOfTheUnseen(context);
        if (!existsSync(dirname(log))) {
            context.say.warn(
                'log_folder_missing',
                { folder: dirname(log) },
                `the folder ${dirname(log)} of the log does not exist; cron's run would fail`,
            );
        }
        return 0;
    },
});

/** The lake, the files settings come from, and what was set by flag or in this shell, which cron would not know. */
function flagsFor({ settings, originOf, envFile, configFile }: Context): string[] {
    const words = ['--lake', settings.lake];
    if (envFile !== undefined) words.push('--env-file', envFile);
    if (configFile !== undefined) words.push('--config', configFile);
    for (const key of [...ingestSettings, ...creationSettings, 'logFormat' as const]) {
        const { flag } = settingFacts(key);
        const { kind } = originOf(key);
        if (flag === undefined || (kind !== 'flag' && kind !== 'environment')) continue;
        const value = settings[key];
        words.push(`--${flag}`, Array.isArray(value) ? value.join(',') : String(value));
    }
    return words;
}

/** Credentials never go into a crontab. Says which ones a run of cron would miss. */
function warnOfTheUnseen({ settings, originOf, envFile, say }: Context): void {
    const isUnseen = (key: SettingKey): boolean => {
        const origin = originOf(key);
        if (origin.kind === 'secret-file') return origin.namedIn === 'environment';
        return origin.kind === 'environment' && settingFacts(key).flag === undefined;
    };
    const needed: readonly SettingKey[] = ['apiKey', 'email', 'password'];
    const missing = needed.filter((key) => settings[key] === undefined);
    const unseen = settingKeys.filter((key) => isUnseen(key));
    const names = [...new Set([...missing, ...unseen])].map((key) => settingFacts(key).env);
    if (names.length === 0) return;
    const place = envFile ?? 'a file .env (then name it with --env-file)';
    say.warn(
        'unseen_by_cron',
        { variables: names },
        `cron does not see ${names.join(', ')}: put ${names.length === 1 ? 'it' : 'them'} into ${place}`,
    );
}
