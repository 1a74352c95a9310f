import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GivenReading, plain, withViews } from '../unit/warehouse/small-lake.ts';

const base = Date.parse('2026-03-28T00:00:00Z') / 1000;
const lengths = [60, 900, 3600, 86400] as const;

/** Readings on nested grids around the spring change, some without energy. */
const nested = (channel: string): fc.Arbitrary<GivenReading[]> =>
    fc
        .uniqueArray(
            fc.record({
                interval: fc.constantFrom(900, 900, 900, 3600, 3600, 86400, 60),
                place: fc.double({ min: 0, max: 0.999, noNaN: true }),
                energy: fc.option(fc.integer({ min: 0, max: 50 }), { freq: 5, nil: null }),
            }),
            { maxLength: 40, selector: ({ interval, place }) => `${interval}/${slot(interval, place)}` },
        )
        .map((rows) =>
            rows.map(({ interval, place, energy }) => ({
                channel,
                at: base + interval * slot(interval, place),
                interval,
                energy,
                power: energy,
            })),
        );

// A narrow span, so that lengths meet: six hours of minutes to hours, four days of days.
const slot = (interval: number, place: number): number =>
    Math.floor(place * (interval === 86400 ? 4 : interval === 60 ? 30 : (6 * 3600) / interval));

/** The rule, written again as a recursion over the tree of intervals: returns the readings that count. */
function counted(rows: readonly GivenReading[]): GivenReading[] {
    let chosen: GivenReading[] = [];
    for (const length of lengths) {
        for (const coarse of rows.filter((row) => row.interval === length)) {
            const inside = chosen.filter((row) => row.at >= coarse.at && row.at < coarse.at + length);
            const known = inside
                .filter((row) => row.energy !== null)
                .reduce((sum, row) => sum + row.interval, 0);
            const givesWay = coarse.energy === null ? inside.length > 0 : known === length;
            if (givesWay) continue;
            chosen = [...chosen.filter((row) => !inside.includes(row)), coarse];
        }
    }
    return chosen;
}

const key = (row: { at: number; interval: number }): string => `${row.at}/${row.interval}`;

describe('the views, for any readings', () => {
    it('count exactly the readings that the rule names, and conserve their energy in every layer', {
        timeout: 240_000,
    }, async () => {
        await fc.assert(
            fc.asyncProperty(
                nested('1'),
                fc.constantFrom('day', 'month', 'year'),
                async (readings, granularity) => {
                    const expected = counted(readings);
                    await withViews(
                        { granularity, zones: { '1': 'Europe/London' }, readings },
                        async (db) => {
                            const rows = await db.rows(
                                'select epoch_us(timestamp) // 1000000 as at, interval_s as interval from readings_clean',
                            );
                            const found = rows.map((row) =>
                                key({ at: Number(row.at), interval: Number(row.interval) }),
                            );
                            expect(found.sort()).toEqual(expected.map(key).sort());
                            const known = expected.flatMap(({ energy }) => energy ?? []);
                            const total =
                                known.length === 0 ? null : known.reduce((sum, energy) => sum + energy, 0);
                            for (const view of [
                                'readings_clean',
                                'energy_hourly',
                                'energy_daily',
                                'energy_weekly',
                                'energy_monthly',
                            ]) {
                                expect(await db.value(`select sum(energy_kwh) from ${view}`), view).toBe(
                                    total,
                                );
                            }
                        },
                    );
                },
            ),
            { numRuns: 25, seed: 1 },
        );
    });

    it('never count any time twice, whatever the grids', { timeout: 240_000 }, async () => {
        const anywhere = fc.uniqueArray(
            fc.record({
                interval: fc.constantFrom(300, 420, 900, 3600),
                at: fc.integer({ min: 0, max: 240 }).map((minute) => base + minute * 60),
                energy: fc.option(fc.integer({ min: 0, max: 9 }), { freq: 5, nil: null }),
            }),
            { maxLength: 30, selector: key },
        );
        await fc.assert(
            fc.asyncProperty(anywhere, async (rows) => {
                await withViews({ readings: rows.map((row) => ({ channel: '1', ...row })) }, async (db) => {
                    expect(await db.rows('select * from checks.clean_readings_do_not_overlap')).toEqual([]);
                    expect(
                        await db.rows('select * from checks.clean_readings_have_one_row_per_instant'),
                    ).toEqual([]);
                    const kept = Number(
                        await db.value('select coalesce(sum(energy_kwh), 0) from readings_clean'),
                    );
                    expect(kept).toBeLessThanOrEqual(rows.reduce((sum, row) => sum + (row.energy ?? 0), 0));
                });
            }),
            { numRuns: 25, seed: 2 },
        );
    });

    it('give a row the same values under any filter and in any session time zone', {
        timeout: 240_000,
    }, async () => {
        const filters = [
            ['readings_clean', "channel_id = '2'"],
            ['readings_clean', "timestamp >= timestamptz '2026-03-28 03:00:00+00'"],
            ['readings_clean', 'interval_s = 900'],
            ['readings_enriched', "local_time < timestamp '2026-03-28 12:00:00'"],
            ['energy_hourly', "channel_id in ('1', '2') and energy_kwh > 3"],
            ['energy_daily', "date = date '2026-03-28'"],
            ['energy_daily', "organization_id = 'o1' and date > date '2026-03-28'"],
            ['energy_weekly', "week = date '2026-03-23'"],
            ['energy_monthly', "channel_id = '1'"],
            ['latest_readings', "channel_id = '2'"],
        ] as const;
        await fc.assert(
            fc.asyncProperty(nested('1'), nested('2'), async (one, two) => {
                const zones = { '1': 'Australia/Lord_Howe', '2': 'America/Havana' };
                await withViews({ zones, readings: [...one, ...two] }, async (db) => {
                    for (const [view, filter] of filters) {
                        await db.run("set TimeZone = 'UTC'");
                        const text = (rows: readonly Record<string, unknown>[]) =>
                            rows.map((row) => JSON.stringify(plain(row))).sort();
                        await db.run(`create or replace temp table everything as select * from ${view}`);
                        const expected = text(await db.rows(`select * from everything where ${filter}`));
                        for (const zone of ['UTC', 'Pacific/Auckland', 'America/St_Johns']) {
                            await db.run(`set TimeZone = '${zone}'`);
                            expect(
                                text(await db.rows(`select * from ${view} where ${filter}`)),
                                `${view}: ${filter}`,
                            ).toEqual(expected);
                        }
                    }
                });
            }),
            { numRuns: 6, seed: 3 },
        );
    });
});
