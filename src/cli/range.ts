/** Reads `--from`, `--to` and `--since` into instants. */
import { AppError } from '../core/errors.ts';
import { daySeconds, parseInstant } from '../model/time.ts';
import { text } from './command.ts';

const forms = 'Write a day such as 2026-10-01 (midnight UTC) or an instant such as 2026-10-01T06:00:00Z.';

export const rangeOptions = {
    from: text('First day or instant, included: 2026-10-01 or 2026-10-01T06:00:00Z.', 'DATE'),
    to: text('Last day or instant, excluded.', 'DATE'),
} as const;

export const sinceOption = {
    since: text('From so long ago until now: 36h, 7d, 2w; or a day such as 2026-10-01.', 'AGE'),
} as const;

export interface Range {
    readonly from?: number;
    readonly to?: number;
}

/** Half-open, epoch seconds. Throws USAGE_BAD_RANGE for what is no date and for from ≥ to, naming both. */
export function readRange(
    given: {
        readonly from?: string | undefined;
        readonly to?: string | undefined;
        readonly since?: string | undefined;
    },
    nowMs: number,
): Range {
    if (given.since !== undefined && given.from !== undefined) {
        throw new AppError(
            'USAGE_BAD_RANGE',
            `--since ${given.since} and --from ${given.from} are both given`,
            {
                hint: 'Give one of the two.',
            },
        );
    }
    const now = Math.floor(nowMs / 1000);
    const from = given.since === undefined ? readInstant('from', given.from) : readSince(given.since, now);
    const to = readInstant('to', given.to);
    if (from !== undefined && from >= (to ?? now)) {
        const name = given.since === undefined ? `--from ${given.from}` : `--since ${given.since}`;
        const end = given.to === undefined ? 'now' : `--to ${given.to}`;
        throw new AppError('USAGE_BAD_RANGE', `${name} is not before ${end}`, {
            hint: 'The start is included, the end is not; the start must be earlier.',
        });
    }
    return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

function readInstant(name: string, value: string | undefined): number | undefined {
    if (value === undefined) return undefined;
    const instant = parseInstant(value);
    if (instant !== undefined) return instant;
    throw new AppError('USAGE_BAD_RANGE', `--${name} ${value} is no date`, { hint: forms });
}

const units: Readonly<Record<string, number>> = { h: 3600, d: daySeconds, w: 7 * daySeconds };

function readSince(value: string, now: number): number {
    const [, amount, unit = ''] = /^(\d{1,5})([hdw])$/.exec(value) ?? [];
    const seconds = units[unit];
    if (amount !== undefined && seconds !== undefined) return now - Number(amount) * seconds;
    const instant = parseInstant(value);
    if (instant !== undefined) return instant;
    throw new AppError('USAGE_BAD_RANGE', `--since ${value} is neither an age nor a date`, {
        hint: `Write 36h, 7d or 2w. ${forms}`,
    });
}

/** A whole number from `least` on. Throws USAGE_BAD_ARGUMENTS naming the flag and the value. */
export function readWhole(name: string, value: string | undefined, least = 0): number | undefined {
    if (value === undefined) return undefined;
    const number = Number(value);
    if (/^\d{1,9}$/.test(value) && number >= least) return number;
    throw new AppError(
        'USAGE_BAD_ARGUMENTS',
        `--${name} is ${JSON.stringify(value)}, but it must be a whole number from ${least}`,
    );
}
