/** The brackets commands share: a lake opened for work, its views opened for questions, a client of the API. */
import type { ApiClient } from '../api/client.ts';
import { AppError } from '../core/errors.ts';
import type { LakeContext } from '../ingest/context.ts';
import type { LakeManifest } from '../lake/manifest.ts';
import type { DuckDB } from '../warehouse/duckdb.ts';
import type { View } from '../warehouse/view-file.ts';
import type { Context } from './context.ts';
import { readVersion } from './package.ts';
import { warnOfReadableSecrets } from './readable-secrets.ts';

/** Opens the lake of the settings for the time `use` takes; `write` takes its lock. */
export async function openLake<T>(
    context: Context,
    options: { readonly command: string; readonly write: boolean },
    use: (lake: LakeContext) => Promise<T>,
): Promise<T> {
    const [{ withLake }, { openProgress }] = await Promise.all([
        import('../ingest/context.ts'),
        import('./progress.ts'),
    ]);
    const { runtime, settings, log } = context;
    const progress = openProgress(context);
    try {
        return await withLake(
            {
                ...options,
                root: settings.lake,
                waitSeconds: settings.lockWaitSeconds,
                runtime,
                log,
                progress,
            },
            use,
        );
    } finally {
        progress.stop();
    }
}

/** Opens the lake's views for reading. No lock: a writer may be at work. `writable` files may receive results. */
export async function openViews<T>(
    context: Context,
    writable: readonly string[],
    use: (db: DuckDB, views: readonly View[], manifest: LakeManifest) => Promise<T>,
): Promise<T> {
    const [manifest, { openCatalog }, { lakePaths }] = await Promise.all([
        requireManifest(context),
        import('../warehouse/catalog.ts'),
        import('../lake/layout.ts'),
    ]);
    const { fields, granularity } = manifest;
    const { signal } = context.runtime;
    const { root, catalog, catalogSql } = lakePaths(context.settings.lake);
    const published = { catalogFile: catalog, sqlFile: catalogSql };
    return openCatalog({ root, fields, granularity, writable, published }, async (db, views) => {
        const interrupt = (): void => db.connection.interrupt();
        signal.addEventListener('abort', interrupt, { once: true });
        try {
            return await use(db, views, manifest);
        } finally {
            signal.removeEventListener('abort', interrupt);
        }
    });
}

/** The lake's manifest; undefined when the folder holds no lake. */
export async function findManifest(context: Context): Promise<LakeManifest | undefined> {
    const [{ readManifest }, { lakePaths }] = await Promise.all([
        import('../lake/manifest.ts'),
        import('../lake/layout.ts'),
    ]);
    return readManifest(lakePaths(context.settings.lake));
}

async function requireManifest(context: Context): Promise<LakeManifest> {
    const manifest = await findManifest(context);
    if (manifest !== undefined) return manifest;
    throw new AppError('LAKE_NOT_FOUND', `there is no lake in ${context.settings.lake}`, {
        hint: 'Make one with `eniscope-lake init`, or name another folder with --lake.',
    });
}

/**
 * A client of the API with the settings' credentials. Throws SETTINGS_MISSING_CREDENTIALS naming what is not set, and
 * SETTINGS_INSECURE when they would travel in the open.
 */
export async function openApi(context: Context): Promise<ApiClient> {
    const { settings, runtime, log } = context;
    const { apiKey, email, password } = settings;
    if (apiKey === undefined || email === undefined || password === undefined) {
        const missing = Object.entries({
            ENISCOPE_API_KEY: apiKey,
            ENISCOPE_EMAIL: email,
            ENISCOPE_PASSWORD: password,
        }).flatMap(([name, value]) => (value === undefined ? [name] : []));
        throw new AppError(
            'SETTINGS_MISSING_CREDENTIALS',
            `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set`,
            {
                hint: `Put ${missing.length === 1 ? 'it' : 'them'} into ${context.envFile ?? '.env'} or the environment.`,
            },
        );
    }
    warnOfReadableSecrets(context);
    const [{ createApiClient }, { checkConnection }] = await Promise.all([
        import('../api/client.ts'),
        import('../api/connection.ts'),
    ]);
    checkConnection(settings.apiUrl, { env: runtime.env, allowHttp: settings.allowHttp === 'yes' });
    return createApiClient(
        {
            baseUrl: settings.apiUrl,
            apiKey,
            email,
            password,
            userAgent: settings.userAgent ?? `eniscope-lake/${readVersion()}`,
            requestsPerSecond: settings.requestsPerSecond,
            concurrency: settings.concurrency,
            timeoutMs: Math.round(settings.timeoutSeconds * 1000),
        },
        runtime,
        log,
    );
}
