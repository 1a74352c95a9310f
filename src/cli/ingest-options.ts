/** The flags `ingest` and `sync` share, and what they come to together with the settings. */
import type { SettingKey } from '../config/schema.ts';
import type { IngestOptions } from '../ingest/ingest.ts';
import { type Arguments, flag, texts } from './command.ts';
import type { Context } from './context.ts';
import { rangeOptions, readRange, sinceOption } from './range.ts';

export const selectionOptions = {
    ...rangeOptions,
    ...sinceOption,
    channel: texts('Only these channels; repeat it or separate with commas.', 'IDS'),
    organization: texts('Only channels of these organizations.', 'IDS'),
    refetch: flag('Ask again for what the lake already has.'),
    'dry-run': flag('Tell what would be asked; ask for no readings and write nothing.'),
} as const;

export const ingestSettings: readonly SettingKey[] = [
    'apiUrl',
    'resolution',
    'fields',
    'excludeChannels',
    'requestsPerSecond',
    'concurrency',
    'timeoutSeconds',
    'rereadDays',
    'firstRunDays',
    'healDays',
    'lockWaitSeconds',
];

/** Throws USAGE_BAD_RANGE for a range that cannot be. */
export function readIngestOptions(
    args: Arguments<keyof typeof selectionOptions>,
    { settings, originOf, runtime }: Context,
): IngestOptions {
    const range = readRange(
        { from: args.text('from'), to: args.text('to'), since: args.text('since') },
        runtime.now(),
    );
    return {
        ...range,
        organizations: args.texts('organization'),
        channels: args.texts('channel'),
        excludeChannels: settings.excludeChannels,
        resolution: settings.resolution,
        // Without a word about fields, the lake's own list counts.
        ...(originOf('fields').kind === 'default' ? {} : { fields: settings.fields }),
        refetch: args.flag('refetch'),
        dryRun: args.flag('dry-run'),
        rereadDays: settings.rereadDays,
        firstRunDays: settings.firstRunDays,
        healDays: settings.healDays,
        concurrency: settings.concurrency,
        requestsPerSecond: settings.requestsPerSecond,
    };
}
