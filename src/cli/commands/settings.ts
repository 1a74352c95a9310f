/** `settings`: what holds for each channel and where it comes from; `settings check` reads a file before it is used. */
import { resolve } from 'node:path';
import type { SettingOrigin } from '../../analysis/settle.ts';
import { AppError, errorCodes } from '../../core/errors.ts';
import { findNearest } from '../../core/nearest.ts';
import type { ShownSetting } from '../../ingest/read-settings.ts';
import { defineCommand, flag, oneOf, text, texts } from '../command.ts';
import type { Context } from '../context.ts';
import { findManifest, openLake } from '../lake.ts';
import { count } from '../render/summary.ts';
import { formatTable } from '../render/table.ts';

export const settings = defineCommand({
    usage: 'settings [action] [file]',
    summary:
        'Show what holds for each channel (thresholds, hours, tariff) and where it comes from, or check a file.',
    positionals: {
        action: text('list or check.', 'ACTION'),
        file: text("The file to check; the lake's own reference/settings.json when left out.", 'FILE'),
    },
    options: {
        channel: texts('Only these channels, by id or name, and every setting of theirs.', 'IDS'),
        all: flag('Every setting of every channel, built-in values too.'),
        format: oneOf('Form of the answer.', ['table', 'json'], 'table'),
    },
    examples: [
        { command: 'settings', does: 'the defaults, and what is set otherwise' },
        { command: 'settings --channel 162119', does: 'all that holds for a channel' },
        { command: 'settings check new-settings.json', does: 'everything that is wrong in a file' },
    ],
    run: async (args, context) => {
        const [action = 'list', file] = [args.text('action'), args.text('file')];
        if (action === 'list' && file === undefined) {
            const channels = args.texts('channel');
            const rows = await listSettings(context, channels, args.flag('all'));
            return printSettings(context, rows, args.text('format') === 'json');
        }
        if (action === 'check') return checkFile(context, file);
        const given = [action, file].join(' ').trim();
        throw new AppError('USAGE_BAD_ARGUMENTS', `settings does not know "${given}"`, {
            hint: 'Write `eniscope-lake settings`, or `eniscope-lake settings check FILE`.',
        });
    },
});

/** The defaults in full; of the channels what is not built in or a default, unless more is asked for. */
async function listSettings(
    context: Context,
    channels: readonly string[],
    all: boolean,
): Promise<readonly ShownSetting[]> {
    const { readLakeSettings } = await import('../../ingest/read-settings.ts');
    const { settings: found } = await openLake(context, { command: 'settings', write: false }, (lake) =>
        readLakeSettings(lake),
    );
    if (channels.length > 0) {
        const wanted = new Set(channels.flatMap((word) => idsOf(word, found)));
        return found.filter(({ channelId }) => wanted.has(channelId));
    }
    return found.filter(
        ({ channelId, origin }) =>
            all || channelId === '' || (origin.kind !== 'built-in' && origin.kind !== 'defaults'),
    );
}

function idsOf(word: string, found: readonly ShownSetting[]): string[] {
    const names = found.filter(({ channelId }) => channelId !== '');
    const same = ({ channelId, channelName }: ShownSetting): boolean =>
        channelId === word || channelName?.toLowerCase() === word.toLowerCase();
    const ids = names.filter(same).map(({ channelId }) => channelId);
    if (ids.length > 0) return ids;
    const meant = findNearest(
        word,
        names.flatMap(({ channelId, channelName }) => [
            channelId,
            ...(channelName === null ? [] : [channelName]),
        ]),
    );
    throw new AppError('USAGE_UNKNOWN_CHANNEL', `the lake has no channel "${word}"`, {
        hint: `${meant === undefined ? '' : `Did you mean "${meant}"? `}\`eniscope-lake query channels\` lists what there is.`,
    });
}

function printSettings({ runtime, voice }: Context, rows: readonly ShownSetting[], asJson: boolean): number {
    if (asJson) {
        const plain = rows.map(({ channelId, channelName, key, value, origin }) => ({
            channel_id: channelId === '' ? null : channelId,
            channel_name: channelName,
            setting: key,
            value,
            origin: describeOrigin(origin),
        }));
        runtime.stdout.write(`${JSON.stringify(plain, null, 2)}\n`);
        return 0;
    }
    const cells = rows.map(({ channelId, channelName, key, value, origin }) => [
        channelId === '' ? 'defaults' : channelId,
        channelName,
        key,
        value,
        describeOrigin(origin),
    ]);
    const head = ['channel', 'name', 'setting', 'value', 'origin'];
    runtime.stdout.write(formatTable(head, cells, { color: voice.color.stdout, numeric: [] }));
    return 0;
}

function describeOrigin(origin: SettingOrigin): string {
    switch (origin.kind) {
        case 'built-in':
            return 'built in';
        case 'defaults':
            return 'defaults of the lake';
        case 'channel':
            return 'the channel';
        case 'api':
            return 'the API';
        case 'organization':
            return `organization ${origin.organizationId}`;
    }
}

async function checkFile(context: Context, given: string | undefined): Promise<number> {
    const { runtime, say, voice } = context;
    const [{ readSettings }, { readMaybe }, { lakePaths }] = await Promise.all([
        import('../../analysis/settings.ts'),
        import('../../lake/files.ts'),
        import('../../lake/layout.ts'),
    ]);
    const own = resolve(lakePaths(context.settings.lake).reference, 'settings.json');
    const file = given === undefined ? own : resolve(runtime.cwd, given);
    const content = await readMaybe(file);
    if (content === undefined) {
        throw new AppError('USAGE_BAD_ARGUMENTS', `there is no file ${file}`, { hint: 'Check the path.' });
    }
    const reading = readSettings(content);
    if (reading.kind === 'bad') {
        const { problems } = reading;
        const rows = problems.map(({ path, message, hint }) => [path, message, hint]);
        const options = { color: voice.color.stdout, numeric: [] };
        runtime.stdout.write(formatTable(['where', 'what is wrong', 'what to do'], rows, options));
        say.error(
            'settings_wrong',
            { file, problems: problems.length },
            `${file}: ${count(problems.length, 'problem')}`,
        );
        return errorCodes.SETTINGS_INVALID.exit;
    }
    const strangers = await findStrangers(context, content, file);
    for (const stranger of strangers) {
        say.warn(
            'settings_unused',
            { file, stranger },
            `${file} names ${stranger}, which the lake does not know`,
        );
    }
    say.info('settings_checked', { file, strangers: strangers.length }, `${file}: nothing is wrong`);
    return 0;
}

/** Against the lake, when there is one: contradictions show only where all layers meet. */
async function findStrangers(context: Context, content: string, file: string): Promise<readonly string[]> {
    if ((await findManifest(context)) === undefined) return [];
    const { readLakeSettings } = await import('../../ingest/read-settings.ts');
    const { strangers } = await openLake(context, { command: 'settings check', write: false }, (lake) =>
        readLakeSettings(lake, { text: content, file }),
    );
    return strangers;
}
