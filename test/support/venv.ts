/** The Python environment with the tools that read a lake; `npm test` makes it. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { runProcess } from './run-cli.ts';

const folder = fileURLToPath(new URL('../../.venv', import.meta.url));

export const python = `${folder}/bin/python`;
export const duckdb = `${folder}/bin/duckdb`;

/** True where the tools cannot be had; `npm test` says why, and fails for it with CI=true. */
export const lacksConsumers =
    process.env.ENISCOPE_TEST_CONSUMERS === 'skipped' || !existsSync(`${folder}/requirements.sha256`);

/** What a skipped test's name ends with. */
export const whySkipped = lacksConsumers ? ' (skipped: no Python environment; npm test says why)' : '';

/** Asks the DuckDB command line from a folder that is not the lake's, and returns its rows. */
export async function askDuckdb(
    argv: readonly string[],
    cwd: string,
    env: Readonly<Record<string, string>> = {},
): Promise<unknown> {
    // HOME is the folder itself, so that nobody's ~/.duckdbrc has a say.
    const { code, stdout, stderr } = await runProcess(duckdb, ['-json', ...argv], {
        cwd,
        env: { HOME: cwd, ...env },
    });
    // It names the script it was told to load.
    const said = stripVTControlCharacters(stderr)
        .split('\n')
        .filter((line) => !line.includes('-- Loading resources from'));
    if (code !== 0 || said.join('') !== '') throw new Error(`duckdb ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
}
