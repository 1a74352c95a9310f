/**
 * Writes the pages that are made from the code: commands, settings, errors, views, fields, and `.env.example`.
 * With `--check` nothing is written; stale pages are named and the exit code is 1.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commands } from '../src/cli/commands.ts';
import { packageRoot } from '../src/cli/package.ts';
import { readHelp } from '../src/cli/program.ts';
import { configFileName } from '../src/config/load.ts';
import { settingFacts, settingKeys } from '../src/config/schema.ts';
import { errorCodes } from '../src/core/errors.ts';
import { defaultFieldCodes, fieldCatalogue } from '../src/model/fields.ts';
import { describeQuirks } from '../src/simulator/quirks.ts';
import { describeViews, type ViewDescription } from '../src/warehouse/catalog.ts';

const note = '<!-- Made by `npm run docs`; change the code instead. -->';

type Cells = readonly (string | number)[];

function table(head: Cells, rows: readonly Cells[]): string {
    const line = (cells: Cells): string =>
        `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
    return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

async function commandsPage(): Promise<string> {
    const parts = [
        '# Commands',
        note,
        'Every command prints its answer on stdout and everything else on stderr. Exit codes: [errors.md](errors.md).',
    ];
    for (const command of commands) {
        parts.push(`## ${command.name}`, `\`\`\`text\n${await readHelp(command)}\n\`\`\``);
    }
    return parts.join('\n\n');
}

function settingsPage(): string {
    const rows = settingKeys.map((key) => {
        const facts = settingFacts(key);
        const flag = facts.flag === undefined ? '' : `--${facts.flag}`;
        return [code(key), code(facts.env), code(flag), code(facts.default ?? ''), facts.description];
    });
    return [
        '# Settings',
        note,
        'A flag wins over the environment, the environment over `.env` in the working folder (or `--env-file`), that over ' +
            `the config file, that over the default. The config file is \`--config\`, else the nearest \`${configFileName}\` upward: ` +
            'one JSON object whose keys are the names below. An unknown key or a value that cannot be is an error that names its place. ' +
            'Relative paths count from the place they were written in. A variable that is set to nothing counts as not set. ' +
            'Secrets have no flag, because flags are visible in process lists. `eniscope-lake config` shows every value and where it came from.',
        table(['key', 'variable', 'flag', 'default', 'what it is'], rows),
    ].join('\n\n');
}

function errorsPage(): string {
    const rows = Object.entries(errorCodes).map(([name, { exit, meaning }]) => [code(name), exit, meaning]);
    const exits = [
        [0, 'done, also when there was nothing new', ''],
        [1, 'a bug', 'report it with the output of `--debug`'],
        [2, 'usage', 'fix the command'],
        [3, 'settings', 'fix the settings'],
        [4, 'source', 'run again later'],
        [5, 'data', 'look before running again'],
        [6, 'lake', 'free the lake or its disk'],
        [7, 'partly done', 'run again later; what failed is named'],
        [8, 'query', 'fix the SQL'],
        [130, 'stopped by Ctrl-C', ''],
        [143, 'stopped by SIGTERM', ''],
    ];
    return [
        '# Errors and exit codes',
        note,
        'A person reads a sentence, a hint and the code; with `--log-format json` (or without a terminal) the same is one JSON line.',
        table(['exit', 'means', 'what to do'], exits),
        '## Codes',
        table(['code', 'exit', 'meaning'], rows),
    ].join('\n\n');
}

async function viewsPage(): Promise<string> {
    const views = await describeViews({ root: packageRoot, fields: defaultFieldCodes, granularity: 'month' });
    const layers = [...new Set(views.map(({ layer }) => layer))];
    const parts = [
        '# Views',
        note,
        'All of them are in `lake.duckdb` and `lake.sql`; `eniscope-lake views NAME` tells the same.',
    ];
    for (const layer of layers) {
        parts.push(`## ${layer.replace(/^\d+_/, '')}`);
        parts.push(...views.filter((view) => view.layer === layer).map(describeView));
    }
    return parts.join('\n\n');
}

function describeView(view: ViewDescription): string {
    const call = view.parameters.length > 0 ? `${view.name}(${view.parameters.join(', ')})` : view.name;
    const columns = view.columns.map(({ name, type, text }) => [code(name), type, text]);
    return [
        `### ${call}`,
        view.summary,
        ...(view.grain === undefined ? [] : [`Grain: ${view.grain}.`]),
        ...(view.example === undefined ? [] : [`For example: ${code(view.example)}.`]),
        ...(columns.length === 0 ? [] : [table(['column', 'type', 'meaning'], columns)]),
    ].join('\n\n');
}

function fieldsPage(): string {
    const rows = fieldCatalogue.map((field) => [
        code(field.code),
        code(field.column),
        field.unit,
        field.kind,
        field.label,
    ]);
    return [
        '# Fields',
        note,
        `Every measure the API knows, and its column in a lake. A new lake keeps ${defaultFieldCodes.join(', ')} unless \`init --fields\` says otherwise.`,
        table(['code', 'column', 'unit', 'kind', 'what it is'], rows),
    ].join('\n\n');
}

function simulatorPage(): string {
    const rows = describeQuirks().map((quirk) => [
        code(quirk.name),
        code(quirk.default),
        quirk.choices.map(code).join(' '),
        quirk.meaning,
    ]);
    return [
        "# The simulator's switches",
        note,
        '`eniscope-lake simulate --quirk NAME=VALUE`, as often as needed.',
        table(['quirk', 'default', 'choices', 'meaning'], rows),
    ].join('\n\n');
}

/** Everything commented out but the three that have no default. */
function envExample(): string {
    const blocks = settingKeys.map((key) => {
        const facts = settingFacts(key);
        const isNeeded = key === 'apiKey' || key === 'email' || key === 'password';
        return `# ${facts.description}\n${isNeeded ? '' : '# '}${facts.env}=${facts.default ?? ''}`;
    });
    return `# Copy to .env and fill in. Made by \`npm run docs\`.\n\n${blocks.join('\n\n')}`;
}

const pages: Readonly<Record<string, string>> = {
    'docs/cli.md': await commandsPage(),
    'docs/settings.md': settingsPage(),
    'docs/errors.md': errorsPage(),
    'docs/views.md': await viewsPage(),
    'docs/fields.md': fieldsPage(),
    'docs/simulator.md': simulatorPage(),
    '.env.example': envExample(),
};

function readMaybe(file: string): string {
    try {
        return readFileSync(file, 'utf8');
    } catch {
        // A page that is not there yet is stale.
        return '';
    }
}

const check = process.argv.includes('--check');
const stale = Object.entries(pages).filter(
    ([file, content]) => readMaybe(join(packageRoot, file)) !== `${content.trimEnd()}\n`,
);
for (const [file, content] of stale) {
    if (!check) writeFileSync(join(packageRoot, file), `${content.trimEnd()}\n`);
    console.log(`${check ? 'stale, run npm run docs' : 'written'}: ${file}`);
}
if (check && stale.length > 0) process.exitCode = 1;
