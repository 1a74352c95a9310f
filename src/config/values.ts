/**
 * The kinds of value a setting can have. Each takes the text of a flag or variable, or the value of a config file,
 * and says in its message what is allowed.
 */
import { z } from 'zod';
import { findNearest } from '../core/nearest.ts';
import { Secret } from '../core/secret.ts';
import { findField } from '../model/fields.ts';

const anyText = z.union([z.string(), z.number()], 'must be text').transform((value) => String(value).trim());

/** Text that is not empty. */
export function text() {
    return anyText.refine((value) => value !== '', 'must not be empty');
}

/** Text that becomes a `Secret` at once. */
export function secret() {
    return text().transform((value) => new Secret(value));
}

/** A whole number of a range. */
export function integer(least: number, most: number) {
    const allowed = `must be a whole number from ${least} to ${most.toLocaleString('en')}`;
    return numberFrom(
        /^\d+$/,
        allowed,
        (value) => Number.isInteger(value) && value >= least && value <= most,
    );
}

/** A number of a range, decimals allowed. */
export function decimal(least: number, most: number) {
    const allowed = `must be a number from ${least} to ${most.toLocaleString('en')}`;
    return numberFrom(/^\d+(\.\d+)?$/, allowed, (value) => value >= least && value <= most);
}

function numberFrom(form: RegExp, allowed: string, fits: (value: number) => boolean) {
    const fromText = z
        .string()
        .trim()
        .regex(form, allowed)
        .transform((value) => Number(value));
    return z.union([z.number(), fromText], allowed).refine(fits, allowed);
}

/** One of some words. */
export function choice<const T extends string>(...words: readonly T[]) {
    const allowed = `must be one of ${words.join(', ')}`;
    return anyText.transform((value, context): T => {
        const found = words.find((word) => word === value);
        if (found !== undefined) return found;
        const meant = findNearest(value, words);
        context.addIssue(meant === undefined ? allowed : `${allowed}; did you mean ${meant}?`);
        return z.NEVER;
    });
}

/** One of some numbers. */
export function numberChoice<const T extends number>(...numbers: readonly T[]) {
    const allowed = `must be one of ${numbers.join(', ')}`;
    return anyText.transform((value, context): T => {
        const found = numbers.find((number) => String(number) === value);
        if (found !== undefined) return found;
        context.addIssue(allowed);
        return z.NEVER;
    });
}

/** Words separated by commas, or a list in a config file; repeated words count once. */
export function list(fault: (word: string) => string | undefined) {
    const words = z.union([anyText, z.array(anyText)], 'must be a list').transform((value) => {
        const parts = (Array.isArray(value) ? value : [value]).flatMap((part) => part.split(','));
        return [...new Set(parts.map((part) => part.trim()).filter((part) => part !== ''))];
    });
    return words.transform((value, context): readonly string[] => {
        for (const word of value) {
            const found = fault(word);
            if (found !== undefined) context.addIssue(found);
        }
        return value;
    });
}

/** Why a word is no field code; undefined when it is one. */
export function fieldFault(code: string, known: readonly string[]): string | undefined {
    if (findField(code) !== undefined) return undefined;
    const meant =
        known.find((other) => other.toLowerCase() === code.toLowerCase()) ?? findNearest(code, known);
    return `names the unknown field ${code}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

/** An http or https address without credentials, query or fragment. */
export function webAddress() {
    return anyText.superRefine((value, context) => {
        if (!URL.canParse(value))
            return context.addIssue('must be an address such as https://core.eniscope.com');
        const url = new URL(value);
        if (url.protocol !== 'https:' && url.protocol !== 'http:') {
            return context.addIssue('must begin with https:// or http://');
        }
        if (url.username !== '' || url.password !== '') {
            return context.addIssue('must not carry credentials; set ENISCOPE_EMAIL and ENISCOPE_PASSWORD');
        }
        if (url.search !== '' || url.hash !== '') context.addIssue('must not carry a query or fragment');
    });
}
