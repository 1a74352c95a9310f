/** Small lakes with tariffs: given readings and a tariff file, compiled as publish does, under views that can be asked. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTariffTables } from '../../src/analysis/tariff-tables.ts';
import { parseTariffs } from '../../src/analysis/tariffs.ts';
import type { ReferenceRow } from '../../src/model/tables.ts';
import { writeCalendar } from '../../src/warehouse/calendar.ts';
import { writeCatalog } from '../../src/warehouse/catalog.ts';
import { type DuckDB, withDuckDB } from '../../src/warehouse/duckdb.ts';
import type { ReferenceTable } from '../../src/warehouse/reference-columns.ts';
import { writeTable } from '../../src/warehouse/write-table.ts';
import { type GivenReading, withSmallLake } from '../unit/warehouse/small-lake.ts';
import { withSession } from './session-zone.ts';

export interface GivenOrganization {
    readonly id: string;
    readonly parent?: string;
    readonly zone?: string;
    /** Local days. */
    readonly holidays?: readonly string[];
}

export interface GivenChannel {
    readonly id: string;
    readonly organization: string;
    readonly tariff?: string;
    /** The organization whose settings name the tariff. */
    readonly tariffFrom?: string;
}

export interface TariffLake {
    /** The content of tariffs.json. */
    readonly tariffs: unknown;
    readonly organizations: readonly GivenOrganization[];
    readonly channels: readonly GivenChannel[];
    readonly readings: readonly GivenReading[];
    /** Days of tariff_days; 2025 to 2027 by default. */
    readonly span?: { readonly from: string; readonly to: string };
}

/** Opens the views over the lake for the time `use` takes. */
export async function withTariffLake<T>(
    given: TariffLake,
    use: (db: DuckDB, root: string) => Promise<T>,
): Promise<T> {
    return withSmallLake({ readings: given.readings }, async (root) => {
        await mkdir(join(root, 'reference'), { recursive: true });
        await withDuckDB({ threads: 1 }, (db) => writeAll(db, root, given));
        const file = join(root, 'catalog.duckdb');
        await writeCatalog(file, { root, fields: ['E', 'P'], granularity: 'month' }, true);
        return withSession(file, (db) => use(db, root));
    });
}

async function writeAll(db: DuckDB, root: string, given: TariffLake): Promise<void> {
    const write = (table: ReferenceTable, rows: readonly ReferenceRow[]): Promise<void> =>
        writeTable(
            db,
            table,
            rows,
            { codec: 'zstd', version: 'V2' },
            join(root, 'reference', `${table}.parquet`),
        );
    const zones = given.organizations.flatMap(({ zone }) => zone ?? []);
    await writeCalendar(db, join(root, 'reference', 'calendar.parquet'), zones);
    await write(
        'organizations',
        given.organizations.map(({ id, parent, zone }) => ({
            organization_id: id,
            organization_name: `Organization ${id}`,
            parent_id: parent ?? null,
            time_zone: zone ?? null,
        })),
    );
    const above = (id: string): string[] => {
        const parent = given.organizations.find((one) => one.id === id)?.parent;
        return [id, ...(parent === undefined ? [] : above(parent))];
    };
    await write(
        'organization_tree',
        given.organizations.flatMap(({ id }) =>
            above(id).map((ancestor, depth) => ({ organization_id: id, ancestor_id: ancestor, depth })),
        ),
    );
    await write(
        'channels',
        given.channels.map(({ id, organization }) => ({
            channel_id: id,
            channel_name: `Channel ${id}`,
            organization_id: organization,
        })),
    );
    const tables = makeTariffTables({
        tariffs: parseTariffs(JSON.stringify(given.tariffs), 'tariffs.json'),
        channels: given.channels.flatMap(({ id, organization, tariff, tariffFrom }) =>
            tariff === undefined
                ? []
                : [
                      {
                          channelId: id,
                          tariffId: tariff,
                          organizationId: organization,
                          tariffOrganizationId: tariffFrom ?? null,
                      },
                  ],
        ),
        holidays: new Map(given.organizations.map(({ id, holidays = [] }) => [id, holidays])),
        span: given.span ?? { from: '2025-01-01', to: '2028-01-01' },
    });
    await write('tariffs', tables.tariffs);
    await write('tariff_charges', tables.tariff_charges);
    await write('channel_tariffs', tables.channel_tariffs);
    await write(
        'tariff_days',
        tables.tariff_days.map((row) => ({ ...row })),
    );
    await write(
        'tariff_slots',
        tables.tariff_slots.map((row) => ({ ...row })),
    );
}
