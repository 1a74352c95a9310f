/** The reference tables as rows in memory: how a row is identified, and what a cell may be. */

/** The column that identifies a row of each reference table. */
export const referenceIds = {
    organizations: 'organization_id',
    devices: 'device_id',
    channels: 'channel_id',
} as const;

/** A row of a reference table. Instants are ISO 8601 text, UTC; null means the source names none. */
export type ReferenceRow = Readonly<Record<string, string | number | boolean | null>>;
