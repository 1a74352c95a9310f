import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DuckDB } from '../../../src/warehouse/duckdb.ts';
import { localSeconds, withFleet, withSettings } from '../../support/organization-lake.ts';
import { type GivenReading, plain, withViews } from './small-lake.ts';

/** Summer time ends on 5 April, by half an hour, at 02:00 of local time. */
const zone = 'Australia/Lord_Howe';
const start = Date.parse('2026-03-20T00:00:00Z') / 1000;
const days = 24;

/** Quarter hours with an uneven shape, holes of some hours, a few nulls, and an hour-long reading in between. */
const readings: GivenReading[] = [];
for (let index = 0; index < days * 96; index += 1) {
    const at = start + index * 900;
    const isHole = index % 311 < 9;
    const isHour = index % 400 < 4;
    if (isHole || isHour) continue;
    const power = 2 + 3 * Math.abs(Math.sin(index / 13)) + ((index * 7919) % 101) / 50;
    const isNull = index % 97 === 0;
    readings.push({
        channel: '162119',
        at,
        interval: 900,
        energy: isNull ? null : power / 4,
        power: isNull ? null : power,
        voltage: 230 + (index % 7),
        powerFactor: 0.8 + (index % 3) / 10,
    });
}
for (let index = 0; index < days * 96; index += 400) {
    if (index % 311 < 9) continue;
    readings.push({ channel: '162119', at: start + index * 900, interval: 3600, energy: 3, power: 3 });
}
readings.push({ channel: '7', at: start, interval: 900, energy: 1, power: 4 });

/** Channel 7 is open from 22:00 to 06:00 from Monday to Friday; 3 April, a Friday, is a holiday. */
const overnight = [
    ['2026-04-01T23:00:00', true],
    ['2026-04-02T05:45:00', true],
    ['2026-04-02T06:00:00', false],
    ['2026-04-03T05:00:00', true],
    ['2026-04-03T23:00:00', false],
    ['2026-04-04T01:00:00', false],
    ['2026-04-06T01:00:00', false],
    ['2026-04-06T22:00:00', true],
    ['2026-04-11T03:00:00', true],
    ['2026-04-11T23:00:00', false],
] as const;
const instantOf = (text: string): number =>
    Date.parse(`${text}Z`) / 1000 - 3600 * (text < '2026-04-05T02' ? 11 : 10.5);
for (const [text] of overnight) {
    readings.push({ channel: '7', at: instantOf(text), interval: 900, energy: null, power: 1 });
}

interface Local extends GivenReading {
    readonly date: string;
    readonly second: number;
    readonly weekday: number;
}

const local: Local[] = readings
    .filter(({ channel }) => channel === '162119')
    .map((reading) => {
        const seconds = localSeconds(reading.at, zone);
        const date = new Date(seconds * 1000);
        return {
            ...reading,
            date: date.toISOString().slice(0, 10),
            second: seconds % 86_400,
            weekday: ((date.getUTCDay() + 6) % 7) + 1,
        };
    })
    .sort((a, b) => a.at - b.at);

const within = (from: string, to: string): Local[] => local.filter(({ date }) => date >= from && date < to);
const add = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const energyOf = (rows: readonly Local[]): number => add(rows.flatMap(({ energy }) => energy ?? []));
const timeOf = (rows: readonly Local[]): number =>
    add(rows.filter(({ energy }) => energy !== null).map(({ interval }) => interval));
const powersOf = (rows: readonly Local[]): number[] =>
    rows.flatMap(({ power }) => power ?? []).sort((a, b) => a - b);

/** Linear between the two nearest ranks. */
function percentile(sorted: readonly number[], share: number): number {
    const place = share * (sorted.length - 1);
    const [below = 0, above = 0] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return below + (above - below) * (place - Math.floor(place));
}

/** One lake for all questions: publishing it takes longer than asking. */
let db: DuckDB;
let finish = (): void => {};
let finished: Promise<unknown> = Promise.resolve();

beforeAll(async () => {
    await new Promise<void>((ready, failed) => {
        finished = withFleet(
            {
                organizations: [
                    { id: '1', zone: 'UTC' },
                    { id: '2', parent: '1', zone, carbon: 0.5 },
                ],
                channels: [
                    { id: '162119', organization: '2' },
                    { id: '7', organization: '2', phase: '1' },
                ],
                readings,
            },
            async (lake) => {
                db = lake.db;
                const held = new Promise<void>((resolve) => {
                    finish = resolve;
                });
                ready();
                await held;
            },
            withSettings({
                defaults: { is_estimated: false },
                organizations: { 1: { holidays: ['2026-04-03'] } },
                channels: { 7: { business_start: '22:00', business_end: '06:00' } },
            }),
        ).catch(failed);
    });
}, 120_000);

afterAll(async () => {
    finish();
    await finished;
});

const ask = async (sql: string): Promise<Record<string, unknown>[]> =>
    (await db.rows(sql)).map((row) => plain(row));

describe('energy_statistics', () => {
    it('says what the readings of a period say, at the site', { timeout: 60_000 }, async () => {
        for (const [name, from, to, hours] of [
            ['2026-04', '2026-04-01', '2026-05-01', 720.5],
            ['2026-W14', '2026-03-30', '2026-04-06', 168.5],
            ['2026-04-05', '2026-04-05', '2026-04-06', 24.5],
            ['2026-03-25/2026-04-02', '2026-03-25', '2026-04-02', 192],
        ] as const) {
            const rows = within(from, to);
            const [found] = await ask(`from energy_statistics('162119', '${name}')`);
            const powers = powersOf(rows);
            const average = (3600 * energyOf(rows)) / timeOf(rows);
            const peak = powers.at(-1) ?? 0;
            const night = powersOf(rows.filter(({ second }) => second < 18_000));
            const missing = hours * 3600 - timeOf(rows);
            const expected = {
                energy_kwh: energyOf(rows),
                energy_total_kwh: energyOf(rows),
                avg_power_kw: average,
                min_power_kw: powers[0],
                peak_power_kw: peak,
                p05_power_kw: percentile(powers, 0.05),
                p25_power_kw: percentile(powers, 0.25),
                median_power_kw: percentile(powers, 0.5),
                p75_power_kw: percentile(powers, 0.75),
                p95_power_kw: percentile(powers, 0.95),
                load_factor: average / peak,
                base_load_kw: percentile(night, 0.05),
                carbon_kg: energyOf(rows) / 2,
                coverage: timeOf(rows) / (hours * 3600),
            };
            for (const [column, value] of Object.entries(expected)) {
                expect(found?.[column], `${name} ${column}`).toBeCloseTo(value ?? Number.NaN, 9);
            }
            expect(found).toMatchObject({
                channel_name: 'Channel 162119',
                time_zone: zone,
                energy_estimated_kwh: null,
                peak_at: new Date((rows.find(({ power }) => power === peak)?.at ?? 0) * 1000).toISOString(),
                reading_count: rows.filter(({ energy }) => energy !== null).length,
                expected_count:
                    rows.filter(({ energy }) => energy !== null).length + Math.round(missing / 900),
            });
        }
    });

    it('agrees with the daily rollup, and knows what it does not know', { timeout: 60_000 }, async () => {
        const [found] = await ask("from energy_statistics('162119', '2026-04-05')");
        const [day] = await ask("from energy_daily where channel_id = '162119' and date = date '2026-04-05'");
        for (const column of [
            'energy_kwh',
            'avg_power_kw',
            'peak_power_kw',
            'peak_at',
            'reading_count',
            'coverage',
        ]) {
            expect(found?.[column], column).toEqual(day?.[column]);
        }
        expect(await ask("from energy_statistics('nobody', '2026')")).toMatchObject([
            {
                channel_id: 'nobody',
                energy_kwh: null,
                peak_at: null,
                reading_count: 0,
                coverage: 0,
                time_zone: 'UTC',
            },
        ]);
        await expect(ask("from energy_statistics('162119', 'last month')")).rejects.toThrow('is no period');
    });
});

describe('load_profile', () => {
    it('averages each weekday and hour of the site’s clock over time', { timeout: 60_000 }, async () => {
        const rows = await ask("from load_profile('162119', '2026')");
        const groups = new Map<string, Local[]>();
        for (const row of local) {
            const key = `${row.weekday} ${Math.floor(row.second / 3600)}`;
            groups.set(key, [...(groups.get(key) ?? []), row]);
        }
        expect(rows.length).toBe(groups.size);
        for (const row of rows) {
            const group = groups.get(`${row.weekday} ${row.local_hour}`) ?? [];
            expect(row.avg_power_kw).toBeCloseTo((3600 * energyOf(group)) / timeOf(group), 9);
            expect(row.peak_power_kw).toBe(powersOf(group).at(-1));
            expect(row.day_count).toBe(new Set(group.map(({ date }) => date)).size);
        }
        expect(rows.map((row) => Number(row.weekday) * 24 + Number(row.local_hour))).toEqual(
            [...groups.keys()]
                .map((key) => Number(key.split(' ')[0]) * 24 + Number(key.split(' ')[1]))
                .sort((a, b) => a - b),
        );
    });
});

describe('compare_periods', () => {
    it('lays days beside days of the same weekday', { timeout: 60_000 }, async () => {
        const daily = new Map<string, number>();
        for (const { date } of local) daily.set(date, energyOf(local.filter((row) => row.date === date)));
        for (const [name, against, back] of [
            ['2026-W15', 'previous', 7],
            ['2026-04-03/2026-04-05', 'previous', 7],
            ['2026-04', 'previous', 35],
            ['2026-W15', 'last year', 364],
            ['2026-W15', '2026-03-20/2026-03-27', 14],
            ['2026-04-09', '2026-03', 35],
            ['2026-W13', '2026-W15', -14],
        ] as const) {
            const rows = await ask(
                `select date::varchar as date, weekday, energy_kwh as energy, compared_date::varchar as compared,
                 isodow(compared_date) as compared_weekday, compared_energy_kwh as other, difference_kwh as difference
                 from compare_periods('162119', '${name}', '${against}')`,
            );
            expect(rows.length, name).toBeGreaterThan(0);
            for (const row of rows) {
                const before = new Date(Date.parse(String(row.date)) - back * 86_400_000)
                    .toISOString()
                    .slice(0, 10);
                expect(row.compared, `${name} against ${against}`).toBe(before);
                expect(row.compared_weekday).toBe(row.weekday);
                const [energy, other] = [daily.get(String(row.date)) ?? null, daily.get(before) ?? null];
                if (energy === null) expect(row.energy).toBe(null);
                else expect(row.energy).toBeCloseTo(energy, 9);
                if (energy === null || other === null) expect(row.difference).toBe(null);
                else expect(row.difference).toBeCloseTo(energy - other, 9);
            }
        }
    });
});

describe('after_hours_energy', () => {
    it('sorts every reading into one kind of hour and loses none', { timeout: 60_000 }, async () => {
        const rows = await ask("from after_hours_energy('162119', '2026-04')");
        const april = within('2026-04-01', '2026-05-01');
        const kindOf = ({ date, weekday, second }: Local): string => {
            if (date === '2026-04-03') return 'holiday';
            if (weekday > 5) return 'day off';
            return second >= 7 * 3600 && second < 18 * 3600 ? 'business hours' : 'after hours';
        };
        const base = percentile(powersOf(april.filter(({ second }) => second < 18_000)), 0.05);
        expect(rows.map(({ kind }) => kind)).toEqual(['after hours', 'business hours', 'day off', 'holiday']);
        for (const row of rows) {
            const mine = april.filter((reading) => kindOf(reading) === row.kind);
            const low = add(
                mine.flatMap(({ energy, interval }) =>
                    energy === null || energy === undefined ? [] : Math.min(energy, (base * interval) / 3600),
                ),
            );
            expect(row.energy_kwh).toBeCloseTo(energyOf(mine), 9);
            expect(row.energy_share).toBeCloseTo(energyOf(mine) / energyOf(april), 9);
            expect(row.measured_h).toBeCloseTo(timeOf(mine) / 3600, 9);
            expect(row.base_load_kw).toBeCloseTo(base, 9);
            expect(row.base_load_kwh).toBeCloseTo(low, 9);
            expect(row.excess_kwh).toBeCloseTo(energyOf(mine) - low, 9);
            expect(row.cost).toBe(null);
        }
    });
});

describe('channel_readings', () => {
    it('gives intervals of one length between two instants, finer ones summed', {
        timeout: 60_000,
    }, async () => {
        const [from, to] = ['2026-03-24T00:00:00Z', '2026-03-25T06:00:00Z'].map(
            (text) => Date.parse(text) / 1000,
        );
        const rows = await ask("from channel_readings('162119', '2026-03-24', '2026-03-25T06:00:00Z', 3600)");
        const chosen = local.filter(({ at }) => at >= (from ?? 0) && at < (to ?? 0));
        const hours = [...new Set(chosen.map(({ at }) => at - (at % 3600)))];
        expect(rows.map(({ timestamp }) => Date.parse(String(timestamp)) / 1000)).toEqual(hours);
        for (const [index, row] of rows.entries()) {
            const mine = chosen.filter(({ at }) => at - (at % 3600) === hours[index]);
            const powers = mine.flatMap(({ power, interval }) =>
                power == null ? [] : [{ power, interval }],
            );
            expect(row.energy_kwh).toBeCloseTo(energyOf(mine), 9);
            expect(row.power_kw).toBeCloseTo(
                add(powers.map(({ power, interval }) => power * interval)) /
                    add(powers.map(({ interval }) => interval)),
                9,
            );
            expect(row.peak_power_kw).toBe(powersOf(mine).at(-1));
            expect(row.coverage).toBeCloseTo(timeOf(mine) / 3600, 9);
            expect(row.interval_s).toBe(3600);
        }
        const stored = await ask(
            "from channel_readings('162119', '2026-03-24', '2026-03-25T06:00:00Z', null)",
        );
        expect(stored.map(({ interval_s }) => interval_s)).toEqual(chosen.map(({ interval }) => interval));
        const fine = await ask("from channel_readings('162119', '2026-03-24', '2026-03-25T06:00:00Z', 60)");
        expect(fine).toEqual(stored);
    });
});

describe('organization_summary', () => {
    it('is one row for a period, of everything below', { timeout: 60_000 }, async () => {
        const rows = within('2026-04-01', '2026-05-01');
        const [found] = await ask("from organization_summary('2', '2026-04')");
        expect(found?.energy_kwh).toBeCloseTo(energyOf(rows), 9);
        expect(found?.carbon_kg).toBeCloseTo(energyOf(rows) / 2, 9);
        expect(found).toMatchObject({
            organization_name: 'Org 2',
            time_zone: zone,
            channel_count: 2,
            currency: null,
        });
        expect(found?.expected_count).toBe(2 * 4 * 720.5);
        expect(found?.coverage).toBeCloseTo(timeOf(rows) / (2 * 720.5 * 3600), 9);
        expect(await ask("from organization_summary('99', '2026-04')")).toMatchObject([
            { organization_id: '99', energy_kwh: null, reading_count: 0, coverage: null },
        ]);
    });
});

describe('readings_enriched', () => {
    it('knows weekday, holiday and business hours at the site, also across midnight', {
        timeout: 60_000,
    }, async () => {
        const rows = await ask(
            `select epoch(timestamp) as at, weekday, is_holiday, is_business_day, is_business_hour, carbon_kg, energy_kwh,
             organization_path, ancestor_ids, apparent_power_kva, power_kw, power_factor
             from readings_enriched where channel_id = '162119' order by timestamp`,
        );
        for (const [index, row] of rows.entries()) {
            const wanted = local[index];
            if (wanted === undefined) throw new Error('more rows than readings');
            const isDay = wanted.weekday <= 5 && wanted.date !== '2026-04-03';
            expect(row).toMatchObject({
                at: wanted.at,
                weekday: wanted.weekday,
                is_holiday: wanted.date === '2026-04-03',
                is_business_day: isDay,
                is_business_hour: isDay && wanted.second >= 7 * 3600 && wanted.second < 18 * 3600,
                carbon_kg: wanted.energy === null ? null : expect.closeTo(Number(wanted.energy) / 2, 9),
                organization_path: 'Org 1 / Org 2',
                ancestor_ids: '/1/2/',
                apparent_power_kva:
                    wanted.power == null || wanted.powerFactor == null
                        ? null
                        : expect.closeTo(wanted.power / wanted.powerFactor, 9),
            });
        }
        expect(rows.length).toBe(local.length);
    });

    it('gives the small hours to the day whose business reaches into them', { timeout: 60_000 }, async () => {
        const rows = await ask(
            "select epoch(timestamp) as at, is_business_hour as open from readings_enriched where channel_id = '7'",
        );
        for (const [text, isOpen] of overnight) {
            expect(rows.find(({ at }) => at === instantOf(text))?.open, text).toBe(isOpen);
        }
    });

    /** Replaces the stored readings: minute, channel, power, voltage, current, power factor, apparent power. */
    const store = async (
        on: DuckDB,
        rows: readonly (readonly (number | string | null)[])[],
        codes: string,
    ) => {
        const values = rows.map((row) => `(${row.map((value) => value ?? 'null').join(', ')})`).join(', ');
        const kva = codes.includes('S') ? ', kva::double as apparent_power_kva' : '';
        await on.run(
            `create or replace view readings as
             select c::varchar as channel_id, make_timestamptz(60000000 * m) as timestamp, 60 as interval_s,
             null::double as energy_kwh, p::double as power_kw, v::double as voltage_v, i::double as current_a,
             f::double as power_factor, null::double as temperature_c, null::double as frequency_hz ${kva},
             make_timestamptz(0) as fetched_at, '1970-01' as month, '1970-01' as period
             from (values ${values}) t(m, c, p, v, i, f, kva)`,
        );
        return (
            await on.rows('select apparent_power_kva as kva from readings_enriched order by timestamp')
        ).map(({ kva: found }) => found);
    };

    it('takes apparent power as measured, else from the power factor, else from one phase', async () => {
        // Channel 7 has one phase; on three the mean voltage and current tell nothing.
        const derived = await store(
            db,
            [
                [1, 162119, 2, 230, 10, 0.8, null],
                [2, 162119, 2, 230, 10, -0.5, null],
                [3, 162119, 2, 230, 10, null, null],
                [4, 7, 2, 230, 10, null, null],
                [5, 7, 2, 230, 10, 0, null],
                [6, 7, null, 230, 10, 0.8, null],
            ],
            'V I',
        );
        expect(derived).toEqual([2.5, 4, null, 2.3, 2.3, null]);
        await withViews(
            { readings: [] },
            async (other) => {
                const rows = [
                    [1, 9, 2, 230, 10, 0.8, 3.5],
                    [2, 9, 2, 230, 10, 0.8, null],
                ];
                expect(await store(other, rows, 'S')).toEqual([3.5, 2.5]);
            },
            ['E', 'P', 'V', 'I', 'PF', 'T', 'S'],
        );
    });
});
