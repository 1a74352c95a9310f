/** The scalars of the source: ids and numbers come as text or numbers, "missing" as null, "" or "0". */
import { z } from 'zod';
import { parseNumber } from './records.ts';

export const scalar = z.union([z.string(), z.number()]);

/** A number or numeric text; anything else is an issue. */
const wireNumber = scalar.transform((value, context) => {
    const parsed = parseNumber(value);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: `${JSON.stringify(value)} is not a number` });
    return z.NEVER;
});

/** A whole number or its text. */
export const wireInteger = wireNumber.refine(Number.isSafeInteger, 'is not a whole number');

/** Text of any scalar; "" and null become null. */
export const text = z
    .union([z.string(), z.number(), z.boolean()])
    .nullish()
    .transform((value) => (value === null || value === undefined || value === '' ? null : readable(value)));

/** Half of a surrogate pair is no text: nothing that reads UTF-8 takes it. */
function readable(value: string | number | boolean): string {
    return String(value).replaceAll(/\p{Surrogate}/gu, '\ufffd');
}

/** An id: never empty, kept as text. */
export const id = scalar
    .transform((value) => readable(value).trim())
    .refine((value) => value !== '', 'is empty');

/** A number or its text; "", null and absent become null. */
export const number = z.preprocess(
    (value) => (value === undefined || value === '' ? null : value),
    wireNumber.nullable(),
);

/** A number that counts or names a state; a fraction is an issue. */
export const whole = number.refine((value) => value === null || isInt32(value), 'is not a whole number');

function isInt32(value: number): boolean {
    return (value | 0) === value;
}

/** Epoch seconds of the years 1 to 9999, fractions dropped; 0, "" and null mean none. */
export const epoch = number
    .refine((value) => value === null || (value >= -62_135_596_800 && value < 253_402_300_800), 'is no date')
    .transform((value) => (value === null || value === 0 ? null : Math.floor(value)));

const flags: Readonly<Record<string, boolean>> = {
    true: true,
    '1': true,
    y: true,
    yes: true,
    false: false,
    '0': false,
    n: false,
    no: false,
};
/** A truth value in any of its spellings; "", null and absent become null. */
export const flag = text.transform((value, context) => {
    if (value === null) return null;
    const known = flags[value.toLowerCase()];
    if (known !== undefined) return known;
    context.addIssue({ code: 'custom', message: `"${value}" is neither true nor false` });
    return z.NEVER;
});
