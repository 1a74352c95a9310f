/** Turns the declared commands into a yargs program: strict, silent about itself, with "did you mean". */
import yargs, { type Argv, type Options } from 'yargs';
import { type SettingKey, settingFacts } from '../config/schema.ts';
import { AppError } from '../core/errors.ts';
import { findNearest } from '../core/nearest.ts';
import type { Runtime } from '../core/runtime.ts';
import { type Command, demandSingleValues, flag, type OptionSet, type OptionSpec, text } from './command.ts';
import { commands } from './commands.ts';
import { openContext } from './context.ts';
import { readVersion } from './package.ts';

const globalSettings: readonly SettingKey[] = ['lake', 'logFormat'];

const globalOptions: OptionSet = {
    ...settingOptions(globalSettings),
    config: text('Config file; else the nearest eniscope-lake.config.json upward.', 'FILE'),
    'env-file': text('File with environment variables; else .env in the working folder.', 'FILE'),
    quiet: flag('Say warnings and errors only.'),
    verbose: flag('Say everything.'),
    debug: flag('Show stacks of errors.'),
};

/** Parses the arguments and runs the command. Gives the exit code; throws USAGE_BAD_ARGUMENTS and what commands throw. */
export async function runProgram(argv: readonly string[], runtime: Runtime): Promise<number> {
    let outcome:
        | { readonly command: Command; readonly values: Readonly<Record<string, unknown>> }
        | undefined;
    const program = buildProgram((command, values) => {
        outcome = { command, values };
    }, runtime.stdout.columns);
    const help = await parse(program, argv);
    if (help !== '') {
        runtime.stdout.write(`${help}\n`);
        return 0;
    }
    if (outcome === undefined) throw unknownCommand(argv);
    const { command, values } = outcome;
    demandSingleValues(values, optionsOf(command));
    const code = await command.start(values, openContext(values, runtime));
    if (command.endsBySignal === true) return code;
    runtime.signal.throwIfAborted();
    return code;
}

/** The help text of a command, or of the program when none is named. */
export async function readHelp(command?: Command): Promise<string> {
    const program = buildProgram(() => undefined, 100);
    return await parse(program, command === undefined ? ['--help'] : [command.name, '--help']);
}

type Chosen = (command: Command, values: Readonly<Record<string, unknown>>) => void;

function buildProgram(chosen: Chosen, columns = 100): Argv {
    let program = yargs()
        .scriptName('eniscope-lake')
        .usage('$0 <command> [flags]\n\nA data lake of files for energy meters.')
        .parserConfiguration({
            'greedy-arrays': false,
            'parse-numbers': false,
            'parse-positional-numbers': false,
            'dot-notation': false,
            'boolean-negation': false,
            'camel-case-expansion': false,
        })
        .locale('en')
        .wrap(Math.min(110, columns))
        .exitProcess(false)
        .strict()
        .version(readVersion())
        .help()
        .alias({ help: 'h' })
        .demandCommand(1, 'Name a command.')
        .epilogue('Settings also come from the environment, .env and a config file: `eniscope-lake config`.')
        .fail((message: string, error: unknown) => {
            throw error instanceof AppError ? error : new UsageFault(message);
        });
    for (const [name, spec] of Object.entries(globalOptions)) {
        program = program.option(name, { ...yargsOption(spec), global: true });
    }
    for (const command of commands) {
        program = program.command(
            command.usage,
            command.summary,
            (builder) => declare(builder, command),
            (values) => chosen(command, values),
        );
    }
    return program;
}

function declare(builder: Argv, command: Command): Argv {
    let program = builder.usage(`$0 ${command.usage}\n\n${command.summary}`);
    for (const [name, spec] of Object.entries(command.positionals)) {
        program = program.positional(name, {
            describe: spec.describe,
            type: 'string',
            ...(spec.kind === 'texts' ? { array: true } : {}),
        });
    }
    const own = { ...command.options, ...settingOptions(command.settings ?? []) };
    for (const [name, spec] of Object.entries(own)) {
        program = program.option(name, { ...yargsOption(spec), group: 'Flags:' });
    }
    return program.example(
        command.examples.map(({ command: line, does }): [string, string] => [`$0 ${line}`, does]),
    );
}

function yargsOption(spec: OptionSpec): Options {
    const { kind, describe, choices, placeholder, default: fallback } = spec;
    if (kind === 'flag') return { type: 'boolean', describe };
    return {
        type: 'string',
        describe: placeholder === undefined ? describe : `${placeholder}: ${describe}`,
        requiresArg: true,
        ...(choices === undefined ? {} : { choices }),
        ...(fallback === undefined ? {} : { default: fallback }),
    };
}

/** Settings as options. Their default is told but not set: it comes last, after environment and files. */
function settingOptions(keys: readonly SettingKey[]): OptionSet {
    return Object.fromEntries(
        keys.flatMap((key): [string, OptionSpec][] => {
            const facts = settingFacts(key);
            if (facts.flag === undefined) return [];
            const fallback = (facts.default ?? '') === '' ? '' : ` Default ${facts.default}.`;
            return [
                [
                    facts.flag,
                    {
                        kind: facts.repeatable === true ? 'texts' : 'text',
                        describe: `${facts.description}${fallback} [${facts.env}]`,
                        placeholder: facts.placeholder,
                    },
                ],
            ];
        }),
    );
}

function optionsOf(command: Command): OptionSet {
    return {
        ...globalOptions,
        ...command.positionals,
        ...command.options,
        ...settingOptions(command.settings ?? []),
    };
}

/** yargs' own words, before they are made into a sentence with a hint. */
class UsageFault extends Error {}

/** Gives the text of --help or --version, or nothing when a command was chosen. */
async function parse(program: Argv, argv: readonly string[]): Promise<string> {
    let help = '';
    try {
        await program.parseAsync([...argv], {}, (_error, _values, output) => {
            help = output;
        });
        // What a flag takes is told by its placeholder; yargs' own types only widen the page.
        return help.replaceAll(/ *\[(string|boolean)\]/g, '');
    } catch (error) {
        if (error instanceof UsageFault) throw usageError(error.message, argv);
        throw error;
    }
}

function unknownCommand(argv: readonly string[]): AppError {
    return usageError('Name a command.', argv);
}

/** Makes a sentence of what yargs found wrong, and guesses what was meant. */
function usageError(message: string, argv: readonly string[]): AppError {
    const command = commands.find((known) => argv.includes(known.name));
    const [, what, words = ''] = /^Unknown (argument|command)s?: (.*)$/.exec(message) ?? [];
    const help = `See \`eniscope-lake ${command === undefined ? '' : `${command.name} `}--help\`.`;
    if (what === undefined) return new AppError('USAGE_BAD_ARGUMENTS', lower(message), { hint: help });
    const word = words.split(', ')[0] ?? '';
    const isFlag = argv.some((given) => given.split('=')[0] === `--${word}` || given === `-${word}`);
    const known = isFlag
        ? Object.keys(command === undefined ? globalOptions : optionsOf(command))
        : commands.map(({ name }) => name);
    const meant = findNearest(word, known);
    const thing = isFlag
        ? `unknown flag --${word}`
        : command === undefined
          ? `unknown command ${word}`
          : `unexpected argument ${word}`;
    const guess = meant === undefined ? '' : `Did you mean ${isFlag ? `--${meant}` : meant}? `;
    return new AppError('USAGE_BAD_ARGUMENTS', thing, { hint: `${guess}${help}` });
}

function lower(message: string): string {
    const line = message
        .trim()
        .replaceAll(/\s*\n\s*/g, ' ')
        .replace(/\.$/, '');
    return `${line.charAt(0).toLowerCase()}${line.slice(1)}`;
}
