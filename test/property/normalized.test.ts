import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DuckDB } from '../../src/warehouse/duckdb.ts';
import { withDerivedLake } from '../support/derived-lake.ts';
import { countedReadings, formGridOpinion, localSeconds } from '../support/grid-opinion.ts';
import { addUp } from '../support/second-opinion.ts';
import { type GivenReading, plain } from '../unit/warehouse/small-lake.ts';

const day = 86400;
const days = 75;

/** Zones with half and three-quarter hours, both hemispheres, and clocks that change at midnight. */
const zones = [
    'Europe/London',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'America/St_Johns',
    'America/Havana',
    'Asia/Beirut',
    'UTC',
];

/** Spring and autumn of 2026, the changes of all zones among them. */
const starts = ['2026-02-20T00:00:00Z', '2026-09-01T00:00:00Z'].map((text) => Date.parse(text) / 1000);

const kinds = [
    'missing',
    'null',
    'power',
    'fine',
    'some fine',
    'total',
    'only total',
    'pair',
    'weekly',
    'negative',
] as const;

interface Damage {
    readonly kind: (typeof kinds)[number];
    readonly at: number;
    readonly length: number;
}

const damage = fc.record<Damage>({
    kind: fc.constantFrom(...kinds),
    at: fc.integer({ min: 1, max: days * 24 - 2 }),
    length: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 60 })),
});

const channel = fc.record({
    zone: fc.constantFrom(...zones),
    start: fc.constantFrom(...starts),
    damages: fc.array(damage, { minLength: 6, maxLength: 16 }),
    seed: fc.integer({ min: 1, max: 1000 }),
});

/** Hourly readings with a daily shape that never repeats, damaged here and there. */
function readingsOf(
    id: string,
    { start, damages, seed }: { start: number; damages: readonly Damage[]; seed: number },
): GivenReading[] {
    const energyAt = (index: number): number =>
        1 + 0.5 * Math.sin((index % 24) / 4) + (((index * 7919 + seed * 104729) % 1000) + 1) / 2000;
    const hourly = new Map<number, GivenReading | undefined>();
    const others: GivenReading[] = [];
    const reading = (
        at: number,
        interval: number,
        energy: number | null,
        power: number | null,
    ): GivenReading => ({
        channel: id,
        at,
        interval,
        energy,
        power,
        voltage: 230,
    });
    for (let index = 0; index < days * 24; index++) {
        hourly.set(index, reading(start + index * 3600, 3600, energyAt(index), energyAt(index)));
    }
    for (const { kind, at, length } of damages) {
        for (let index = at; index < Math.min(at + length, days * 24); index++) {
            const energy = energyAt(index);
            const hourAt = start + index * 3600;
            if (kind === 'missing') hourly.set(index, undefined);
            if (kind === 'null') hourly.set(index, reading(hourAt, 3600, null, null));
            if (kind === 'power') hourly.set(index, reading(hourAt, 3600, null, energy));
            if (kind === 'negative') hourly.set(index, reading(hourAt, 3600, -1, energy));
            if (kind === 'fine' || kind === 'some fine') {
                hourly.set(index, undefined);
                for (let part = kind === 'fine' ? 0 : 1; part < 4; part++) {
                    const share = energy * (0.2 + part / 20);
                    others.push(reading(hourAt + part * 900, 900, share, share * 4));
                }
            }
        }
        if (kind === 'pair') {
            // Two hours in one reading, one of them known.
            const first = at - (at % 2);
            others.push(reading(start + first * 3600, 7200, energyAt(first) + energyAt(first + 1), null));
            hourly.set(first + 1, undefined);
        }
        if (kind === 'weekly') {
            // No week is left to estimate from; in the first hour of each, a part is known.
            for (let week = 0; week * 168 + (at % 168) + 5 < days * 24; week++) {
                const first = week * 168 + (at % 168);
                for (let index = first; index < first + 5; index++) hourly.set(index, undefined);
                others.push(reading(start + first * 3600, 900, energyAt(first) / 5, null));
            }
        }
        const dayAt = Math.floor(at / 24);
        if (kind === 'total' || kind === 'only total') {
            const hours = Array.from({ length: 24 }, (_, hour) => dayAt * 24 + hour);
            const sum = addUp(hours.map(energyAt));
            others.push(reading(start + dayAt * day, day, sum, sum / 24));
            // The hours that are left say nothing, or a part.
            for (const index of kind === 'total' ? hours.slice(0, length % 23) : hours)
                hourly.set(index, undefined);
        }
    }
    const all = [...hourly.values(), ...others].flatMap((row) => row ?? []);
    return [...new Map(all.map((row) => [`${row.at}/${row.interval}`, row])).values()];
}

const seen = new Set<string>();

const checks = [
    'normalized_readings_have_one_row_per_instant',
    'normalized_readings_conserve_energy',
    'total_energy_is_measured_and_estimated',
    'nothing_is_estimated_after_the_last_reading',
    'rollups_conserve_energy',
    'coverage_is_between_zero_and_one',
];

describe('the grid of a channel, for any readings', () => {
    it('is patched and summed as an independent computation does it', { timeout: 600_000 }, async () => {
        await fc.assert(
            fc.asyncProperty(channel, channel, fc.boolean(), async (one, two, isMonthly) => {
                const given = [one, two].map((some, index) => {
                    const id = String(index + 1);
                    return { id, zone: some.zone, readings: readingsOf(id, some) };
                });
                const zonesById = Object.fromEntries(given.map(({ id, zone }) => [id, zone]));
                const readings = given.flatMap((some) => some.readings);
                const lake = {
                    zones: zonesById,
                    readings,
                    granularity: isMonthly ? 'month' : 'day',
                } as const;
                await withDerivedLake(lake, async ({ db }) => {
                    for (const { id, zone, readings: mine } of given) await compare(db, id, zone, mine);
                    for (const check of checks) {
                        expect(await db.rows(`select * from checks.${check}`), check).toEqual([]);
                    }
                });
            }),
            { numRuns: 6, seed: 4, endOnFailure: true },
        );
        // Every way to fill a point occurred.
        expect([...seen].sort()).toEqual(
            expect.arrayContaining([
                'linear 9',
                'linear_scaled 9',
                'null 10',
                'null 11',
                'null null',
                'reference_day 8',
                'reference_day_scaled 8',
            ]),
        );
    });
});

async function compare(db: DuckDB, id: string, zone: string, stored: readonly GivenReading[]): Promise<void> {
    // What the cleaning says is taken as given: which values are impossible, and which readings are suspicious.
    const readings = stored.map((row) => ((row.energy ?? 0) < 0 ? { ...row, energy: null } : row));
    const flagged = await db.rows(
        `select epoch_us(timestamp) // 1000000 as at, interval_s from readings_clean
        where channel_id = '${id}' and flags <> 0`,
    );
    const suspicious = new Set(flagged.map((row) => `${Number(row.at)}/${Number(row.interval_s)}`));
    const opinion = formGridOpinion(readings, {
        zone,
        shortGap: 7200,
        isEstimated: true,
        isClean: ({ at, interval }) => !suspicious.has(`${at}/${interval}`),
    });
    const rows = await db.rows(
        `select epoch_us(timestamp) // 1000000 as at, energy_kwh as energy, estimated_kwh as estimated,
            missing_s, method, quality
        from grid_patches where channel_id = '${id}' order by timestamp`,
    );
    for (const { method, quality } of opinion.patches) seen.add(`${method} ${quality}`);
    expectClose(
        rows,
        opinion.patches.map(({ missingS, ...rest }) => ({ ...rest, missing_s: missingS })),
    );
    const daily = await db.rows(
        `select date - date '1970-01-01' as day, energy_measured_kwh as measured, energy_estimated_kwh as estimated,
            energy_total_kwh as total, estimated_count
        from energy_daily where channel_id = '${id}' order by date`,
    );
    const localDay = (at: number): number => Math.floor(localSeconds(at, zone) / day);
    const measured = countedReadings(readings).map((row) => ({
        day: localDay(row.at),
        kwh: row.energy ?? null,
    }));
    const estimated = opinion.patches.flatMap(({ at, estimated: kwh }) =>
        kwh === null ? [] : [{ day: localDay(at), kwh }],
    );
    const dates = [...new Set([...measured, ...estimated].map((entry) => entry.day))].sort((a, b) => a - b);
    expectClose(
        daily,
        dates.map((date) => {
            const [known, guessed] = [sumOf(measured, date), sumOf(estimated, date)];
            return {
                day: date,
                measured: known,
                estimated: guessed,
                total: known === null && guessed === null ? null : (known ?? 0) + (guessed ?? 0),
                estimated_count: estimated.filter((entry) => entry.day === date).length,
            };
        }),
    );
}

function sumOf(
    some: readonly { readonly day: number; readonly kwh: number | null }[],
    date: number,
): number | null {
    const known = some.flatMap(({ day: other, kwh }) => (other === date && kwh !== null ? [kwh] : []));
    return known.length === 0 ? null : addUp(known);
}

/** Equal, numbers to 1e-9. */
function expectClose(
    found: readonly Readonly<Record<string, unknown>>[],
    expected: readonly Readonly<Record<string, unknown>>[],
): void {
    const near = (value: unknown, other: unknown): unknown =>
        typeof value === 'number' &&
        typeof other === 'number' &&
        Math.abs(value - other) <= 1e-9 * Math.abs(other)
            ? other
            : value;
    expect(
        found
            .map(plain)
            .map((row, index) =>
                Object.fromEntries(
                    Object.entries(row).map(([key, value]) => [key, near(value, expected[index]?.[key])]),
                ),
            ),
    ).toEqual(expected);
}
