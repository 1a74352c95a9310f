/** `config`: every setting with its value and where it came from; secrets only as "set". */
import { describeOrigin } from '../../config/load.ts';
import { settingFacts, settingKeys } from '../../config/schema.ts';
import { Secret } from '../../core/secret.ts';
import { defineCommand, oneOf } from '../command.ts';
import { formatTable } from '../render/table.ts';

export const config = defineCommand({
    usage: 'config',
    summary: 'Show every setting, its value and where it comes from.',
    options: { format: oneOf('Form of the answer.', ['table', 'json'], 'table') },
    settings: settingKeys.filter((key) => key !== 'lake' && key !== 'logFormat'),
    examples: [{ command: 'config', does: 'as a table' }],
    run: async (args, { settings, originOf, configFile, envFile, runtime, voice }) => {
        const rows = settingKeys.map((key) => ({
            key,
            value: showValue(settings[key]),
            origin: describeOrigin(originOf(key)),
            variable: settingFacts(key).env,
        }));
        if (args.text('format') === 'json') {
            runtime.stdout.write(
                `${JSON.stringify({ config_file: configFile, env_file: envFile, settings: rows }, null, 2)}\n`,
            );
            return 0;
        }
        const cells = rows.map(({ key, value, origin, variable }) => [key, value, origin, variable]);
        const options = { color: voice.color.stdout, numeric: [] };
        runtime.stdout.write(formatTable(['setting', 'value', 'origin', 'variable'], cells, options));
        return 0;
    },
});

function showValue(value: unknown): string | null {
    if (value === undefined) return null;
    if (value instanceof Secret) return '[set]';
    return Array.isArray(value) ? value.join(',') : String(value);
}
