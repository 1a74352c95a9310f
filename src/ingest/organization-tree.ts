/** Publishes reference/organization_tree.parquet: each organization with everything above it. */
import { sizeMaybe } from '../lake/files.ts';
import { referenceFile } from '../lake/layout.ts';
import { buildOrganizationTree, type OrganizationPlace } from '../model/organization-tree.ts';
import { type DuckDB, literal } from '../warehouse/duckdb.ts';
import type { LakeContext } from './context.ts';
import { publishTable } from './publish-table.ts';

/** Organizations that only a channel names are in it too, each a root, so that none of its energy is lost. */
export async function publishOrganizationTree(lake: LakeContext, db: DuckDB): Promise<void> {
    const listed = await readPlaces(
        lake,
        db,
        'organizations',
        'organization_id as id, parent_id as parent, sort_code as code',
    );
    const known = new Set(listed.map(({ organizationId }) => organizationId));
    const named = await readPlaces(
        lake,
        db,
        'channels',
        'distinct organization_id as id, null as parent, null as code',
    );
    const unlisted = named.filter(({ organizationId }) => !known.has(organizationId));
    const rows = buildOrganizationTree([...listed, ...unlisted]);
    await publishTable(
        lake,
        db,
        'organization_tree',
        rows.map((row) => ({ ...row })),
    );
}

async function readPlaces(
    lake: LakeContext,
    db: DuckDB,
    table: 'organizations' | 'channels',
    columns: string,
): Promise<OrganizationPlace[]> {
    const file = referenceFile(lake.paths, table);
    if ((await sizeMaybe(file)) === undefined) return [];
    const rows = await db.rows(
        `select ${columns} from read_parquet(${literal(file)}, hive_partitioning = false)
         where organization_id is not null order by all`,
    );
    return rows.map(({ id, parent, code }) => ({
        organizationId: String(id),
        parentId: textOrNull(parent),
        sortCode: textOrNull(code),
    }));
}

function textOrNull(value: unknown): string | null {
    return value === null || value === undefined ? null : String(value);
}
