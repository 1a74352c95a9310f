/** The reference tables' columns as the views see them: names, types and meaning, in file order. */
import { derivedColumns } from './derived-columns.ts';
import { gridColumns } from './grid-columns.ts';
import { tariffColumns } from './tariff-columns.ts';
import type { ViewColumn } from './view-file.ts';

export interface ReferenceTableColumns {
    readonly summary: string;
    readonly grain: string;
    readonly columns: readonly ViewColumn[];
}

const column = (name: string, type: string, text: string): ViewColumn => ({ name, type, text });

const lifetime: readonly ViewColumn[] = [
    column('created_at', 'timestamptz', 'first seen by this lake'),
    column('updated_at', 'timestamptz', 'last change seen by this lake'),
    column('removed_at', 'timestamptz', 'when the API stopped listing it; null while it does'),
];

const listedColumns = {
    organizations: {
        summary: 'The organizations: customers, sites and the groups above them.',
        grain: 'one row per organization_id',
        columns: [
            column('organization_id', 'varchar', "the API's id"),
            column('organization_name', 'varchar', 'its name'),
            column('parent_id', 'varchar', 'the organization above; may be unknown to this lake'),
            column('sort_code', 'varchar', 'the place in the hierarchy, as the API sorts it'),
            column('time_zone', 'varchar', 'IANA zone of the site; null when missing or not a zone'),
            column('currency', 'varchar', 'currency code'),
            column('carbon_ratio', 'double', 'carbon per kWh, in carbon_units'),
            column('carbon_units', 'varchar', 'unit of carbon_ratio'),
            column('address', 'varchar', 'street'),
            column('city', 'varchar', 'city'),
            column('postcode', 'varchar', 'postal code'),
            column('country', 'varchar', 'country'),
            column('status', 'integer', "the API's status code"),
            ...lifetime,
        ],
    },
    devices: {
        summary: 'The devices: hubs and meters that carry channels.',
        grain: 'one row per device_id',
        columns: [
            column('device_id', 'varchar', "the API's id"),
            column('device_name', 'varchar', 'its name'),
            column('device_type_id', 'varchar', "the API's type id"),
            column('device_type_name', 'varchar', "the type's name"),
            column('organization_id', 'varchar', 'the owner'),
            column('parent_id', 'varchar', 'the device above'),
            column('uuid', 'varchar', 'serial number'),
            column('status', 'integer', "the API's status code"),
            column('registered_at', 'timestamptz', 'registered with the platform'),
            column('expires_at', 'timestamptz', 'end of the subscription'),
            ...lifetime,
        ],
    },
    channels: {
        summary: 'The channels: what is read, a view on a metering point.',
        grain: 'one row per channel_id',
        columns: [
            column('channel_id', 'varchar', "the API's dataChannelId"),
            column('channel_name', 'varchar', 'its name'),
            column('device_id', 'varchar', 'the device it is on; may belong to another organization'),
            column('organization_id', 'varchar', 'the owner'),
            column('meter_id', 'varchar', 'the meter behind it'),
            column('uuid', 'varchar', 'serial number'),
            column('tariff_id', 'varchar', "the API's tariff"),
            column('displayed_phase', 'varchar', 'the phase shown'),
            column('data_type', 'varchar', 'what it measures'),
            column('in_tsdb', 'varchar', 'where the platform keeps its data'),
            column('cost_enabled', 'boolean', 'true when the platform computes its cost'),
            column('status', 'integer', "the API's status code"),
            column('registered_at', 'timestamptz', 'registered with the platform'),
            column('expires_at', 'timestamptz', 'end of the subscription'),
            column('installed_at', 'timestamptz', 'installed on site'),
            column('uninstalled_at', 'timestamptz', 'removed from the site'),
            ...lifetime,
        ],
    },
    calendar: {
        summary: 'The UTC offset of each time zone by UTC day, so that no view converts a zone row by row.',
        grain: 'one row per time_zone, utc_date',
        columns: [
            column('time_zone', 'varchar', 'IANA zone'),
            column('utc_date', 'date', 'the day in UTC'),
            column(
                'offset_s',
                'integer',
                "local minus UTC in seconds, from the day's start until changes_at",
            ),
            column('changes_at', 'timestamptz', 'when the offset changes in this day; null on most days'),
            column(
                'offset_after_s',
                'integer',
                'local minus UTC from changes_at on; offset_s without a change',
            ),
        ],
    },
} as const satisfies Record<string, ReferenceTableColumns>;

/** Every table under `reference/`: a new one needs an entry here (or in what is spread here), and nothing else. */
export const referenceColumns = { ...listedColumns, ...derivedColumns, ...tariffColumns, ...gridColumns };

export type ReferenceTable = keyof typeof referenceColumns;

const isReferenceTable = (name: string): name is ReferenceTable => Object.hasOwn(referenceColumns, name);

export const referenceTables: readonly ReferenceTable[] =
    Object.keys(referenceColumns).filter(isReferenceTable);
