import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCronTime, quoteForCron } from '../../../src/cli/crontab.ts';

/** What cron does to a command before the shell sees it: an escaped % becomes a plain one, a bare one ends it. */
function readAsCron(command: string): string {
    const [first = ''] = command.split(/(?<!\\)%/);
    return first.replaceAll(String.raw`\%`, '%');
}

describe('quoteForCron', () => {
    it('leaves a plain path as it is', () => {
        expect(quoteForCron('/srv/lake-1/x.log')).toBe('/srv/lake-1/x.log');
    });

    it('gives /bin/sh the same word, by way of cron and without it', () => {
        const word = fc.stringMatching(/^[a-z '"%$\\`*~!;&|<>é#-]+$/);
        fc.assert(
            fc.property(word, (text) => {
                const line = `printf %s ${quoteForCron(text)}`;
                const run = (command: string): string =>
                    execFileSync('/bin/sh', ['-c', command]).toString('utf8');
                expect(run(line)).toBe(text);
                expect(run(`printf '%s' ${readAsCron(quoteForCron(text))}`)).toBe(text);
            }),
            { numRuns: 60 },
        );
    });
});

describe('formatCronTime', () => {
    it.each([
        ['15min', '*/15 * * * *'],
        ['30min', '*/30 * * * *'],
        ['hour', '5 * * * *'],
        ['6h', '5 */6 * * *'],
        ['day', '5 4 * * *'],
    ])('writes %s as %s', (every, fields) => {
        expect(formatCronTime(every)).toBe(fields);
    });

    it.each(['7min', '5h', 'week', '0min', '', '60min', 'often'])('refuses %s', (every) => {
        expect(() => formatCronTime(every)).toThrow(expect.objectContaining({ code: 'USAGE_BAD_ARGUMENTS' }));
    });
});
