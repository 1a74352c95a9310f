/** The tables of docs/quality.md, read as data. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const page = readFileSync(fileURLToPath(new URL('../../docs/quality.md', import.meta.url)), 'utf8');

/** The rows of the table under a heading, cell by cell, code marks removed. */
export function readTable(heading: string): string[][] {
    const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
    const lines = section.split('\n').filter((line) => line.startsWith('|'));
    return lines.slice(2).map((line) =>
        line
            .slice(1, -1)
            .split(' | ')
            .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

/** What was found in each dataset: readings in all, and by rule. */
export function readQualityCases(): Map<string, { readings: number; found: Record<string, number> }> {
    const number = (text: string): number => Number(text.replaceAll(',', ''));
    return new Map(
        readTable('Real cases').map(([dataset = '', readings = '', found = '']) => {
            const rules = [...found.matchAll(/(\w+) ([\d,]+)/g)].map(
                ([, rule = '', count = '']) => [rule, number(count)] as const,
            );
            return [dataset, { readings: number(readings), found: Object.fromEntries(rules) }];
        }),
    );
}
