/** The fence around a person's SQL: one SELECT, on a connection that can reach nothing but the lake. */
import { StatementType } from '@duckdb/node-api';
import { AppError } from '../core/errors.ts';
import { type DuckDB, literalList, toAppError } from './duckdb.ts';

const hint = 'Ask with one SELECT; `eniscope-lake views` lists what can be asked.';

const readingWords: ReadonlySet<string> = new Set(
    'select with from values table pivot unpivot show describe summarize'.split(' '),
);

/**
 * Throws QUERY_NOT_READ_ONLY unless `sql` is exactly one SELECT, and QUERY_INVALID when DuckDB cannot parse or
 * bind it. EXPLAIN is refused: `explain analyze` really runs what it explains.
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
    const prepared = await refusing(sql, () => statements.prepare(0));
    try {
        if (prepared.statementType !== StatementType.SELECT) throw notReadOnly(word);
    } finally {
        prepared.destroySync();
    }
}

/**
 * Confines the whole database to `folders` (absolute paths), for good: nothing else is read or written, nothing
 * is attached or loaded, and no setting can be changed afterwards.
 */
export async function lockDown(db: DuckDB, folders: readonly string[]): Promise<void> {
    await db.run(`set allowed_directories = ${literalList(folders)}`);
    await db.run('set enable_external_access = false');
    await db.run('set lock_configuration = true');
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
