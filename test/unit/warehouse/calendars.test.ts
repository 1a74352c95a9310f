import { describe, expect, it } from 'vitest';
import { withFleet, withSettings } from '../../support/organization-lake.ts';
import { plain } from './small-lake.ts';

type Unit = 'hour' | 'day' | 'week' | 'month';

/** A period of a site by its first local day (an hour: by its first instant), its instants, and its hours. */
type Case = readonly [zone: string, unit: Unit, name: string, from: string, to: string, hours: number];

const cases: readonly Case[] = [
    // Half an hour of summer time: 5 April has half an hour twice, 4 October lacks one.
    ['Australia/Lord_Howe', 'week', '2026-03-30', '2026-03-29T13:00Z', '2026-04-05T13:30Z', 168.5],
    ['Australia/Lord_Howe', 'month', '2026-04-01', '2026-03-31T13:00Z', '2026-04-30T13:30Z', 720.5],
    ['Australia/Lord_Howe', 'month', '2026-10-01', '2026-09-30T13:30Z', '2026-10-31T13:00Z', 743.5],
    [
        'Australia/Lord_Howe',
        'hour',
        '2026-04-04T15:00:00.000Z',
        '2026-04-04T15:00Z',
        '2026-04-04T15:30Z',
        0.5,
    ],
    [
        'Australia/Lord_Howe',
        'hour',
        '2026-10-03T15:30:00.000Z',
        '2026-10-03T15:30Z',
        '2026-10-03T16:00Z',
        0.5,
    ],
    // Half an hour and no summer time.
    ['Asia/Kolkata', 'month', '2026-02-01', '2026-01-31T18:30Z', '2026-02-28T18:30Z', 672],
    // 45 minutes, without summer time and with it: on 27 September 02:45 becomes 03:45.
    ['Asia/Kathmandu', 'day', '2026-06-10', '2026-06-09T18:15Z', '2026-06-10T18:15Z', 24],
    ['Asia/Kathmandu', 'week', '2026-06-08', '2026-06-07T18:15Z', '2026-06-14T18:15Z', 168],
    ['Asia/Kathmandu', 'month', '2026-02-01', '2026-01-31T18:15Z', '2026-02-28T18:15Z', 672],
    ['Pacific/Chatham', 'day', '2026-09-27', '2026-09-26T11:15Z', '2026-09-27T10:15Z', 23],
    ['Pacific/Chatham', 'week', '2026-09-21', '2026-09-20T11:15Z', '2026-09-27T10:15Z', 167],
    ['Pacific/Chatham', 'month', '2026-04-01', '2026-03-31T10:15Z', '2026-04-30T11:15Z', 721],
    ['Pacific/Chatham', 'hour', '2026-09-26T13:15:00.000Z', '2026-09-26T13:15Z', '2026-09-26T14:00Z', 0.75],
    // Summer time begins at midnight: 8 March begins at 01:00. It ends at 01:00: 1 November has midnight twice.
    ['America/Havana', 'day', '2026-03-08', '2026-03-08T05:00Z', '2026-03-09T04:00Z', 23],
    ['America/Havana', 'week', '2026-03-02', '2026-03-02T05:00Z', '2026-03-09T04:00Z', 167],
    ['America/Havana', 'day', '2026-11-01', '2026-11-01T04:00Z', '2026-11-02T05:00Z', 25],
    ['America/Havana', 'month', '2026-11-01', '2026-11-01T04:00Z', '2026-12-01T05:00Z', 721],
    // Begins and ends at midnight: 24 October has 23:00 twice.
    ['Asia/Beirut', 'month', '2026-03-01', '2026-02-28T22:00Z', '2026-03-31T21:00Z', 743],
    ['Asia/Beirut', 'month', '2026-10-01', '2026-09-30T21:00Z', '2026-10-31T22:00Z', 745],
    // On the first of a month: April 2005 has no midnight to begin at, September has the hour before October twice.
    ['Asia/Damascus', 'day', '2005-04-01', '2005-03-31T22:00Z', '2005-04-01T21:00Z', 23],
    ['Asia/Damascus', 'month', '2005-04-01', '2005-03-31T22:00Z', '2005-04-30T21:00Z', 719],
    ['Asia/Damascus', 'month', '2005-09-01', '2005-08-31T21:00Z', '2005-09-30T22:00Z', 721],
    // A day that the island left out: 30 December 2011.
    ['Pacific/Apia', 'month', '2011-12-01', '2011-12-01T10:00Z', '2011-12-31T10:00Z', 720],
    ['Pacific/Apia', 'week', '2011-12-26', '2011-12-26T10:00Z', '2012-01-01T10:00Z', 144],
];

/** The last quarter hour before the period, its first and its last, and the one after, told apart by their energy. */
const edges = cases.flatMap(([, , , from, to], index) => {
    const [start, end] = [Date.parse(from) / 1000, Date.parse(to) / 1000];
    return [start - 900, start, end - 900, end].map((at, place) => ({
        channel: String(index),
        at,
        interval: 900,
        energy: 10 ** place,
    }));
});

const views = {
    hour: ['hourly', 'hour_start'],
    day: ['daily', 'date::varchar'],
    week: ['weekly', 'week::varchar'],
    month: ['monthly', 'month::varchar'],
} as const;

describe('the calendar of a site', () => {
    it('cuts periods at the site’s own clock and knows their length', { timeout: 120_000 }, async () => {
        const fleet = {
            organizations: cases.map(([zone], index) => ({ id: String(index), zone })),
            channels: cases.map((_, index) => ({ id: String(index), organization: String(index) })),
            readings: edges,
        };
        const withoutEstimates = withSettings({ defaults: { is_estimated: false } });
        await withFleet(
            fleet,
            async ({ db }) => {
                for (const [index, [zone, unit, name, , , hours]] of cases.entries()) {
                    const text = `${zone}, ${unit} ${name}`;
                    const [view, column] = views[unit];
                    const rows = await db.rows(
                        `select ${column} as name, energy_kwh, reading_count, expected_count, coverage
                         from energy_${view} where channel_id = '${index}'`,
                    );
                    expect(rows.map(plain), text).toContainEqual({
                        name,
                        energy_kwh: 110,
                        reading_count: 2,
                        expected_count: 4 * hours,
                        coverage: expect.closeTo(2 / (4 * hours), 12),
                    });
                    const sums = await db.rows(
                        `select ${column} as name, energy_kwh, reading_count, peak_at
                         from organization_${view} where organization_id = '${index}'`,
                    );
                    expect(sums.map(plain), text).toContainEqual({
                        name,
                        energy_kwh: 110,
                        reading_count: 2,
                        peak_at: null,
                    });
                }
            },
            withoutEstimates,
        );
    });
});
