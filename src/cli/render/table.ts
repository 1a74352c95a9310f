/** Tables for a terminal: numbers to the right with as many digits as they are worth, everything else to the left. */

import Table from 'cli-table3';
import colors from 'picocolors';
import { printable } from '../../core/printable.ts';

export type Cell = string | number | boolean | null | undefined;

export interface TableOptions {
    readonly color: boolean;
    /** Columns that hold numbers, by position; found from the values when left out. */
    readonly numeric?: readonly boolean[];
}

const nothing = '–';

const noLines = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
};

/** A header and rows as text, one line each, without trailing spaces. Null is shown as –, an empty text as nothing. */
export function formatTable(
    head: readonly string[],
    rows: readonly (readonly Cell[])[],
    options: TableOptions,
): string {
    const { dim } = colors.createColors(options.color);
    const columns = head.map((name, at) => {
        const values = rows.map((row) => row[at]);
        return { numeric: options.numeric?.[at] ?? isNumeric(values), digits: chooseDigits(name, values) };
    });
    const table = new Table({
        chars: noLines,
        style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
        colAligns: columns.map(({ numeric }) => (numeric ? 'right' : 'left')),
    });
    table.push(head.map((name) => dim(printable(name))));
    for (const row of rows) table.push(columns.map(({ digits }, at) => formatCell(row[at], digits)));
    return `${table.toString().replaceAll(/[ ]+$/gm, '')}\n`;
}

function isNumeric(values: readonly Cell[]): boolean {
    const present = values.filter((value) => value !== null && value !== undefined);
    return present.length > 0 && present.every((value) => typeof value === 'number');
}

/**
 * Decimals of a column: about five significant digits of its largest value, none when all are whole. A price is shown
 * to its last digit, an amount of money to the cent at least.
 */
function chooseDigits(name: string, values: readonly Cell[]): number {
    const numbers = values.filter((value) => typeof value === 'number' && Number.isFinite(value));
    if (numbers.every(Number.isInteger)) return 0;
    if (name === 'rate') return Math.min(8, Math.max(...numbers.map(decimalsOf)));
    const largest = Math.max(...numbers.map((value) => Math.abs(Number(value))));
    const least = /(^|_)(cost|amount)$/.test(name) ? 2 : 1;
    return Math.min(6, Math.max(least, 3 - Math.floor(Math.log10(largest))));
}

function decimalsOf(value: Cell): number {
    return /\.(\d+)$/.exec(Number(value).toFixed(8).replace(/0+$/, ''))?.[1]?.length ?? 0;
}

function formatCell(value: Cell, digits: number): string {
    if (value === null || value === undefined) return nothing;
    if (typeof value !== 'number') return printable(String(value).replaceAll('\n', ' '));
    return formatNumber(value, digits);
}

/** Fixed decimals, thousands separated: `12,345.6`. */
export function formatNumber(value: number, digits = 0): string {
    return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
