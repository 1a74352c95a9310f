/** Small lakes for the view tests: given rows, written as the product lays them out, one file per partition. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeCalendar } from '../../../src/warehouse/calendar.ts';
import { writeCatalog } from '../../../src/warehouse/catalog.ts';
import { type DuckDB, literal, withDuckDB } from '../../../src/warehouse/duckdb.ts';
import { withSession } from '../../support/session-zone.ts';

export interface GivenReading {
    readonly channel: string;
    /** Epoch seconds. */
    readonly at: number;
    readonly interval: number;
    readonly energy?: number | null;
    readonly power?: number | null;
    readonly voltage?: number | null;
    readonly powerFactor?: number | null;
    readonly temperature?: number | null;
    /** In Hz; the lake has a column for it when any reading has one. */
    readonly frequency?: number | null;
    /** ISO instant; 2026-01-01 unless the reading is later: then an hour after its end. */
    readonly fetchedAt?: string;
}

export interface GivenLake {
    readonly granularity?: 'day' | 'month' | 'year';
    /** Time zone by channel; channels not named here are unknown to the reference tables. */
    readonly zones?: Readonly<Record<string, string | null>>;
    readonly readings: readonly GivenReading[];
}

export const allFields = ['E', 'P', 'V', 'I', 'PF', 'T'] as const;

const number = (value: number | null | undefined): string => {
    if (value === null || value === undefined) return 'null::double';
    if (Number.isNaN(value)) return "'nan'::double";
    if (!Number.isFinite(value)) return value > 0 ? "'infinity'::double" : "'-infinity'::double";
    return `${value}::double`;
};

/** A lake in a new temporary folder, deleted when `use` is done. */
export async function withSmallLake<T>(given: GivenLake, use: (root: string) => Promise<T>): Promise<T> {
    const root = await mkdtemp(join(tmpdir(), 'lake-'));
    try {
        await writeReadings(root, given.granularity ?? 'month', given.readings);
        if (given.zones !== undefined) await writeReference(root, given.zones);
        return await use(root);
    } finally {
        await rm(root, { recursive: true, force: true });
    }
}

/** The views of a lake on a connection that is not locked, so that a test can set the session's zone. */
export async function withViews<T>(
    given: GivenLake,
    use: (db: DuckDB, root: string) => Promise<T>,
    fields: readonly string[] = allFields,
): Promise<T> {
    return await withSmallLake(given, async (root) => {
        const file = join(root, 'catalog.duckdb');
        await writeCatalog(file, { root, fields, granularity: given.granularity ?? 'month' }, true);
        return await withSession(file, (db) => use(db, root));
    });
}

async function writeReadings(
    root: string,
    granularity: 'day' | 'month' | 'year',
    readings: readonly GivenReading[],
): Promise<void> {
    const length = { day: 10, month: 7, year: 4 }[granularity];
    const name = { day: 'date', month: 'month', year: 'year' }[granularity];
    const files = new Map<string, GivenReading[]>();
    for (const reading of readings) {
        const period = new Date(reading.at * 1000).toISOString().slice(0, length);
        const file = join(
            root,
            'readings',
            `channel_id=${reading.channel}`,
            `${name}=${period}`,
            'readings.parquet',
        );
        files.set(file, [...(files.get(file) ?? []), reading]);
    }
    if (files.size === 0) return;
    const hasFrequency = readings.some(({ frequency }) => frequency !== undefined);
    await withDuckDB({ threads: 1 }, async (db) => {
        for (const [file, rows] of files) {
            await mkdir(dirname(file), { recursive: true });
            const values = rows.map(
                (row) =>
                    `(make_timestamptz(${row.at}000000), ${row.interval}::integer, ${number(row.energy)}, ` +
                    `${number(row.power)}, ${number(row.voltage)}, null::double, ${number(row.powerFactor)}, ` +
                    `${number(row.temperature)}, timestamptz '${fetchedAt(row)}'` +
                    `${hasFrequency ? `, ${number(row.frequency)}` : ''})`,
            );
            await db.run(
                `copy (select * from (values ${values.join(',')}) as t(timestamp, interval_s, energy_kwh, power_kw, ` +
                    'voltage_v, current_a, power_factor, temperature_c, fetched_at' +
                    `${hasFrequency ? ', frequency_hz' : ''}) order by timestamp) ` +
                    `to ${literal(file)} (format parquet)`,
            );
        }
    });
}

function fetchedAt({ at, interval, fetchedAt: given }: GivenReading): string {
    const ends = new Date((at + interval + 3600) * 1000).toISOString();
    return given ?? (ends > '2026-01-01' ? ends : '2026-01-01T00:00:00Z');
}

/** Each channel gets an organization of its own, `o<channel>`. */
async function writeReference(root: string, zones: Readonly<Record<string, string | null>>): Promise<void> {
    const folder = join(root, 'reference');
    await mkdir(folder, { recursive: true });
    const rows = Object.entries(zones);
    const known = rows.flatMap(([, zone]) => (zone === null ? [] : [zone]));
    await withDuckDB({ threads: 1 }, async (db) => {
        await writeCalendar(db, join(folder, 'calendar.parquet'), known);
        const copy = (table: string, select: string): Promise<void> =>
            db.run(`copy (${select}) to ${literal(join(folder, `${table}.parquet`))} (format parquet)`);
        const given = rows
            .map(([channel, zone]) => `(${literal(channel)}, ${zone === null ? 'null' : literal(zone)})`)
            .join(',');
        const life = 'now() as created_at, now() as updated_at, null::timestamptz as removed_at';
        const texts = (...names: readonly string[]): string =>
            names.map((name) => `null::varchar as ${name}`).join();
        const instants = (...names: readonly string[]): string =>
            names.map((name) => `null::timestamptz as ${name}`).join();
        await copy(
            'organizations',
            `select 'o' || c as organization_id, 'Org ' || c as organization_name, z as time_zone,
             null::double as carbon_ratio, 1 as status, ${life},
             ${texts('parent_id', 'sort_code', 'currency', 'carbon_units', 'address', 'city', 'postcode', 'country')}
             from (values ${given}) t(c, z)`,
        );
        await copy(
            'devices',
            `select 'd' || c as device_id, 'Device ' || c as device_name, 'o' || c as organization_id, 1 as status,
             ${texts('device_type_id', 'device_type_name', 'parent_id', 'uuid')},
             ${instants('registered_at', 'expires_at')}, ${life} from (values ${given}) t(c, z)`,
        );
        await copy(
            'channels',
            `select c as channel_id, 'Channel ' || c as channel_name, 'd' || c as device_id, 'o' || c as organization_id,
             false as cost_enabled, 1 as status, ${texts('meter_id', 'uuid', 'tariff_id', 'displayed_phase', 'data_type', 'in_tsdb')},
             ${instants('registered_at', 'expires_at', 'installed_at', 'uninstalled_at')}, ${life}
             from (values ${given}) t(c, z)`,
        );
    });
}

/** A row's values with instants as ISO text and bigint as number, for comparison. */
export function plain(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
            name,
            typeof value === 'bigint' ? Number(value) : value instanceof Date ? value.toISOString() : value,
        ]),
    );
}
