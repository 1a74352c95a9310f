/**
 * A small lake in which every view has rows: sites in zones of half an hour and 45 minutes over changes of the clock,
 * one without a zone, and channels with everything that readings can have. What the laws of the views are tried on.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '../../src/core/log.ts';
import { withLake } from '../../src/ingest/context.ts';
import { withRun } from '../../src/ingest/tally.ts';
import { readCoverage, withAnswered, writeCoverage } from '../../src/lake/coverage.ts';
import { withDuckDB } from '../../src/warehouse/duckdb.ts';
import { writeTable } from '../../src/warehouse/write-table.ts';
import type { GivenReading } from '../unit/warehouse/small-lake.ts';
import { asWriter, type DerivedLake } from './derived-lake.ts';
import { fakeRuntime } from './fake-runtime.ts';
import {
    type GivenChannel,
    type GivenFleet,
    type GivenOrganization,
    withFleet,
    withSettings,
} from './organization-lake.ts';

const at = (text: string): number => Date.parse(text) / 1000;

const organizations: readonly GivenOrganization[] = [
    { id: '1', zone: 'America/New_York', carbon: 0.4 },
    { id: '20', parent: '1', zone: 'Asia/Kathmandu', carbon: 0.7 },
    { id: '300', parent: '20', zone: 'America/Havana', carbon: 0.1 },
    { id: '301', parent: '20', zone: 'Australia/Lord_Howe', carbon: 0.2 },
    { id: '31', parent: '1', zone: 'Asia/Kolkata' },
    { id: '9', zone: null, carbon: 1 },
];

const channels: readonly GivenChannel[] = [
    { id: '11', organization: '1' },
    { id: '22', organization: '20' },
    { id: '33', organization: '300' },
    { id: '34', organization: '301', uninstalledAt: '2026-04-06T00:00:00Z' },
    { id: '41', organization: '31' },
    { id: '42', organization: '31', removedAt: '2026-04-01T00:00:00Z' },
    { id: '91', organization: '9' },
    // Never measured anything.
    { id: '92', organization: '9' },
    { id: '5', organization: null },
];

type Change = (index: number, reading: GivenReading) => Partial<GivenReading> | 'missing' | undefined;

/** A wave of power that never repeats, in whole watt-hours; `change` makes some readings special. */
function wave(
    channel: string,
    from: string,
    to: string,
    interval: number,
    change: Change = () => undefined,
): GivenReading[] {
    const found: GivenReading[] = [];
    for (let time = at(from), index = 0; time < at(to); time += interval, index += 1) {
        const energy = (interval / 3600) * (4 + ((index * 7919 + Number(channel)) % 101) / 25);
        const reading: GivenReading = {
            channel,
            at: time,
            interval,
            energy,
            power: (3600 * energy) / interval,
            voltage: 225 + (index % 13),
            powerFactor: 0.9 + (index % 7) / 100,
            temperature: 20 + (index % 5),
            frequency: 60 + (index % 3) / 10,
        };
        const made = change(index, reading);
        if (made !== 'missing') found.push({ ...reading, ...made });
    }
    return found;
}

const between = (index: number, from: number, to: number): boolean => index >= from && index < to;

const readings: readonly GivenReading[] = [
    // Six weeks, so that a day that is missing has days like it; every rule of the cleaning is broken once.
    ...wave('11', '2026-02-24T00:00:00Z', '2026-04-07T00:00:00Z', 3600, (index) => {
        if (between(index, 500, 526) || index === 700) return 'missing';
        if (between(index, 100, 102)) return { energy: null, power: null };
        if (between(index, 200, 212)) return { energy: 5, power: 5 };
        // Three high hours: of one day in New York, of two in Adelaide, where none of them has its like.
        if (between(index, 84, 87)) return { energy: 90, power: 90 };
        const odd: Readonly<Record<number, Partial<GivenReading>>> = {
            110: { energy: -3 },
            120: { power: -3 },
            130: { energy: Number.NaN },
            140: { voltage: 900 },
            150: { powerFactor: 3 },
            160: { frequency: 90 },
            170: { energy: 2000, power: 2000 },
            180: { energy: 4, power: 8 },
            190: { energy: 90, power: 90 },
            230: { energy: 0, power: 0, voltage: 0 },
            240: { fetchedAt: '2026-03-06T00:10:00Z' },
        };
        return odd[index];
    }),
    // Finer readings of some of the same hours, covering one whole and one in part.
    ...wave('11', '2026-03-01T06:00:00Z', '2026-03-01T07:45:00Z', 900),
    // Quarter hours over the change of New York, which is above it, with a second grid between.
    ...wave('22', '2026-03-06T00:00:00Z', '2026-03-11T00:00:00Z', 900, (index) =>
        between(index, 60, 70) ? 'missing' : between(index, 90, 95) ? { energy: null } : undefined,
    ),
    ...wave('22', '2026-03-09T00:07:00Z', '2026-03-09T04:07:00Z', 900),
    // Havana changes at midnight of 8 March, Lord Howe by half an hour on 5 April.
    ...wave('33', '2026-03-06T00:00:00Z', '2026-03-11T00:00:00Z', 1800, (index) =>
        index % 17 === 3 ? 'missing' : index % 19 === 4 ? { energy: 0, power: 0 } : undefined,
    ),
    ...wave('34', '2026-04-03T00:00:00Z', '2026-04-07T00:00:00Z', 1800, (index) =>
        between(index, 20, 23) ? 'missing' : undefined,
    ),
    // Off its channel's grid.
    ...wave('34', '2026-04-03T10:37:00Z', '2026-04-03T11:07:00Z', 1800),
    ...wave('41', '2026-03-28T00:00:00Z', '2026-04-03T00:00:00Z', 3600),
    // Days and hours of the same time, which an hour is missing from.
    ...wave('42', '2026-03-28T00:00:00Z', '2026-03-31T00:00:00Z', 86_400),
    ...wave('42', '2026-03-28T00:00:00Z', '2026-03-30T00:00:00Z', 3600, (index) =>
        index === 30 ? 'missing' : undefined,
    ),
    ...wave('91', '2026-03-28T00:00:00Z', '2026-04-02T00:00:00Z', 3600, (index) =>
        index === 7 ? 'missing' : undefined,
    ),
    // A thermometer, and a channel that the lists do not have.
    ...wave('5', '2026-03-30T00:00:00Z', '2026-04-01T00:00:00Z', 3600, () => ({
        energy: null,
        power: null,
        voltage: null,
        powerFactor: null,
        frequency: null,
    })),
    ...wave('77', '2026-03-30T00:00:00Z', '2026-04-01T00:00:00Z', 3600),
];

const peak = { name: 'peak', rate: 0.3, when: [{ days: ['weekdays'], hours: ['08:00-20:00'] }] };

const tariffs = [
    {
        id: 'hours',
        currency: 'USD',
        versions: [
            {
                valid_from: '2026-01-01',
                energy: { kind: 'time_of_use', periods: [peak, { name: 'rest', rate: 0.1 }] },
                demand: [{ name: 'demand', rate_per_kw: 5, ratchet: { percent: 50, months: 3 } }],
                fixed: { per_day: 0.5, per_month: 9 },
                taxes: [{ name: 'tax', percent: 8 }],
            },
            { valid_from: '2026-04-01', energy: { kind: 'flat', rate: 0.25 } },
        ],
    },
    {
        id: 'tiers',
        currency: 'EUR',
        versions: [
            {
                valid_from: '2026-01-01',
                energy: { kind: 'tiers', tiers: [{ up_to_kwh: 100, rate: 0.2 }, { rate: 0.3 }] },
            },
        ],
    },
];

const settings = {
    defaults: {
        max_power_kw: 1000,
        carbon_kg_per_kwh: 0.3,
        holidays: [{ date: '2026-04-03', name: 'Good Friday' }],
    },
    organizations: { 1: { tariff_id: 'hours' } },
    channels: { 11: { expected_interval_s: 3600 }, 91: { tariff_id: 'tiers' } },
};

/** The lake's field codes. */
export const lawFields = ['E', 'P', 'V', 'I', 'PF', 'T', 'F'] as const;

export const lawFleet: GivenFleet = { organizations, channels, readings };

/** Published, with runs in its journal. */
export async function withLawLake<T>(
    use: (lake: DerivedLake) => Promise<T>,
    fleet: GivenFleet = lawFleet,
): Promise<T> {
    const prepare = async (root: string): Promise<void> => {
        await withSettings(settings)(root);
        await writeFile(join(root, 'reference', 'tariffs.json'), JSON.stringify({ tariffs }));
        await withDuckDB({ threads: 1 }, (db) =>
            writeTable(
                db,
                'devices',
                [{ device_id: '1', device_name: 'Hub', organization_id: '1', status: 1 }],
                { codec: 'zstd', version: 'V2' },
                join(root, 'reference', 'devices.parquet'),
            ),
        );
        for (const now of ['2026-11-20T09:20:00Z', '2026-11-21T09:20:00Z']) {
            const options = { root, command: 'test', write: true, log: silentLogger };
            await withLake({ ...options, runtime: fakeRuntime({ now }) }, (lake) =>
                withRun(lake, {}, async () => {}),
            );
        }
        const answered = { from: at('2026-03-28T00:00:00Z'), to: at('2026-04-03T00:00:00Z') };
        await asWriter(root, async ({ files, paths }) => {
            const before = await readCoverage(paths, '91', []);
            await writeCoverage(files, paths, '91', withAnswered(before, 3600, answered));
        });
    };
    return await withFleet(fleet, use, prepare, lawFields);
}
