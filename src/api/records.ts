/** The records of a readings answer: one tight loop instead of a schema per record, since a month has thousands. */
import { isObject } from './answer.ts';

/** A bucket: its start in epoch seconds, and a value per field code; null where the source knew none. */
export interface ReadingRecord {
    readonly ts: number;
    readonly [code: string]: number | null;
}

export type RecordsResult =
    | { readonly kind: 'good'; readonly records: readonly ReadingRecord[] }
    | { readonly kind: 'bad'; readonly sentence: string };

/** Plain decimal text, as JSON would print a number or a sloppy printer might: no blanks, signs in front, hex or words. */
const decimal = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A finite number from a number or decimal text; undefined for anything else. */
export function parseNumber(value: unknown): number | undefined {
    const parsed = typeof value === 'string' && decimal.test(value) ? Number(value) : value;
    return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : undefined;
}

/** Checks every record: `ts` a whole number, each other value a finite number, numeric text or null. */
export function readRecords(rows: readonly unknown[]): RecordsResult {
    if (rows.every(isPlainRecord)) return { kind: 'good', records: rows };
    const records: ReadingRecord[] = [];
    for (const [index, row] of rows.entries()) {
        const record = readRecord(row);
        if (typeof record === 'string') return { kind: 'bad', sentence: `records[${index}] ${record}` };
        records.push(record);
    }
    return { kind: 'good', records };
}

function isPlainRecord(row: unknown): row is ReadingRecord {
    if (!isObject(row) || !Number.isSafeInteger(row.ts)) return false;
    for (const key in row) {
        const value = row[key];
        if (value !== null && !(typeof value === 'number' && Number.isFinite(value))) return false;
    }
    return true;
}

/** The record with its numeric texts turned into numbers, or what is wrong with it. */
function readRecord(row: unknown): ReadingRecord | string {
    if (!isObject(row)) return 'is not an object';
    const ts = parseNumber(row.ts);
    if (ts === undefined || !Number.isSafeInteger(ts)) {
        return `has ts ${JSON.stringify(row.ts)}, which is not a whole number of seconds`;
    }
    const values: Record<string, number | null> = {};
    for (const [code, value] of Object.entries(row)) {
        const parsed = value === null ? null : parseNumber(value);
        if (parsed === undefined) return `has ${code} ${JSON.stringify(value)}, which is not a number`;
        values[code] = parsed;
    }
    return { ...values, ts };
}
