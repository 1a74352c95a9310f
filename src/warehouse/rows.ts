/** Answers as a stream of rows ready for JSON: memory does not grow with the answer. */
import {
    DuckDBArrayValue,
    DuckDBBlobValue,
    DuckDBDateValue,
    DuckDBDecimalValue,
    DuckDBListValue,
    DuckDBMapValue,
    DuckDBStructValue,
    DuckDBTimestampMillisecondsValue,
    DuckDBTimestampNanosecondsValue,
    DuckDBTimestampSecondsValue,
    DuckDBTimestampTZValue,
    DuckDBTimestampValue,
    type DuckDBValue,
} from '@duckdb/node-api';
import { type DuckDB, toAppError } from './duckdb.ts';

export interface ResultColumn {
    readonly name: string;
    /** DuckDB's type in lower case: `timestamp with time zone`, `double`. */
    readonly type: string;
}

/**
 * TIMESTAMPTZ as `2026-10-01T00:00:00Z`, TIMESTAMP the same without `Z`, DATE as `2026-10-01`; fractions of a second
 * where there are any. Integers beyond 2^53 are text, decimals numbers. NaN and ±Infinity, which JSON does not have,
 * become null.
 */
export type JsonValue =
    | string
    | number
    | boolean
    | null
    | readonly JsonValue[]
    | { readonly [key: string]: JsonValue };
export type JsonRow = Readonly<Record<string, JsonValue>>;

export interface RowStream {
    readonly columns: readonly ResultColumn[];
    /** Up to 2,048 rows a chunk; read once. */
    readonly chunks: AsyncIterable<readonly JsonRow[]>;
}

/** Runs `sql` and hands out its rows as they come. Throws AppError, also while the chunks are read. */
export async function streamRows(db: DuckDB, sql: string): Promise<RowStream> {
    const result = await translating(sql, () => db.connection.stream(sql));
    const names = result.deduplicatedColumnNames();
    const types = result.columnTypes();
    const chunks = async function* (): AsyncGenerator<readonly JsonRow[]> {
        for (;;) {
            const chunk = await translating(sql, () => result.fetchChunk());
            if (chunk === null || chunk.rowCount === 0) return;
            yield chunk.getRows().map((row) => toRow(names, row));
        }
    };
    return {
        columns: names.map((name, index) => ({ name, type: String(types[index]).toLowerCase() })),
        chunks: chunks(),
    };
}

async function translating<T>(sql: string, action: () => Promise<T>): Promise<T> {
    try {
        return await action();
    } catch (cause) {
        throw toAppError(cause, sql);
    }
}

function toRow(names: readonly string[], values: readonly DuckDBValue[]): JsonRow {
    return Object.fromEntries(names.map((name, index) => [name, toJson(values[index] ?? null)]));
}

/** One DuckDB value in the form JSON and tables show it. */
function toJson(value: DuckDBValue): JsonValue {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    if (typeof value === 'number') return Number.isFinite(value) ? value : null;
    if (typeof value === 'bigint') {
        const number = Number(value);
        return Number.isSafeInteger(number) ? number : String(value);
    }
    if (value instanceof DuckDBTimestampTZValue) return isoText(value.micros, 'Z');
    if (value instanceof DuckDBTimestampValue) return isoText(value.micros, '');
    if (value instanceof DuckDBTimestampSecondsValue) return isoText(value.seconds * 1_000_000n, '');
    if (value instanceof DuckDBTimestampMillisecondsValue) return isoText(value.millis * 1000n, '');
    if (value instanceof DuckDBTimestampNanosecondsValue) return isoText(value.nanos / 1000n, '');
    if (value instanceof DuckDBDecimalValue) return value.toDouble();
    if (value instanceof DuckDBDateValue || value instanceof DuckDBBlobValue) return value.toString();
    if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return value.items.map(toJson);
    if (value instanceof DuckDBStructValue) {
        return Object.fromEntries(Object.entries(value.entries).map(([key, entry]) => [key, toJson(entry)]));
    }
    if (value instanceof DuckDBMapValue) {
        return Object.fromEntries(value.entries.map((entry) => [String(entry.key), toJson(entry.value)]));
    }
    return String(value);
}

function isoText(micros: bigint, zone: string): string {
    const text = new DuckDBTimestampValue(micros).toString();
    // DuckDB writes `infinity` for its two endless instants.
    return /^\d/.test(text) ? `${text.replace(' ', 'T')}${zone}` : text;
}
