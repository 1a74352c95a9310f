/** A small lake with everything that publish makes: what the tests of the views above the derived tables start from. */
import { silentLogger } from '../../src/core/log.ts';
import { type LakeContext, withLake } from '../../src/ingest/context.ts';
import { publish } from '../../src/ingest/publish.ts';
import { createLakeFiles, type FileHook } from '../../src/lake/files.ts';
import { lakeFormat, lakePaths } from '../../src/lake/layout.ts';
import { writeManifest } from '../../src/lake/manifest.ts';
import { writeCatalog } from '../../src/warehouse/catalog.ts';
import type { DuckDB } from '../../src/warehouse/duckdb.ts';
import { allFields, type GivenLake, withSmallLake } from '../unit/warehouse/small-lake.ts';
import { fakeRuntime } from './fake-runtime.ts';
import { withSession } from './session-zone.ts';

export interface DerivedLake {
    readonly db: DuckDB;
    readonly root: string;
    /** Publishes again, after the test changed files. */
    publish(): Promise<void>;
}

/** The lake published, and its views on a connection that is not locked. */
export async function withDerivedLake<T>(
    given: GivenLake,
    use: (lake: DerivedLake) => Promise<T>,
    prepare: (root: string) => Promise<void> = async () => {},
    fields: readonly string[] = allFields,
): Promise<T> {
    const granularity = given.granularity ?? 'month';
    return await withSmallLake(given, async (root) => {
        const paths = lakePaths(root);
        await writeManifest(createLakeFiles(paths.staging), paths, {
            format: lakeFormat,
            granularity,
            fields,
            parquet: { codec: 'zstd', version: 'V2' },
            createdAt: '2026-01-01T00:00:00.000Z',
        });
        await prepare(root);
        const publishLake = (): Promise<void> => asWriter(root, publish);
        await publishLake();
        const file = `${root}/catalog.duckdb`;
        await writeCatalog(file, { root, fields, granularity }, true);
        return await withSession(file, (db) => use({ db, root, publish: publishLake }));
    });
}

/** Opens a lake as a writing command does. */
export async function asWriter<T>(
    root: string,
    use: (lake: LakeContext) => Promise<T>,
    hook?: FileHook,
): Promise<T> {
    const options = { root, command: 'test', write: true, runtime: fakeRuntime(), log: silentLogger };
    return await withLake({ ...options, ...(hook === undefined ? {} : { fileHook: hook }) }, use);
}
