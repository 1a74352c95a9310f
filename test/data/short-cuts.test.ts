/** The table of docs/numbers.md says what the recordings say. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Errors, measureShortCuts } from '../support/short-cuts.ts';

const sharedData = fileURLToPath(new URL('../../../shared/data', import.meta.url));
const page = readFileSync(fileURLToPath(new URL('../../docs/numbers.md', import.meta.url)), 'utf8');
const rows = [...page.matchAll(/^\| (\w+_\w+) \|.*$/gm)];
const isMissing = !existsSync(sharedData);
const why = isMissing ? ` (skipped: ${sharedData} is not on this machine)` : '';

describe.skipIf(isMissing)(`docs/numbers.md${why}`, () => {
    it('has a row for each recording', () => {
        expect(rows).toHaveLength(6);
    });

    it.each(rows.map(([row, dataset = '']) => ({ row, dataset })))(
        'is right about $dataset',
        ({ row, dataset }) => {
            const { energyKwh, rounded, utcDays, withoutZeros, averagedAverages } = measureShortCuts(
                `${sharedData}/${dataset}/replay`,
            );
            const moved = `${formatError(utcDays.all).slice(1)} / ${formatError(utcDays.worst)}`;
            const [first, ...last] = [rounded, withoutZeros, averagedAverages].map(formatErrors);
            const cells = [first, moved, ...last];
            expect(row).toBe(
                `| ${[dataset, Math.round(energyKwh).toLocaleString('en'), ...cells].join(' | ')} |`,
            );
        },
        300_000,
    );
});

function formatErrors({ all, worst }: Errors): string {
    return `${formatError(all)} / ${formatError(worst)}`;
}

function formatError(error: number): string {
    if (error === 0) return '0 %';
    const percent = 100 * error;
    const digits = Math.abs(percent) >= 100 ? 0 : Math.abs(percent) >= 0.005 ? 2 : 5;
    return `${error > 0 ? '+' : '−'}${Math.abs(percent).toFixed(digits)} %`;
}
