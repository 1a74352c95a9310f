/**
 * The time zone of the session in which tests ask views: any zone but UTC, because a person's DuckDB has the zone of
 * their machine and must get the same rows. Expectations compare instants, never the local text of one.
 */
import { type CatalogOptions, openUnlocked } from '../../src/warehouse/catalog.ts';
import { type DuckDB, literal, type Row, withDuckDB } from '../../src/warehouse/duckdb.ts';

export const sessionZone = process.env.ENISCOPE_TEST_SESSION_ZONE ?? 'Pacific/Auckland';

/** Opens a catalog file as a person's DuckDB would, on a connection that is not locked. */
export async function withSession<T>(file: string, use: (db: DuckDB) => Promise<T>): Promise<T> {
    return await withDuckDB({ threads: 1, file }, async (db) => {
        await enterZone(db);
        return await use(db);
    });
}

/** The views of a lake that has no catalog file. */
export async function openViews<T>(options: CatalogOptions, use: (db: DuckDB) => Promise<T>): Promise<T> {
    return await openUnlocked(options, async (db) => {
        await enterZone(db);
        return await use(db);
    });
}

/** Asks them one question. */
export async function askViews(options: CatalogOptions, sql: string): Promise<Row[]> {
    return await openViews(options, (db) => db.rows(sql));
}

async function enterZone(db: DuckDB): Promise<void> {
    await db.run(`set TimeZone = ${literal(sessionZone)}`);
}
