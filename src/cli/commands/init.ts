/** `init`: makes an empty lake; again with the same settings it changes nothing. */
import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';

export const init = defineCommand({
    usage: 'init',
    summary: 'Make an empty lake.',
    options: {},
    settings: ['granularity', 'fields', 'codec', 'parquetVersion'],
    examples: [
        { command: 'init', does: 'in ./lake, one file a channel and month' },
        { command: 'init --lake /srv/lake --granularity day --fields E,P,V', does: 'by day, three fields' },
        { command: 'init --codec snappy --parquet-version V1', does: 'for the oldest Parquet readers' },
    ],
    run: async (_args, context) => {
        const { settings, say } = context;
        const { created } = await createLake(context);
        const facts = `${settings.granularity}ly files, fields ${settings.fields.join(' ')}`.replace(
            'dayly',
            'daily',
        );
        say.info(
            created ? 'lake_created' : 'lake_unchanged',
            { lake: settings.lake, granularity: settings.granularity, fields: settings.fields },
            created
                ? `made a lake in ${settings.lake} (${facts})`
                : `there already is this lake in ${settings.lake}`,
        );
        return 0;
    },
});

/** Makes the lake of the settings. Throws LAKE_EXISTS when there is one with other settings. */
export async function createLake({
    settings,
    runtime,
    log,
}: Context): Promise<{ readonly created: boolean }> {
    const { initLake } = await import('../../ingest/init.ts');
    return initLake({
        root: settings.lake,
        granularity: settings.granularity,
        fields: settings.fields,
        codec: settings.codec,
        parquetVersion: settings.parquetVersion,
        runtime,
        log,
    });
}
