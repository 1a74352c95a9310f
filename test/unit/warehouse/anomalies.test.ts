/** data_anomalies and data_quality_daily: what is wrong, since when, and how much of it on which day. */
import { describe, expect, it } from 'vitest';
import { withDerivedLake } from '../../support/derived-lake.ts';
import { type GivenReading, plain } from './small-lake.ts';

const at = (iso: string): number => Date.parse(iso) / 1000;
const hour = 3600;

/** An hour each, 2 kWh but where told otherwise. */
function hours(
    channel: string,
    from: string,
    count: number,
    odd: Readonly<Record<number, number>>,
): GivenReading[] {
    return Array.from({ length: count }, (_, index) => {
        const kwh = odd[index] ?? 2 + (index % 9) / 10;
        return { channel, at: at(from) + hour * index, interval: hour, energy: kwh, power: kwh };
    });
}

describe('data_anomalies', () => {
    it('joins what is at most a day apart, and says whether it goes on', { timeout: 120_000 }, async () => {
        const readings = [
            // Hours 0 and 1, then hour 26 a day after the end of 1, then 51 a day and an hour after the end of 26.
            ...hours('1', '2025-06-01T00:00:00Z', 100, { 0: -1, 1: -1, 26: -1, 52: -1, 99: 40 }),
            ...hours('2', '2025-06-01T00:00:00Z', 30, {}),
        ];
        await withDerivedLake({ readings, zones: { 1: 'UTC' } }, async ({ db }) => {
            const rows = await db.rows(`
                select channel_name, rule, is_nulled, started_at, ended_at, is_ongoing, reading_count, energy_kwh
                from data_anomalies
                where rule in ('negative_energy', 'spike')
                order by rule, started_at`);
            const row = (started: string, ended: string, count: number, ongoing = false) => ({
                channel_name: 'Channel 1',
                rule: 'negative_energy',
                is_nulled: true,
                started_at: `2025-06-0${started}:00:00.000Z`,
                ended_at: `2025-06-0${ended}:00:00.000Z`,
                is_ongoing: ongoing,
                reading_count: count,
                energy_kwh: null,
            });
            expect(rows.map(plain)).toEqual([row('1T00', '2T03', 3), row('3T04', '3T05', 1)]);
            expect(await db.value("select count(*)::int from data_anomalies where channel_id = '2'")).toBe(0);
        });
    });

    it('has an end that is near the newest reading go on', { timeout: 120_000 }, async () => {
        const readings = hours('1', '2025-06-01T00:00:00Z', 100, { 76: -1 });
        await withDerivedLake({ readings }, async ({ db }) => {
            // 23 hours of readings follow; with one more day it would be over.
            expect(
                await db.rows("select is_ongoing from data_anomalies where rule = 'negative_energy'"),
            ).toEqual([{ is_ongoing: true }]);
        });
    });
});

describe('data_quality_daily', () => {
    it('counts each rule on the day at the site', { timeout: 120_000 }, async () => {
        // 2025-10-26 in London: 25 hours, from 23:00 UTC the day before.
        const readings = hours('1', '2025-10-25T20:00:00Z', 40, { 2: -1, 3: -1, 27: -1, 28: -1 });
        await withDerivedLake({ readings, zones: { 1: 'Europe/London' } }, async ({ db }) => {
            const rows = await db.rows(`
                select
                    date::varchar as date, reading_count, measured_count, flagged_count,
                    negative_energy_count, negative_power_count, counter_reset_count, spike_count
                from data_quality_daily
                order by date`);
            const row = (date: string, readings: number, negative: number) => ({
                date,
                reading_count: readings,
                measured_count: readings - negative,
                flagged_count: negative,
                negative_energy_count: negative,
                negative_power_count: negative,
                counter_reset_count: 0,
                spike_count: 0,
            });
            expect(rows.map(plain)).toEqual([
                row('2025-10-25', 3, 1),
                row('2025-10-26', 25, 2),
                row('2025-10-27', 12, 1),
            ]);
        });
    });

    it('has a column for every rule', { timeout: 120_000 }, async () => {
        await withDerivedLake({ readings: [] }, async ({ db }) => {
            const missing = await db.rows(`
                select rule
                from quality_rules
                where rule || '_count' not in (
                    select column_name from information_schema.columns where table_name = 'data_quality_daily'
                )`);
            expect(missing).toEqual([]);
        });
    });
});
