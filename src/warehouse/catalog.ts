/**
 * The catalog: the files of queries/ as DuckDB views over one lake, in memory for a question or published as
 * lake.duckdb and lake.sql for everybody else. It holds no data and can be deleted at any time.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Granularity } from '../model/time.ts';
import { catalogStatements, commentStatements, sourceStatements, viewStatements } from './catalog-sql.ts';
import { type DuckDB, type DuckDBOptions, withDuckDB } from './duckdb.ts';
import { lockDown } from './guard.ts';
import { escapeGlob, findPresentTables, type SourceOptions, sourceNames, sourceViews } from './sources.ts';
import { parseViewFile, type View } from './view-file.ts';
import { orderViews } from './view-order.ts';

export interface CatalogOptions {
    /** Absolute path of the lake. */
    readonly root: string;
    /** The lake's field codes, in order. */
    readonly fields: readonly string[];
    readonly granularity: Granularity;
}

export interface OpenOptions extends CatalogOptions, Pick<DuckDBOptions, 'memoryLimit' | 'threads'> {
    /** Files outside the lake that the connection may write, for `copyRows`; nothing beside them can be read. */
    readonly writable?: readonly string[];
    /** `lake.duckdb` and `lake.sql`: opened instead of made again when they say the same. */
    readonly published?: Pick<PublishOptions, 'catalogFile' | 'sqlFile'>;
}

export interface PublishOptions extends CatalogOptions {
    /** `lake.duckdb`, `lake.sql`, and the folder unfinished files go to; all on one file system. */
    readonly catalogFile: string;
    readonly sqlFile: string;
    readonly stagingFolder: string;
    /** Syncs a finished temporary file and renames it over the final one. */
    readonly replaceFile: (temporary: string, final: string) => Promise<void>;
}

/** The views of this program: read once, because to read and order ninety files takes longer than most statements. */
let ours: Promise<readonly View[]> | undefined;

/** Every view file of queries/, each after the views it reads. */
export function loadViews(): Promise<readonly View[]> {
    ours ??= findQueriesFolder().then(readViews);
    return ours;
}

async function readViews(folder: string): Promise<readonly View[]> {
    const views: View[] = [];
    for (const layer of (await readdir(folder)).sort()) {
        if (!/^\d\d_/.test(layer)) continue;
        for (const file of (await readdir(join(folder, layer))).sort()) {
            if (!file.endsWith('.sql')) continue;
            const text = await readFile(join(folder, layer, file), 'utf8');
            views.push(parseViewFile(layer, basename(file, '.sql'), text));
        }
    }
    return orderViews(views, sourceNames);
}

/** Sources and views of one lake, sources first: what `views`, `queryView` and `check` work on. */
async function catalogViews(options: CatalogOptions): Promise<readonly View[]> {
    return [...sourceViews(await sourcesOf(options)), ...(await loadViews())];
}

/**
 * The catalog as SQL text: usable by `duckdb -init lake.sql` from any folder, in any time zone. The checks are left out
 * unless asked for: `check` brings its own SQL, and to create them takes as long as all the rest.
 */
export async function catalogSql(options: CatalogOptions, withChecks = false): Promise<string> {
    const sources = await sourcesOf(options);
    const views = (await loadViews()).filter((view) => withChecks || !isCheck(view));
    return `${await sharedSql(sources, views)}${toText(sourceStatements(sources))}`;
}

/** The part of the catalog that every lake with the same fields and periods shares: nearly all of it. */
async function sharedSql(sources: SourceOptions, views: readonly View[]): Promise<string> {
    const statements = [...viewStatements(sources, views), ...commentStatements(views)];
    return `-- The views of this lake. Written by eniscope-lake; do not edit, it is written anew.\n${toText(statements)}`;
}

function toText(statements: readonly string[]): string {
    return `${statements.join(';\n\n')};\n\n`;
}

/**
 * Writes lake.duckdb and lake.sql when the SQL changed or one of them is missing; costs a few milliseconds when
 * not. A reader that has the old lake.duckdb open keeps it.
 */
export async function publishCatalog(options: PublishOptions): Promise<'published' | 'unchanged'> {
    const sql = await catalogSql(options);
    if ((await exists(options.catalogFile)) && (await textOf(options.sqlFile)) === sql) return 'unchanged';
    await mkdir(options.stagingFolder, { recursive: true });
    const temporary = join(options.stagingFolder, `catalog-${randomUUID()}`);
    try {
        await writeCatalog(`${temporary}.duckdb`, options);
        await options.replaceFile(`${temporary}.duckdb`, options.catalogFile);
        // Last, because its text says that lake.duckdb is of the same make.
        await writeFile(`${temporary}.sql`, sql);
        await options.replaceFile(`${temporary}.sql`, options.sqlFile);
    } finally {
        for (const end of ['.duckdb', '.duckdb.wal', '.sql']) await rm(`${temporary}${end}`, { force: true });
    }
    return 'published';
}

/** The newest catalog made by this process: one with the same shared part is copied instead of made again. */
let newest: { readonly shared: string; readonly bytes: Buffer } | undefined;

/** Makes a catalog file. Creating the views takes most of a second, and a copy with other sources a tenth of it. */
export async function writeCatalog(
    file: string,
    options: CatalogOptions & { readonly catalogFile?: string; readonly sqlFile?: string },
    withChecks = false,
): Promise<void> {
    const sources = await sourcesOf(options);
    const shared = await sharedSql(
        sources,
        (await loadViews()).filter((view) => withChecks || !isCheck(view)),
    );
    const { catalogFile, sqlFile } = options;
    const isPublished =
        catalogFile !== undefined &&
        (await exists(catalogFile)) &&
        (await textOf(sqlFile ?? ''))?.startsWith(shared) === true;
    const known = newest?.shared === shared ? newest.bytes : undefined;
    const base = known ?? (isPublished ? await readFile(catalogFile) : undefined);
    if (base !== undefined) await writeFile(file, base);
    await withDuckDB({ file }, async (db) => {
        // One transaction: each statement by itself would be synced to the disk.
        const statements = `${base === undefined ? shared : ''}${toText(sourceStatements(sources))}`;
        await db.run(`begin;\n${statements}commit;`);
        await db.run('checkpoint');
    });
    newest = { shared, bytes: await readFile(file) };
}

/**
 * Opens the lake's views for the time `use` takes: the published ones when they are of this make, which saves most
 * of a second, else in memory. The connection reaches the lake's folder and the files of `writable` and nothing else; a
 * person's SQL must pass `checkReadOnly` before it is run.
 */
export async function openCatalog<T>(
    options: OpenOptions,
    use: (db: DuckDB, views: readonly View[]) => Promise<T>,
): Promise<T> {
    return await openPublished(options, async (db, sources, views) => {
        // The pattern over the readings is checked as it is written, before it is matched.
        const own = [options.root, escapeGlob(options.root)];
        await lockDown(db, own, options.writable ?? []);
        return await use(db, [...sourceViews(sources), ...views]);
    });
}

/** Falls back to views in memory: nothing published, of another make, or held open for writing by somebody. */
async function openPublished<T>(
    options: OpenOptions,
    use: (db: DuckDB, sources: SourceOptions, views: readonly View[]) => Promise<T>,
): Promise<T> {
    const { published } = options;
    if (published === undefined || (await textOf(published.sqlFile)) !== (await catalogSql(options))) {
        return await openUnlocked(options, use);
    }
    const [sources, views] = [await sourcesOf(options), await loadViews()];
    let isOpen = false;
    try {
        return await withDuckDB(
            { ...limitsOf(options), file: published.catalogFile, readOnly: true },
            async (db) => {
                isOpen = true;
                return await use(db, sources, views);
            },
        );
    } catch (error) {
        if (isOpen) throw error;
        return await openUnlocked(options, use);
    }
}

export interface UnlockedOptions
    extends CatalogOptions,
        Pick<DuckDBOptions, 'memoryLimit' | 'threads' | 'spillFolder'> {
    /** Views of higher layers are left out: creating the whole catalog takes most of a second. */
    readonly lastLayer?: string;
}

/** The same views on a connection without a fence: for the program's own statements, never for a person's. */
export async function openUnlocked<T>(
    options: UnlockedOptions,
    use: (db: DuckDB, sources: SourceOptions, views: readonly View[]) => Promise<T>,
): Promise<T> {
    const { lastLayer } = options;
    const sources = await sourcesOf(options);
    const all = await loadViews();
    const views = lastLayer === undefined ? all : all.filter(({ layer }) => layer <= lastLayer);
    return await withDuckDB(limitsOf(options), async (db) => {
        const made = views.filter((view) => !isCheck(view));
        await db.run(catalogStatements(sources, made).join(';\n'));
        return await use(db, sources, views);
    });
}

function isCheck({ kind }: View): boolean {
    return kind === 'check';
}

function limitsOf({
    memoryLimit,
    threads,
    spillFolder,
}: Pick<DuckDBOptions, 'memoryLimit' | 'threads' | 'spillFolder'>): DuckDBOptions {
    return {
        ...(memoryLimit === undefined ? {} : { memoryLimit }),
        ...(threads === undefined ? {} : { threads }),
        ...(spillFolder === undefined ? {} : { spillFolder }),
    };
}

/** Beside `src/` when run from the sources, one folder further up when built into `dist/`. */
async function findQueriesFolder(): Promise<string> {
    const [beside = '', above = ''] = ['../../queries', '../../../queries'].map((path) =>
        fileURLToPath(new URL(path, import.meta.url)),
    );
    return (await exists(beside)) ? beside : above;
}

async function sourcesOf({ root, fields, granularity }: CatalogOptions): Promise<SourceOptions> {
    return { root, fields, granularity, present: await findPresentTables(root) };
}

async function exists(path: string): Promise<boolean> {
    try {
        await stat(path);
        return true;
    } catch {
        // Absent is the ordinary answer before the first publish.
        return false;
    }
}

async function textOf(path: string): Promise<string | undefined> {
    return (await exists(path)) ? await readFile(path, 'utf8') : undefined;
}

/** What `views` prints and docs/views.md is made from. */
export interface ViewDescription extends Omit<View, 'sql'> {}

/** The views of a lake as their headers describe them, checks included. */
export async function describeViews(options: CatalogOptions): Promise<readonly ViewDescription[]> {
    return (await catalogViews(options)).map(({ sql: _sql, ...description }) => description);
}
