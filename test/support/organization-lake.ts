/** Lakes with a hierarchy of organizations, and what their rollups must say, counted again without any SQL. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withDuckDB } from '../../src/warehouse/duckdb.ts';
import { writeTable } from '../../src/warehouse/write-table.ts';
import type { GivenReading } from '../unit/warehouse/small-lake.ts';
import { type DerivedLake, withDerivedLake } from './derived-lake.ts';

export interface GivenOrganization {
    readonly id: string;
    readonly parent?: string;
    readonly zone: string | null;
    readonly carbon?: number;
}

export interface GivenChannel {
    readonly id: string;
    readonly organization: string | null;
    readonly phase?: string;
    /** ISO instants. */
    readonly uninstalledAt?: string;
    readonly removedAt?: string;
}

export interface GivenFleet {
    readonly organizations: readonly GivenOrganization[];
    readonly channels: readonly GivenChannel[];
    readonly readings: readonly GivenReading[];
    readonly granularity?: 'day' | 'month' | 'year';
}

/** A published lake of the fleet. `prepare` may add the user's own files before it is published. */
export async function withFleet<T>(
    fleet: GivenFleet,
    use: (lake: DerivedLake) => Promise<T>,
    prepare: (root: string) => Promise<void> = async () => {},
    fields?: readonly string[],
): Promise<T> {
    return await withDerivedLake(
        fleet,
        use,
        async (root) => {
            await writeReference(root, fleet);
            await prepare(root);
        },
        fields,
    );
}

/** The user's own settings, before the lake is published. */
export function withSettings(settings: object): (root: string) => Promise<void> {
    return (root) => writeFile(join(root, 'reference', 'settings.json'), JSON.stringify(settings));
}

/** The lists as a sync leaves them; the lake is not published. */
export async function writeReference(root: string, { organizations, channels }: GivenFleet): Promise<void> {
    const folder = join(root, 'reference');
    await mkdir(folder, { recursive: true });
    const format = { codec: 'zstd', version: 'V2' } as const;
    await withDuckDB({ threads: 1 }, async (db) => {
        const file = (table: string): string => join(folder, `${table}.parquet`);
        await writeTable(
            db,
            'organizations',
            organizations.map(({ id, parent = null, zone, carbon = null }) => ({
                organization_id: id,
                organization_name: `Org ${id}`,
                parent_id: parent,
                time_zone: zone,
                carbon_ratio: carbon,
                status: 1,
            })),
            format,
            file('organizations'),
        );
        await writeTable(db, 'devices', [], format, file('devices'));
        await writeTable(
            db,
            'channels',
            channels.map(
                ({ id, organization, phase = 'system', uninstalledAt = null, removedAt = null }) => ({
                    channel_id: id,
                    channel_name: `Channel ${id}`,
                    organization_id: organization,
                    displayed_phase: phase,
                    uninstalled_at: uninstalledAt,
                    removed_at: removedAt,
                }),
            ),
            format,
            file('channels'),
        );
    });
}

export type Unit = 'hour' | 'day' | 'week' | 'month';

export interface ExpectedRow {
    readonly organization: string;
    /** A date; an hour by its first instant, `2026-03-29T01:00:00Z`. */
    readonly period: string;
    readonly energy: number | null;
    readonly count: number;
    /** Null when no energy is expected of any channel. */
    readonly expectedCount: number | null;
    readonly coverage: number | null;
    readonly average: number | null;
    readonly peak: number | null;
    readonly peakAt: number | null;
    readonly low: number | null;
    readonly voltage: number | null;
    readonly minVoltage: number | null;
    readonly maxVoltage: number | null;
    readonly factor: number | null;
    readonly carbon: number | null;
}

/** The rollup of every organization that has channels with readings, sorted by organization and period. */
export function countFleet(fleet: GivenFleet, unit: Unit): ExpectedRow[] {
    const rows: ExpectedRow[] = [];
    for (const { id, zone } of fleet.organizations) {
        const members = fleet.channels.filter((channel) => isBelow(fleet, channel.organization, id));
        const names = new Set(members.map((channel) => channel.id));
        const groups = groupBy(
            fleet.readings.filter(({ channel }) => names.has(channel)),
            (reading) => keyOf(reading.at, zone ?? 'UTC', unit),
        );
        for (const [key, readings] of groups) {
            const span = spanOf(readings[0]?.at ?? 0, zone ?? 'UTC', unit);
            const period =
                unit === 'hour' ? new Date(span.from * 1000).toISOString().replace('.000', '') : key;
            rows.push({ organization: id, period, ...countPeriod(fleet, members, readings, span) });
        }
    }
    return rows.sort((a, b) => order(a.organization, b.organization) || order(a.period, b.period));
}

function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
    const groups = new Map<K, T[]>();
    for (const item of items) {
        const group = groups.get(key(item)) ?? [];
        groups.set(key(item), [...group, item]);
    }
    return groups;
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function isBelow(fleet: GivenFleet, organization: string | null, above: string): boolean {
    if (organization === null) return false;
    if (organization === above) return true;
    const parent = fleet.organizations.find(({ id }) => id === organization)?.parent;
    return parent !== undefined && isBelow(fleet, parent, above);
}

function countPeriod(
    fleet: GivenFleet,
    members: readonly GivenChannel[],
    readings: readonly GivenReading[],
    span: { readonly from: number; readonly to: number },
): Omit<ExpectedRow, 'organization' | 'period'> {
    const known = <K extends 'energy' | 'power' | 'voltage' | 'powerFactor'>(
        key: K,
    ): { reading: GivenReading; value: number }[] =>
        readings.flatMap((reading) => {
            const value = reading[key];
            return value === null || value === undefined ? [] : [{ reading, value }];
        });
    const [energies, powers, voltages, factors] = [
        known('energy'),
        known('power'),
        known('voltage'),
        known('powerFactor'),
    ];
    const add = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
    const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
    const energy = energies.length === 0 ? null : add(energies.map(({ value }) => value));
    const lengths = [...energies, ...powers].map(({ reading }) => reading.interval);
    const coarsest = Math.max(...lengths);
    const slots = groupBy(powers, ({ reading }) => Math.floor(reading.at / coarsest));
    const sums = [...slots.values()].map((rows) => ({
        at: Math.min(...rows.map(({ reading }) => reading.at)),
        power: add([...groupBy(rows, ({ reading }) => reading.interval)].map(([, same]) => meanOf(same))),
        known: add(rows.map(({ reading }) => reading.interval)),
        time: covered(rows.map(({ reading }) => reading)),
    }));
    const peak = Math.max(...sums.map(({ power }) => power));
    const fullest = Math.max(...sums.map((slot) => slot.known));
    const measuredTime = add(
        [...groupBy(energies, ({ reading }) => Math.floor(reading.at / coarsest)).values()].map((rows) =>
            covered(rows.map(({ reading }) => reading)),
        ),
    );
    const weighted = factors.flatMap(({ reading, value }) =>
        reading.energy === null || reading.energy === undefined ? [] : [[reading.energy, value] as const],
    );
    const weights = add(weighted.map(([weight]) => weight));
    const expected = members.map((channel) => expectedTime(fleet, channel, span));
    const expectedSeconds = add(expected.map(({ time }) => time));
    const channelTime = add(energies.map(({ reading }) => reading.interval));
    return {
        energy,
        count: energies.length,
        expectedCount:
            expectedSeconds === 0
                ? null
                : Math.max(
                      Math.round(add(expected.map(({ time, interval }) => time / interval))),
                      energies.length,
                  ),
        coverage: expectedSeconds === 0 ? null : Math.min(channelTime / expectedSeconds, 1),
        average:
            energy === null
                ? orNull(add(sums.map(({ power, time }) => power * time)) / add(sums.map(({ time }) => time)))
                : (3600 * energy) / measuredTime,
        peak: orNull(peak),
        peakAt: orNull(Math.min(...sums.filter(({ power }) => close(power, peak)).map(({ at }) => at))),
        low: orNull(Math.min(...sums.filter((slot) => slot.known === fullest).map(({ power }) => power))),
        voltage: orNull(
            add(voltages.map(({ reading, value }) => value * reading.interval)) /
                add(voltages.map(({ reading }) => reading.interval)),
        ),
        minVoltage: orNull(Math.min(...voltages.map(({ value }) => value))),
        maxVoltage: orNull(Math.max(...voltages.map(({ value }) => value))),
        factor: weights > 0 ? add(weighted.map(([weight, value]) => weight * value)) / weights : null,
        carbon: carbonOf(fleet, energies),
    };
}

export const close = (a: number, b: number): boolean =>
    Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

/** Power of all channels of one interval length in a slot: their sum, over the time that is known of it. */
function meanOf(rows: readonly { readonly reading: GivenReading; readonly value: number }[]): number {
    const time = covered(rows.map(({ reading }) => reading));
    return rows.reduce((sum, { reading, value }) => sum + value * reading.interval, 0) / time;
}

/** Seconds that the longest covering interval length takes up: every length is laid out by itself. */
function covered(readings: readonly GivenReading[]): number {
    const groups = [...groupBy(readings, ({ interval }) => interval)];
    return Math.max(...groups.map(([interval, same]) => interval * new Set(same.map(({ at }) => at)).size));
}

function carbonOf(
    fleet: GivenFleet,
    energies: readonly { readonly reading: GivenReading; readonly value: number }[],
): number | null {
    let sum: number | null = energies.length === 0 ? null : 0;
    for (const { reading, value } of energies) {
        const organization = fleet.channels.find(({ id }) => id === reading.channel)?.organization;
        const factor = fleet.organizations.find(({ id }) => id === organization)?.carbon;
        sum = sum === null || factor === undefined ? null : sum + value * factor;
    }
    return sum;
}

function expectedTime(
    fleet: GivenFleet,
    { id, uninstalledAt, removedAt }: GivenChannel,
    span: { readonly from: number; readonly to: number },
): { readonly time: number; readonly interval: number } {
    const measured = fleet.readings.filter(
        (reading) =>
            reading.channel === id &&
            [reading.energy, reading.power, reading.voltage, reading.powerFactor, reading.temperature].some(
                (value) => value !== null && value !== undefined,
            ),
    );
    if (!measured.some(({ energy }) => energy !== null && energy !== undefined))
        return { time: 0, interval: 1 };
    const from = Math.min(...measured.map(({ at }) => at));
    const last = Math.max(...measured.map(({ at, interval }) => at + interval));
    const left = [uninstalledAt, removedAt].flatMap((text) =>
        text === undefined ? [] : Date.parse(text) / 1000,
    );
    const to = left.length === 0 ? Number.POSITIVE_INFINITY : Math.max(Math.min(...left), last);
    const counts = groupBy(measured, ({ interval }) => interval);
    const [common] = [...counts].sort(([a, one], [b, other]) => other.length - one.length || a - b);
    return {
        time: from < span.to ? Math.max(Math.min(to, span.to) - span.from, 0) : 0,
        interval: common?.[0] ?? 1,
    };
}

/** What the wall clock shows, as if it were UTC, in epoch seconds. */
export function localSeconds(at: number, zone: string): number {
    const known = offsets.get(`${zone} ${at}`);
    if (known !== undefined) return at + known;
    const format = formats.get(zone) ?? makeFormat(zone);
    formats.set(zone, format);
    const parts = Object.fromEntries(
        format.formatToParts(at * 1000).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    const local = Date.UTC(year, month - 1, day, hour % 24, minute, second) / 1000;
    offsets.set(`${zone} ${at}`, local - at);
    return local;
}

const offsets = new Map<string, number>();
const formats = new Map<string, Intl.DateTimeFormat>();

function makeFormat(zone: string): Intl.DateTimeFormat {
    const two = '2-digit';
    return new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        year: 'numeric',
        month: two,
        day: two,
        hour: two,
        minute: two,
        second: two,
    });
}

/** The local day, the Monday, the first of the month; an hour also by its offset, because a change cuts it in two. */
function keyOf(at: number, zone: string, unit: Unit): string {
    const local = localSeconds(at, zone);
    const date = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);
    switch (unit) {
        case 'hour':
            return `${Math.floor(local / 3600)} ${local - at}`;
        case 'day':
            return date(local);
        case 'week':
            return date(local - ((new Date(local * 1000).getUTCDay() + 6) % 7) * 86_400);
        case 'month':
            return `${date(local).slice(0, 7)}-01`;
    }
}

/** The instants of the period around one: found by walking quarter hours, which all changes of today fall on. */
function spanOf(at: number, zone: string, unit: Unit): { readonly from: number; readonly to: number } {
    const key = keyOf(at, zone, unit);
    let from = Math.floor(at / 900) * 900;
    while (keyOf(from - 900, zone, unit) === key) from -= 900;
    let to = Math.floor(at / 900) * 900;
    while (keyOf(to, zone, unit) === key) to += 900;
    return { from, to };
}
