/** The reference tables as they stand in `reference/*.parquet`: columns in order, with their SQL types. */

export type ColumnType = 'VARCHAR' | 'INTEGER' | 'DOUBLE' | 'BOOLEAN' | 'DATE' | 'TIMESTAMP WITH TIME ZONE';
export type Columns = Readonly<Record<string, ColumnType>>;

const history = {
    created_at: 'TIMESTAMP WITH TIME ZONE',
    updated_at: 'TIMESTAMP WITH TIME ZONE',
    removed_at: 'TIMESTAMP WITH TIME ZONE',
} as const satisfies Columns;

export const referenceColumns = {
    organizations: {
        organization_id: 'VARCHAR',
        organization_name: 'VARCHAR',
        parent_id: 'VARCHAR',
        sort_code: 'VARCHAR',
        time_zone: 'VARCHAR',
        currency: 'VARCHAR',
        carbon_ratio: 'DOUBLE',
        carbon_units: 'VARCHAR',
        address: 'VARCHAR',
        city: 'VARCHAR',
        postcode: 'VARCHAR',
        country: 'VARCHAR',
        status: 'INTEGER',
        ...history,
    },
    devices: {
        device_id: 'VARCHAR',
        device_name: 'VARCHAR',
        device_type_id: 'VARCHAR',
        device_type_name: 'VARCHAR',
        organization_id: 'VARCHAR',
        parent_id: 'VARCHAR',
        uuid: 'VARCHAR',
        status: 'INTEGER',
        registered_at: 'TIMESTAMP WITH TIME ZONE',
        expires_at: 'TIMESTAMP WITH TIME ZONE',
        ...history,
    },
    channels: {
        channel_id: 'VARCHAR',
        channel_name: 'VARCHAR',
        device_id: 'VARCHAR',
        organization_id: 'VARCHAR',
        meter_id: 'VARCHAR',
        uuid: 'VARCHAR',
        tariff_id: 'VARCHAR',
        displayed_phase: 'VARCHAR',
        data_type: 'VARCHAR',
        in_tsdb: 'VARCHAR',
        cost_enabled: 'BOOLEAN',
        status: 'INTEGER',
        registered_at: 'TIMESTAMP WITH TIME ZONE',
        expires_at: 'TIMESTAMP WITH TIME ZONE',
        installed_at: 'TIMESTAMP WITH TIME ZONE',
        uninstalled_at: 'TIMESTAMP WITH TIME ZONE',
        ...history,
    },
} as const satisfies Readonly<Record<string, Columns>>;

/** A row of a reference table. Instants are ISO 8601 text, UTC; null means the source names none. */
export type ReferenceRow = Readonly<Record<string, string | number | boolean | null>>;
