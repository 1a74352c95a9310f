/** What a command is: data and one function. `program.ts` alone turns it into yargs. */
import type { SettingKey } from '../config/schema.ts';
import { AppError } from '../core/errors.ts';
import type { Context } from './context.ts';

/** A flag or positional. `texts` may be repeated and takes commas; a `flag` is on or off. */
export interface OptionSpec {
    readonly kind: 'text' | 'texts' | 'flag';
    readonly describe: string;
    /** What the option takes, as help shows it. */
    readonly placeholder?: string;
    readonly choices?: readonly string[];
    readonly default?: string;
}

export type OptionSet = Readonly<Record<string, OptionSpec>>;

export function text(describe: string, placeholder: string): OptionSpec {
    return { kind: 'text', describe, placeholder };
}

export function texts(describe: string, placeholder: string): OptionSpec {
    return { kind: 'texts', describe, placeholder };
}

export function flag(describe: string): OptionSpec {
    return { kind: 'flag', describe };
}

export function oneOf(describe: string, choices: readonly string[], fallback: string): OptionSpec {
    return { kind: 'text', describe, choices, default: fallback };
}

/** The values of a command's own options, by the names it declared. */
export interface Arguments<Name extends string> {
    text(name: Name): string | undefined;
    texts(name: Name): readonly string[];
    flag(name: Name): boolean;
}

export interface Example {
    /** After `eniscope-lake `. */
    readonly command: string;
    readonly does: string;
}

interface Facts {
    /** `query [question]`: the name, then positionals as yargs writes them. */
    readonly usage: string;
    /** One sentence, for the list of commands. */
    readonly summary: string;
    /** Settings this command takes as flags, besides the global ones. */
    readonly settings?: readonly SettingKey[];
    readonly examples: readonly Example[];
    /** Being interrupted is the normal end. */
    readonly endsBySignal?: true;
}

export interface Command extends Facts {
    readonly name: string;
    readonly positionals: OptionSet;
    readonly options: OptionSet;
    /** Does the work and gives the exit code. */
    start(values: Readonly<Record<string, unknown>>, context: Context): Promise<number>;
}

/** Declares a command; `run` can only ask for options that are declared. */
export function defineCommand<P extends OptionSet, O extends OptionSet>(
    definition: Facts & {
        readonly positionals?: P;
        readonly options: O;
        readonly run: (
            args: Arguments<Extract<keyof P | keyof O, string>>,
            context: Context,
        ) => Promise<number>;
    },
): Command {
    const { run, positionals = {}, options, ...facts } = definition;
    return {
        ...facts,
        name: facts.usage.split(' ')[0] ?? '',
        positionals,
        options,
        start: (values, context) => run(readArguments(values), context),
    };
}

function readArguments(values: Readonly<Record<string, unknown>>): Arguments<string> {
    return {
        text: (name) => {
            const value = values[name];
            return value === undefined ? undefined : String(value);
        },
        texts: (name) => {
            const value = values[name];
            const parts = Array.isArray(value) ? value : value === undefined ? [] : [value];
            return [
                ...new Set(parts.flatMap((part) => String(part).split(',')).map((part) => part.trim())),
            ].filter((part) => part !== '');
        },
        flag: (name) => values[name] === true,
    };
}

/** Refuses an option that was given twice though it takes one value: yargs would hand on both as a list. */
export function demandSingleValues(values: Readonly<Record<string, unknown>>, options: OptionSet): void {
    for (const [name, spec] of Object.entries(options)) {
        const value = values[name];
        if (spec.kind === 'texts' || !Array.isArray(value)) continue;
        throw new AppError(
            'USAGE_BAD_ARGUMENTS',
            `--${name} is given ${value.length} times: ${value.join(', ')}`,
            {
                hint: 'Give it once.',
            },
        );
    }
}
