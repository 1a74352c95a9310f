import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DuckDB, Row } from '../../src/warehouse/duckdb.ts';
import {
    close,
    countFleet,
    type ExpectedRow,
    type GivenFleet,
    type GivenOrganization,
    type Unit,
    withFleet,
    withSettings,
} from '../support/organization-lake.ts';
import type { GivenReading } from '../unit/warehouse/small-lake.ts';

const views: Readonly<Record<Unit, string>> = {
    hour: 'organization_hourly',
    day: 'organization_daily',
    week: 'organization_weekly',
    month: 'organization_monthly',
};

/** Three levels, each in another zone: half hours, 45 minutes, midnight changes, half an hour of summer time. */
const organizations: readonly GivenOrganization[] = [
    { id: '1', zone: 'America/New_York', carbon: 0.4 },
    { id: '2', parent: '1', zone: 'Asia/Kolkata', carbon: 0.7 },
    { id: '3', parent: '2', zone: 'Asia/Kathmandu', carbon: 0.1 },
    { id: '4', parent: '2', zone: 'America/Havana' },
    { id: '5', parent: '1', zone: 'Australia/Lord_Howe', carbon: 0.2 },
    { id: '6', zone: null, carbon: 1 },
];
const channels = [
    { id: '11', organization: '1' },
    { id: '31', organization: '3' },
    { id: '32', organization: '3' },
    { id: '41', organization: '4' },
    { id: '51', organization: '5' },
    { id: '61', organization: '6' },
];

/** Around these, some of the zones change their offset. */
const starts = [
    '2026-03-07T20:00:00Z',
    '2026-04-04T06:00:00Z',
    '2026-10-03T08:00:00Z',
    '2026-10-31T18:00:00Z',
].map((text) => Date.parse(text) / 1000);

/** Readings of one length per channel, with holes, zeros and nulls; a channel may fall silent or not begin. */
const fleet: fc.Arbitrary<GivenFleet> = fc
    .record({
        start: fc.constantFrom(...starts),
        intervals: fc.array(fc.constantFrom(900, 900, 1800, 3600), { minLength: 6, maxLength: 6 }),
        rows: fc.array(
            fc.array(
                fc.record({
                    place: fc.double({ min: 0, max: 0.999, noNaN: true }),
                    energy: fc.option(fc.integer({ min: 0, max: 40 }), { freq: 6, nil: null }),
                    power: fc.option(fc.integer({ min: 0, max: 160 }), { freq: 6, nil: null }),
                    voltage: fc.option(fc.integer({ min: 210, max: 250 }), { freq: 3, nil: null }),
                    factor: fc.option(fc.integer({ min: 1, max: 10 }), { freq: 3, nil: null }),
                }),
                { maxLength: 60 },
            ),
            { minLength: 6, maxLength: 6 },
        ),
    })
    .map(({ start, intervals, rows }) => ({
        organizations,
        channels,
        readings: rows.flatMap((given, index) => {
            const interval = intervals[index] ?? 900;
            const found = new Map<number, GivenReading>();
            for (const { place, energy, power, voltage, factor } of given) {
                const at = start + interval * Math.floor((place * 36 * 3600) / interval);
                found.set(at, {
                    channel: channels[index]?.id ?? '',
                    at,
                    interval,
                    energy,
                    power,
                    voltage,
                    powerFactor: factor === null ? null : factor / 10,
                });
            }
            return [...found.values()];
        }),
    }));

async function readRows(db: DuckDB, unit: Unit, filter = 'true'): Promise<Row[]> {
    const period =
        unit === 'hour'
            ? "strftime(hour_start at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ')"
            : `${unit === 'day' ? 'date' : unit}::varchar`;
    return await db.rows(
        `select *, ${period} as period, epoch(peak_at) as peak_s from ${views[unit]}
         where ${filter} order by organization_id, period`,
    );
}

function expectSame(row: Row, expected: ExpectedRow, text: string): void {
    const pairs = [
        [row.energy_kwh, expected.energy],
        [row.energy_measured_kwh, expected.energy],
        [row.reading_count, expected.count],
        [row.expected_count, expected.expectedCount],
        [row.coverage, expected.coverage],
        [row.avg_power_kw, expected.average],
        [row.peak_power_kw, expected.peak],
        [row.peak_s, expected.peakAt],
        [row.min_power_kw, expected.low],
        [row.avg_voltage_v, expected.voltage],
        [row.min_voltage_v, expected.minVoltage],
        [row.max_voltage_v, expected.maxVoltage],
        [row.avg_power_factor, expected.factor],
        [row.carbon_kg, expected.carbon],
    ] as const;
    for (const [index, [found, wanted]] of pairs.entries()) {
        const isSame = wanted === null ? found === null : found !== null && close(Number(found), wanted);
        expect(isSame, `${text}, figure ${index}: ${String(found)} instead of ${String(wanted)}`).toBe(true);
    }
}

/** Estimates would come on top. */
const withoutEstimates = withSettings({ defaults: { is_estimated: false } });

describe('the rollups of organizations, for any readings', () => {
    it('are what an independent count says, in every unit and zone', { timeout: 240_000 }, async () => {
        await fc.assert(
            fc.asyncProperty(fleet, async (given) => {
                await withFleet(
                    given,
                    async ({ db }) => {
                        for (const unit of ['hour', 'day', 'week', 'month'] as const) {
                            const rows = await readRows(db, unit);
                            const expected = countFleet(given, unit);
                            expect(rows.map((row) => `${row.organization_id} ${row.period}`)).toEqual(
                                expected.map((row) => `${row.organization} ${row.period}`),
                            );
                            for (const [index, row] of rows.entries()) {
                                const wanted = expected[index];
                                if (wanted === undefined) throw new Error('no such row');
                                expectSame(row, wanted, `${unit} ${wanted.organization} ${wanted.period}`);
                            }
                        }
                    },
                    withoutEstimates,
                );
            }),
            { numRuns: 4, seed: 1, endOnFailure: true },
        );
    });
});
