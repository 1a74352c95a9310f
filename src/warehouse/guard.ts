/**
 * The fence around a person's SQL: one SELECT, made of functions that only read, on a connection that can reach
 * nothing but the lake.
 */
import { StatementType } from '@duckdb/node-api';
import { AppError } from '../core/errors.ts';
import { type DuckDB, literalList, toAppError } from './duckdb.ts';
import { tableFunctionsIn } from './table-functions.ts';

const hint = 'Ask with one SELECT; `eniscope-lake views` lists what can be asked.';

const readingWords: ReadonlySet<string> = new Set(
    'select with from values table pivot unpivot show describe summarize'.split(' '),
);

/**
 * The table functions a question may use, besides macros. `enable_logging` and `enable_profiling` write files though
 * they stand in a SELECT, and `query` runs text that cannot be looked into: a function nobody looked at stays outside.
 */
const readingFunctions: ReadonlySet<string> = new Set(
    `range generate_series unnest repeat repeat_row json_each json_tree query_table summary glob sniff_csv
    read_csv read_csv_auto read_json read_json_auto read_json_objects read_json_objects_auto read_ndjson
    read_ndjson_auto read_ndjson_objects read_parquet parquet_scan read_text read_blob parquet_bloom_probe
    parquet_file_metadata parquet_full_metadata parquet_kv_metadata parquet_metadata parquet_schema
    duckdb_columns duckdb_databases duckdb_extensions duckdb_functions duckdb_keywords duckdb_memory
    duckdb_optimizers duckdb_schemas duckdb_settings duckdb_tables duckdb_types duckdb_views
    pg_timezone_names icu_calendar_names pragma_collations pragma_database_size pragma_platform pragma_show
    pragma_storage_info pragma_table_info pragma_version`.split(/\s+/),
);

/**
 * Throws QUERY_NOT_READ_ONLY unless `sql` is exactly one SELECT of functions that only read, and QUERY_INVALID when
 * DuckDB cannot parse or bind it. EXPLAIN is refused: `explain analyze` really runs what it explains.
 */
export async function checkReadOnly(db: DuckDB, sql: string): Promise<void> {
    const statements = await refusing(sql, () => db.connection.extractStatements(sql));
    if (statements.count !== 1) {
        throw new AppError('QUERY_NOT_READ_ONLY', `the SQL holds ${statements.count} statements, not one`, {
            hint,
        });
    }
    // Before it is prepared: some pragmas count as SELECT, and a COPY to elsewhere fails for another reason.
    const word = firstWord(sql);
    if (!readingWords.has(word)) throw notReadOnly(word);
    await checkFunctions(db, sql);
    const prepared = await refusing(sql, () => statements.prepare(0));
    try {
        if (prepared.statementType !== StatementType.SELECT) throw notReadOnly(word);
    } finally {
        prepared.destroySync();
    }
}

/**
 * Confines the whole database to `folders` and `files` (absolute paths), for good: nothing else is read or written,
 * nothing is attached or loaded, and no setting can be changed afterwards.
 */
export async function lockDown(
    db: DuckDB,
    folders: readonly string[],
    files: readonly string[],
): Promise<void> {
    await db.run(`set allowed_directories = ${literalList(folders)}`);
    await db.run(`set allowed_paths = ${literalList(files)}`);
    await db.run('set enable_external_access = false');
    await db.run('set lock_configuration = true');
}

async function checkFunctions(db: DuckDB, sql: string): Promise<void> {
    const used = await refusing(sql, () => tableFunctionsIn(db, sql));
    const unknown = used.filter((name) => !readingFunctions.has(name));
    if (unknown.length === 0) return;
    const macros = await db.rows(
        "select distinct lower(function_name) as name from duckdb_functions() where function_type = 'table_macro'",
    );
    const known = new Set(macros.map(({ name }) => name));
    const strange = unknown.find((name) => !known.has(name));
    if (strange === undefined) return;
    throw new AppError('QUERY_NOT_READ_ONLY', `the function ${strange} is not run: it does more than read`, {
        hint,
    });
}

function notReadOnly(word: string): AppError {
    return new AppError('QUERY_NOT_READ_ONLY', `${word.toUpperCase()} is not run: only SELECT is`, { hint });
}

async function refusing<T>(sql: string, action: () => Promise<T>): Promise<T> {
    try {
        return await action();
    } catch (cause) {
        const error = toAppError(cause, sql);
        throw new AppError('QUERY_INVALID', error.message, { cause, details: error.details, hint });
    }
}

/** The first word after comments and parentheses, in lower case. */
function firstWord(sql: string): string {
    const text = sql.replace(/^(\s|\(|;|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)+/, '');
    return /^[a-z_]+/i.exec(text)?.[0].toLowerCase() ?? 'this';
}
