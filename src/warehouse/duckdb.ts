/**
 * DuckDB behind one small door: opened in a bracket, UTC, no extension is ever downloaded. Every connection of
 * the product comes from here, so a query means the same whatever the machine's zone.
 */
import { type DuckDBConnection, DuckDBInstance, type DuckDBResultReader } from '@duckdb/node-api';
import { AppError, messageOf } from '../core/errors.ts';

export interface DuckDBOptions {
    /** A database file, or memory when left out. */
    readonly file?: string;
    readonly readOnly?: boolean;
    /** `500MB`; DuckDB's default is 80 % of the machine. */
    readonly memoryLimit?: string;
    readonly threads?: number;
    /** Where DuckDB may spill; memory only when left out. */
    readonly spillFolder?: string;
}

export type Row = Readonly<Record<string, unknown>>;

/** One connection. Integers beyond 2^53 come back as bigint, TIMESTAMPTZ as Date. */
export interface DuckDB {
    readonly connection: DuckDBConnection;
    run(sql: string): Promise<void>;
    rows(sql: string): Promise<Row[]>;
    /** The first column of the first row. */
    value(sql: string): Promise<unknown>;
    /** A second connection to the same database, for work side by side. Closed with the bracket. */
    connect(): Promise<DuckDB>;
}

/** Opens a database for the time `use` takes. */
export async function withDuckDB<T>(options: DuckDBOptions, use: (db: DuckDB) => Promise<T>): Promise<T> {
    const instance = await open(options);
    const connections: DuckDBConnection[] = [];
    const connect = async (): Promise<DuckDB> => {
        const connection = await instance.connect();
        connections.push(connection);
        await connection.run("set TimeZone = 'UTC'");
        return wrap(connection, connect);
    };
    try {
        return await use(await connect());
    } finally {
        for (const connection of connections) connection.closeSync();
        instance.closeSync();
    }
}

async function open(options: DuckDBOptions): Promise<DuckDBInstance> {
    const settings: Record<string, string> = {
        autoinstall_known_extensions: 'false',
        autoload_known_extensions: 'false',
    };
    if (options.readOnly === true) settings.access_mode = 'READ_ONLY';
    if (options.memoryLimit !== undefined) settings.memory_limit = options.memoryLimit;
    if (options.threads !== undefined) settings.threads = String(options.threads);
    if (options.spillFolder !== undefined) settings.temp_directory = options.spillFolder;
    return await DuckDBInstance.create(options.file ?? ':memory:', settings);
}

function wrap(connection: DuckDBConnection, connect: () => Promise<DuckDB>): DuckDB {
    const read = async (sql: string): Promise<DuckDBResultReader> => {
        try {
            return await connection.runAndReadAll(sql);
        } catch (cause) {
            throw toAppError(cause, sql);
        }
    };
    return {
        connection,
        connect,
        run: async (sql) => {
            try {
                await connection.run(sql);
            } catch (cause) {
                throw toAppError(cause, sql);
            }
        },
        rows: async (sql) => (await read(sql)).getRowObjectsJS(),
        value: async (sql) => (await read(sql)).getRowsJS()[0]?.[0],
    };
}

/** DuckDB's errors have no code, only a prefix: full disk and permissions are told apart from bad SQL. */
export function toAppError(cause: unknown, sql: string): AppError {
    const message = messageOf(cause).split('\n')[0] ?? '';
    const details = { sql: sql.length > 2000 ? `${sql.slice(0, 2000)}…` : sql };
    if (/No space left on device|disk (is )?full/i.test(message)) {
        return new AppError('LAKE_DISK_FULL', `the disk is full: ${message}`, {
            cause,
            details,
            hint: 'Free some space and run the command again; nothing is lost.',
        });
    }
    if (/Permission denied|Read-only file system/i.test(message)) {
        return new AppError('LAKE_NOT_WRITABLE', `a file cannot be written: ${message}`, {
            cause,
            details,
            hint: 'Check the owner and the permissions of the folder.',
        });
    }
    if (
        /no magic bytes|not a parquet file|parquet (file|footer|magic)|thrift|decompress|corrupt/i.test(
            message,
        )
    ) {
        return new AppError('DATA_CORRUPT', `a file of the lake is damaged: ${message}`, {
            cause,
            details,
            hint: 'Find it with `eniscope-lake verify`; `eniscope-lake rebuild` makes it again from raw.',
        });
    }
    if (/^Out of Memory Error/.test(message)) {
        return new AppError('QUERY_OUT_OF_MEMORY', `DuckDB ran out of memory: ${message}`, {
            cause,
            details,
            hint: 'Ask for fewer channels or a shorter range.',
        });
    }
    if (/^IO Error: Cannot open file/.test(message)) {
        return new AppError('LAKE_NOT_WRITABLE', message.replace(/^IO Error: /, ''), {
            cause,
            details,
            hint: 'Check that the folder exists and can be read and written.',
        });
    }
    return new AppError('QUERY_INVALID', message, { cause, details });
}

/** A string as an SQL literal. */
export function literal(text: string): string {
    return `'${text.replaceAll("'", "''")}'`;
}

/** A name as an SQL identifier. */
export function identifier(name: string): string {
    return `"${name.replaceAll('"', '""')}"`;
}

/** Strings as an SQL list literal. */
export function literalList(texts: readonly string[]): string {
    return `[${texts.map(literal).join(', ')}]`;
}
