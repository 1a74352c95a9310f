/** Which table functions a SELECT names, from DuckDB's own parse of it: no comment, quote or subquery hides one. */
import { AppError } from '../core/errors.ts';
import type { DuckDB } from './duckdb.ts';

/** The names in lower case, each once. Throws QUERY_INVALID for SQL whose parse DuckDB does not show. */
export async function tableFunctionsIn(db: DuckDB, sql: string): Promise<readonly string[]> {
    const prepared = await db.connection.prepare('select json_serialize_sql($1::varchar)::varchar');
    try {
        prepared.bindVarchar(1, sql);
        const [row] = (await prepared.runAndReadAll()).getRowsJS();
        const tree: unknown = JSON.parse(String(row?.[0]));
        if (!isObject(tree) || tree.error !== false) {
            const why = isObject(tree) ? String(tree.error_message) : 'it has no parse';
            throw new AppError('QUERY_INVALID', `the SQL cannot be looked into: ${why}`);
        }
        const names = new Set<string>();
        collect(tree, names);
        return [...names];
    } finally {
        prepared.destroySync();
    }
}

function collect(node: unknown, names: Set<string>): void {
    if (Array.isArray(node)) for (const part of node) collect(part, names);
    if (!isObject(node)) return;
    if (node.type === 'TABLE_FUNCTION') names.add(nameOf(node.function));
    for (const part of Object.values(node)) collect(part, names);
}

/** A call without a name is as good as an unknown function. */
function nameOf(call: unknown): string {
    return isObject(call) && typeof call.function_name === 'string' ? call.function_name.toLowerCase() : '?';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
