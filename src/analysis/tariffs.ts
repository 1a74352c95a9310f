/** Reads `reference/tariffs.json`: the user's own tariffs, checked to the last quarter hour before anything is billed. */
import { AppError, messageOf } from '../core/errors.ts';
import { findProblems, type Problem } from './tariff-rules.ts';
import { type Tariff, tariffFileSchema } from './tariff-schema.ts';

/** Tariffs, or everything that is wrong with them. */
export type TariffReading =
    | { readonly kind: 'good'; readonly tariffs: readonly Tariff[] }
    | { readonly kind: 'bad'; readonly problems: readonly Problem[] };

/** Reads a tariff file's text and finds every problem. */
export function readTariffs(text: string): TariffReading {
    let json: unknown;
    try {
        json = JSON.parse(text);
    } catch (error) {
        return {
            kind: 'bad',
            problems: [{ path: 'the file', message: `is not valid JSON: ${messageOf(error)}` }],
        };
    }
    const parsed = tariffFileSchema.safeParse(json);
    if (!parsed.success) {
        return {
            kind: 'bad',
            problems: parsed.error.issues.map((issue) => toProblem(issue.path, issue.message, json)),
        };
    }
    const { tariffs } = parsed.data;
    const problems = findProblems(tariffs);
    return problems.length === 0 ? { kind: 'good', tariffs } : { kind: 'bad', problems };
}

/** The tariffs of a file's text. Throws SETTINGS_INVALID naming the file, the place, the value and what is allowed. */
export function parseTariffs(text: string, file: string): readonly Tariff[] {
    const reading = readTariffs(text);
    if (reading.kind === 'good') return reading.tariffs;
    const { problems } = reading;
    const [first] = problems;
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    throw new AppError('SETTINGS_INVALID', `${file}: ${first?.path} ${first?.message}${more}`, {
        hint: `\`eniscope-lake tariffs check ${file}\` lists everything that is wrong; docs/tariffs.md tells the form.`,
        details: { problems: problems.slice(0, 20) },
    });
}

/** `tariffs[0].versions[1].energy.rate` `is -1, but must not be negative` */
function toProblem(path: readonly PropertyKey[], message: string, json: unknown): Problem {
    const value = path.reduce<unknown>(
        (inside, key) =>
            typeof inside === 'object' && inside !== null ? Reflect.get(inside, key) : undefined,
        json,
    );
    const place = path
        .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
        .join('')
        .replace(/^\./, '');
    return { path: place === '' ? 'the file' : place, message: describeFault(value, message) };
}

function describeFault(value: unknown, message: string): string {
    // The schema's own words for what needs no value: unknown keys, missing ones.
    if (!message.startsWith('must')) return `is wrong: ${message}`;
    if (value === undefined) return `is missing: it ${message}`;
    const shown = JSON.stringify(value);
    return `is ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}, but ${message}`;
}
