/**
 * From the source's lists to the reference tables, and from one state of a table to the next. Pure.
 *
 * `created_at` is when an item was first seen, `updated_at` when its values last changed, `removed_at` when it was no
 * longer listed. Nothing is deleted: old readings keep their names.
 */
import type { WireChannel, WireDevice, WireOrganization } from '../api/client.ts';
import type { ReferenceTable } from '../lake/layout.ts';
import { type ReferenceRow, referenceIds } from '../model/tables.ts';
import { formatInstant } from '../model/time.ts';

type Values = Record<string, string | number | boolean | null>;

export function organizationValues(item: WireOrganization, isZone: (name: string) => boolean): Values {
    const address = [item.address1, item.address2, item.address3].filter((line) => line !== null);
    return {
        organization_id: item.organizationId,
        organization_name: item.organizationName,
        parent_id: item.parentId,
        sort_code: item.sortCode,
        time_zone: item.timeZone !== null && isZone(item.timeZone) ? item.timeZone : null,
        currency: item.currencyCode,
        carbon_ratio: item.carbonRatio,
        carbon_units: item.carbonUnits,
        address: address.length === 0 ? null : address.join(', '),
        city: item.city,
        postcode: item.postCode,
        country: item.country,
        status: item.status,
    };
}

/** `typeNames`: names by device type, learnt from the channels; the device list may lack them. */
export function deviceValues(item: WireDevice, typeNames: ReadonlyMap<string, string>): Values {
    return {
        device_id: item.deviceId,
        device_name: item.deviceName,
        device_type_id: item.deviceTypeId,
        device_type_name: item.deviceTypeName ?? typeNames.get(item.deviceTypeId ?? '') ?? null,
        organization_id: item.organizationId,
        parent_id: item.parentId,
        uuid: item.uuId,
        status: item.status,
        registered_at: instant(item.registered),
        expires_at: instant(item.expires),
    };
}

export function channelValues(item: WireChannel): Values {
    return {
        channel_id: item.dataChannelId,
        channel_name: item.channelName ?? item.deviceName ?? `Channel ${item.dataChannelId}`,
        device_id: item.deviceId,
        organization_id: item.organizationId,
        meter_id: item.meterId,
        uuid: item.uuId,
        tariff_id: item.tariffId,
        displayed_phase: item.displayedPhase,
        data_type: item.dataType,
        in_tsdb: item.in_tsdb,
        cost_enabled: item.costEnabled,
        status: item.status,
        registered_at: instant(item.registered),
        expires_at: instant(item.expires),
        installed_at: instant(item.installedTs),
        uninstalled_at: instant(item.uninstalledTs),
    };
}

/**
 * The next state of a table, after a list was answered at `fetchedAt` (epoch ms). What an incomplete one leaves out
 * stays as it was. Sorted by nothing.
 */
export function nextRows(
    table: ReferenceTable,
    previous: readonly ReferenceRow[],
    listed: readonly Values[],
    { fetchedAt, isComplete }: { readonly fetchedAt: number; readonly isComplete: boolean },
): ReferenceRow[] {
    const id = referenceIds[table];
    const at = new Date(fetchedAt).toISOString();
    const before = new Map(previous.map((row) => [row[id], row]));
    const now = new Map(listed.map((values) => [values[id], values]));
    const kept = [...now.values()].map((values) => {
        const old = before.get(values[id] ?? null);
        const row = { ...values, removed_at: null };
        if (old === undefined) return { ...row, created_at: at, updated_at: at };
        const isSame = Object.entries(row).every(([name, value]) => (old[name] ?? null) === value);
        return { ...row, created_at: old.created_at ?? at, updated_at: isSame ? (old.updated_at ?? at) : at };
    });
    const gone = previous
        .filter((row) => !now.has(row[id] ?? null))
        .map((row) =>
            isComplete && row.removed_at === null ? { ...row, removed_at: at, updated_at: at } : row,
        );
    return [...kept, ...gone];
}

function instant(seconds: number | null): string | null {
    // One spelling everywhere: what is read back from Parquet must compare equal.
    return seconds === null ? null : formatInstant(seconds).replace('Z', '.000Z');
}
