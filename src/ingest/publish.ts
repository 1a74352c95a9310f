/** Publishes: the calendar of the lake's zones, the hierarchy of organizations, the derived tables, lake.duckdb and lake.sql, each by rename. */
import { isAppError } from '../core/errors.ts';
import { sizeMaybe } from '../lake/files.ts';
import { referenceFile } from '../lake/layout.ts';
import { writeCalendar } from '../warehouse/calendar.ts';
import { publishCatalog } from '../warehouse/catalog.ts';
import { type DuckDB, literal, withDuckDB } from '../warehouse/duckdb.ts';
import { publishChannelCoverage } from './channel-coverage.ts';
import type { LakeContext } from './context.ts';
import { deriveTables } from './derive.ts';
import { publishOrganizationTree } from './organization-tree.ts';
import { publishOverlaps } from './overlaps.ts';
import { publishSettings } from './publish-settings.ts';
import { publishTariffs } from './publish-tariffs.ts';
import { putTables } from './put-files.ts';

/** Makes what readers open agree with the files; costs next to nothing when it already does. */
export async function publish(lake: LakeContext): Promise<void> {
    await withDuckDB({ threads: 1 }, async (db) => {
        await publishCalendar(lake, db);
        await publishOrganizationTree(lake, db);
        await publishSettings(lake, db);
        await publishTariffs(lake, db);
        await publishChannelCoverage(lake, db);
    });
    await publishOverlaps(lake);
    await deriveTables(lake).catch((error: unknown) => {
        // A damaged partition was reported by whoever met it; the tables stay as they are until it is mended.
        if (!isAppError(error, 'DATA_CORRUPT')) throw error;
        lake.log.warn(
            'derive_failed',
            { error: error.message },
            `estimates were not made: ${error.message}; run \`eniscope-lake verify\`, then \`eniscope-lake rebuild\``,
        );
    });
    const { paths, manifest, files } = lake;
    await publishCatalog({
        root: paths.root,
        fields: manifest.fields,
        granularity: manifest.granularity,
        catalogFile: paths.catalog,
        sqlFile: paths.catalogSql,
        stagingFolder: paths.staging,
        replaceFile: files.replace,
    });
}

async function publishCalendar(lake: LakeContext, db: DuckDB): Promise<void> {
    const organizations = referenceFile(lake.paths, 'organizations');
    const calendar = referenceFile(lake.paths, 'calendar');
    const wanted = await zonesIn(db, organizations);
    const present = await zonesIn(db, calendar);
    if (present.size > 0 && [...wanted].every((zone) => present.has(zone))) return;
    const temporary = lake.files.temporary('calendar');
    await writeCalendar(db, temporary, [...new Set([...wanted, ...present])].sort());
    await putTables(lake, [{ temporary, final: calendar }]);
}

async function zonesIn(db: DuckDB, file: string): Promise<Set<string>> {
    if ((await sizeMaybe(file)) === undefined) return new Set();
    const rows = await db.rows(
        `select distinct time_zone from read_parquet(${literal(file)}) where time_zone is not null`,
    );
    return new Set(rows.map(({ time_zone }) => String(time_zone)));
}
