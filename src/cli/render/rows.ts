/** Answers of the warehouse on stdout: as a table, CSV, one JSON array, or one JSON object a line. */
import { stringify } from 'csv-stringify/sync';
import type { OutputStream } from '../../core/runtime.ts';
import type { JsonRow, JsonValue, RowStream } from '../../warehouse/rows.ts';
import { type Cell, formatTable } from './table.ts';

export const rowFormats = ['table', 'csv', 'json', 'ndjson'] as const;
export type RowFormat = (typeof rowFormats)[number];

/** A table is laid out whole, so it ends here; the other formats pass through whatever comes. */
export const longestTable = 10_000;

/** Writes the rows as they come. Gives how many were written, and whether a table was cut. */
export async function writeRows(
    answer: RowStream,
    format: RowFormat,
    stdout: OutputStream,
    color: boolean,
): Promise<{ readonly rows: number; readonly cut: boolean }> {
    switch (format) {
        case 'table':
            return writeTable(answer, stdout, color);
        case 'csv':
            return writeEach(answer, stdout, { head: formatCsv([namesOf(answer)]), tail: '' }, (rows) =>
                formatCsv(rows.map((row) => namesOf(answer).map((name) => row[name] ?? null))),
            );
        case 'ndjson':
            return writeEach(answer, stdout, { head: '', tail: '' }, (rows) =>
                rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
            );
        case 'json':
            return writeEach(answer, stdout, { head: '[', tail: '\n]\n' }, (rows, before) =>
                rows.map((row, at) => `${before + at === 0 ? '' : ','}\n${JSON.stringify(row)}`).join(''),
            );
    }
}

async function writeEach(
    answer: RowStream,
    stdout: OutputStream,
    frame: { readonly head: string; readonly tail: string },
    format: (rows: readonly JsonRow[], before: number) => string,
): Promise<{ readonly rows: number; readonly cut: boolean }> {
    let rows = 0;
    stdout.write(frame.head);
    for await (const chunk of answer.chunks) {
        stdout.write(format(chunk, rows));
        rows += chunk.length;
        // Lets a closed pipe be noticed between two chunks.
        await new Promise<void>((resolve) => setImmediate(resolve));
    }
    stdout.write(frame.tail);
    return { rows, cut: false };
}

async function writeTable(
    answer: RowStream,
    stdout: OutputStream,
    color: boolean,
): Promise<{ readonly rows: number; readonly cut: boolean }> {
    const rows: Cell[][] = [];
    let cut = false;
    for await (const chunk of answer.chunks) {
        for (const row of chunk) {
            if (rows.length === longestTable) cut = true;
            else rows.push(answer.columns.map(({ name }) => toCell(row[name])));
        }
        if (cut) break;
    }
    const numeric = answer.columns.map(({ type }) => /int|double|float|decimal/.test(type));
    stdout.write(formatTable(namesOf(answer), rows, { color, numeric }));
    return { rows: rows.length, cut };
}

function namesOf(answer: RowStream): string[] {
    return answer.columns.map(({ name }) => name);
}

function toCell(value: JsonValue | undefined): Cell {
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

function formatCsv(rows: readonly (readonly unknown[])[]): string {
    return stringify([...rows], { cast: { boolean: String } });
}
