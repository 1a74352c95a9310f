/** Writes a crontab line: when, and a command that /bin/sh and cron both read the same way. */
import { AppError } from '../core/errors.ts';

/** A word for `/bin/sh` inside a crontab: cron ends the command at a bare `%`, so that one always stands outside quotes, escaped. */
export function quoteForCron(word: string): string {
    if (word.includes('\n')) {
        throw new AppError(
            'USAGE_BAD_ARGUMENTS',
            `${JSON.stringify(word)} has a line break: cron cannot take it`,
        );
    }
    if (/^[\w@+=:,./-]+$/.test(word)) return word;
    return word
        .split('%')
        .map((part) => (part === '' ? '' : `'${part.replaceAll("'", String.raw`'\''`)}'`))
        .join(String.raw`\%`);
}

/**
 * The five time fields of `15min`, `hour`, `6h`, `day`. Runs begin a few minutes after the full hour, when the
 * last readings are there. Throws USAGE_BAD_ARGUMENTS for what cron cannot repeat evenly.
 */
export function formatCronTime(every: string): string {
    const [, amount = '1', unit] = /^(\d{1,2})?(min|hour|h|day|d)$/.exec(every) ?? [];
    const number = Number(amount);
    if (unit === 'min' && number > 0 && number < 60 && 60 % number === 0) return `*/${number} * * * *`;
    if ((unit === 'hour' || unit === 'h') && number > 0 && number < 24 && 24 % number === 0) {
        return number === 1 ? '5 * * * *' : `5 */${number} * * *`;
    }
    if ((unit === 'day' || unit === 'd') && number === 1) return '5 4 * * *';
    throw new AppError('USAGE_BAD_ARGUMENTS', `--every ${every} is nothing cron repeats evenly`, {
        hint: 'Choose 15min, 30min, hour, 2h, 6h, 12h or day.',
    });
}
