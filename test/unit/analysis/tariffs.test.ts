import { describe, expect, it } from 'vitest';
import { parseTariffs, readTariffs } from '../../../src/analysis/tariffs.ts';

type Json = Record<string, unknown>;

const flat = { kind: 'flat', rate: 0.2 };

/** A file of one tariff of one version, with something else in it. */
function fileWith(version: Json, tariff: Json = {}): string {
    return JSON.stringify({
        tariffs: [
            {
                id: 'a',
                currency: 'EUR',
                versions: [{ valid_from: '2026-01-01', energy: flat, ...version }],
                ...tariff,
            },
        ],
    });
}

function problemsOf(text: string): string[] {
    const reading = readTariffs(text);
    return reading.kind === 'good' ? [] : reading.problems.map(({ path, message }) => `${path} ${message}`);
}

const periods = (...list: readonly Json[]): Json => ({ energy: { kind: 'time_of_use', periods: list } });
const tiers = (...list: readonly Json[]): Json => ({ energy: { kind: 'tiers', tiers: list } });
const at = 'tariffs[0].versions[0]';

describe('a tariff file', () => {
    it('may use every kind of charge', () => {
        const version = {
            seasons: { summer: ['04-01..09-30'], winter: ['10-01..03-31'] },
            ...periods(
                {
                    name: 'peak',
                    rate: 0.3,
                    when: [
                        { days: ['weekdays'], hours: ['07:00-12:00', '13:15-20:00'], seasons: ['winter'] },
                    ],
                },
                { name: 'holiday', rate: 0.1, when: [{ days: ['holiday'] }] },
                { name: 'rest', rate: 0.15 },
            ),
            demand: [
                {
                    name: 'demand',
                    rate_per_kw: 9,
                    when: [{ hours: ['07:00-20:00'] }],
                    ratchet: { percent: 80, months: 11 },
                },
            ],
            fixed: { per_day: 0.4, per_month: 3 },
            minimum_per_month: 10,
            taxes: [
                { name: 'duty', percent: 5.5, on: ['energy'] },
                { name: 'VAT', percent: 20, compound: true },
            ],
        };
        expect(problemsOf(fileWith(version))).toEqual([]);
        expect(parseTariffs(fileWith(version), 'f')[0]?.versions[0]?.taxes?.[1]?.percent).toBe(20);
    });

    it("that is wrong is refused with the settings' exit code, naming file, place, value and how many more", () => {
        const text = fileWith({ energy: { kind: 'flat', rate: -1 }, fixed: { per_day: 'x' } });
        expect(() => parseTariffs(text, '/lake/reference/tariffs.json')).toThrow(
            expect.objectContaining({
                code: 'SETTINGS_INVALID',
                exitCode: 3,
                message: `/lake/reference/tariffs.json: ${at}.energy.rate is -1, but must not be negative (and 1 more)`,
                hint: expect.stringContaining('tariffs check'),
            }),
        );
    });

    const cases: readonly (readonly [string, string, string])[] = [
        ['not JSON', '{', 'the file is not valid JSON'],
        ['no object', '[]', 'the file'],
        ['an unknown key', fileWith({ enrgy: 1 }), `${at} is wrong: Unrecognized key: "enrgy"`],
        [
            'a missing value',
            fileWith({ energy: { kind: 'flat' } }),
            `${at}.energy.rate is missing: it must be a number`,
        ],
        [
            'an unknown kind',
            fileWith({ energy: { kind: 'spot' } }),
            'must have a "kind": flat, time_of_use, tiers or seasonal_tiers',
        ],
        [
            'a date that is none',
            fileWith({ valid_from: '2026-02-30' }),
            `${at}.valid_from is "2026-02-30", but must be a day`,
        ],
        [
            'a currency that is none',
            fileWith({}, { currency: 'euro' }),
            'tariffs[0].currency is "euro", but must be a currency code',
        ],
        [
            'too many decimals',
            fileWith({ energy: { kind: 'flat', rate: 0.123456789 } }),
            'must not have more than 8 decimals',
        ],
        ['no version', fileWith({}, { versions: [] }), 'tariffs[0].versions is [], but must not be empty'],
        [
            'versions in no order',
            fileWith(
                {},
                {
                    versions: [
                        { valid_from: '2026-02-01', energy: flat },
                        { valid_from: '2026-02-01', energy: flat },
                    ],
                },
            ),
            'tariffs[0].versions[1].valid_from is 2026-02-01, but must be after 2026-02-01',
        ],
        [
            'a monthly charge from the middle of a month',
            fileWith({ valid_from: '2026-01-15', demand: [{ name: 'd', rate_per_kw: 1 }] }),
            `${at}.valid_from is 2026-01-15, but must be the first of a month: a demand charge is reckoned by the month`,
        ],
        [
            'the end of a monthly charge in the middle of a month',
            fileWith(
                {},
                {
                    versions: [
                        { valid_from: '2026-01-01', ...tiers({ rate: 1 }) },
                        { valid_from: '2026-03-10', energy: flat },
                    ],
                },
            ),
            'tariffs[0].versions[1].valid_from is 2026-03-10, but must be the first of a month: a tier',
        ],
        [
            'hours off the quarter',
            fileWith(periods({ name: 'p', rate: 1, when: [{ hours: ['07:10-08:00'] }] })),
            'is "07:10-08:00", but must begin and end on a quarter hour',
        ],
        [
            'hours across midnight',
            fileWith(periods({ name: 'p', rate: 1, when: [{ hours: ['22:00-06:00'] }] })),
            'must end after it begins; write hours across midnight as two ranges',
        ],
        [
            'hours beyond the day',
            fileWith(periods({ name: 'p', rate: 1, when: [{ hours: ['20:00-25:00'] }] })),
            'between 00:00 and 24:00',
        ],
        [
            'an unknown day',
            fileWith(periods({ name: 'p', rate: 1, when: [{ days: ['monday'] }] })),
            'is "monday", but must be mon',
        ],
        [
            'hours that overlap',
            fileWith(
                periods(
                    { name: 'a', rate: 1, when: [{ hours: ['00:00-12:15'] }] },
                    { name: 'b', rate: 2, when: [{ hours: ['12:00-24:00'] }] },
                ),
            ),
            `${at}.energy.periods overlap on mon 12:00-12:15: a and b`,
        ],
        [
            'hours left out',
            fileWith(
                periods({
                    name: 'a',
                    rate: 1,
                    when: [
                        { days: ['weekdays'] },
                        { days: ['sat'], hours: ['06:00-24:00'] },
                        { days: ['sun'] },
                    ],
                }),
            ),
            `${at}.energy.periods leave out sat 00:00-06:00`,
        ],
        [
            'holidays left out once they are named',
            fileWith(
                periods({
                    name: 'a',
                    rate: 1,
                    when: [{ days: ['weekdays', 'weekends'] }, { days: ['holiday'], hours: ['00:00-12:00'] }],
                }),
            ),
            `${at}.energy.periods leave out holiday 12:00-24:00`,
        ],
        [
            'two rests',
            fileWith(periods({ name: 'a', rate: 1 }, { name: 'b', rate: 2 })),
            'leave the rest of the day to "a" and "b"',
        ],
        [
            'one name twice',
            fileWith(periods({ name: 'a', rate: 1 }, { name: 'a', rate: 2, when: [{ days: ['sun'] }] })),
            'periods[1].name is "a", which an earlier one has',
        ],
        [
            'seasons with a gap',
            fileWith({ seasons: { a: ['01-01..02-28'], b: ['03-01..12-31'] } }),
            `${at}.seasons leave out 02-29`,
        ],
        [
            'seasons that overlap',
            fileWith({ seasons: { a: ['10-01..06-01'], b: ['06-01..09-30'] } }),
            `${at}.seasons overlap: 06-01 is in a and b`,
        ],
        [
            'a season nobody defined',
            fileWith(periods({ name: 'a', rate: 1, when: [{ seasons: ['summer'] }] })),
            'names the season "summer", but it defines none',
        ],
        [
            'a rule without hours',
            fileWith({
                demand: [{ name: 'd', rate_per_kw: 1, when: [{ hours: [] }] }],
            }),
            'demand[0].when[0].hours is [], but must not be empty',
        ],
        [
            'tiers in no order',
            fileWith(tiers({ up_to_kwh: 200, rate: 1 }, { up_to_kwh: 100, rate: 2 }, { rate: 3 })),
            `${at}.energy.tiers[1].up_to_kwh is 100, but must be above 200`,
        ],
        [
            'a limit on the last tier',
            fileWith(tiers({ up_to_kwh: 200, rate: 1 })),
            'is 200, but the last tier must have no limit',
        ],
        [
            'no limit on an earlier tier',
            fileWith(tiers({ rate: 1 }, { rate: 2 })),
            'up_to_kwh is missing: only the last tier has no limit',
        ],
        [
            'tiers of seasons that split a month',
            fileWith({
                seasons: { a: ['06-15..12-31'], b: ['01-01..06-14'] },
                energy: { kind: 'seasonal_tiers', seasons: { a: [{ rate: 1 }], b: [{ rate: 2 }] } },
            }),
            'change on 06-15, inside a month',
        ],
        [
            'a season without tiers',
            fileWith({
                seasons: { a: ['06-01..12-31'], b: ['01-01..05-31'] },
                energy: { kind: 'seasonal_tiers', seasons: { a: [{ rate: 1 }] } },
            }),
            'have no tiers for the season "b"',
        ],
        [
            'a ratchet above 100 %',
            fileWith({ demand: [{ name: 'd', rate_per_kw: 1, ratchet: { percent: 120, months: 3 } }] }),
            'ratchet.percent is 120, but must not be above 100',
        ],
        [
            'two demand charges of one name in a season',
            fileWith({
                demand: [
                    { name: 'd', rate_per_kw: 1 },
                    { name: 'd', rate_per_kw: 2, when: [{ days: ['sun'] }] },
                ],
            }),
            'demand[1].name is "d", which an earlier one has',
        ],
        [
            'five taxes',
            fileWith({ taxes: ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, percent: 1 })) }),
            'must not have more than 4',
        ],
        [
            'one id twice',
            JSON.stringify({
                tariffs: ['a', 'a'].map((id) => ({
                    id,
                    currency: 'EUR',
                    versions: [{ valid_from: '2026-01-01', energy: flat }],
                })),
            }),
            'tariffs[1].id is "a", the id of an earlier tariff',
        ],
    ];

    it.for(cases)('with %s is refused', ([, text, expected]) => {
        expect(problemsOf(text).join('\n')).toContain(expected);
    });

    it('tells every problem at once', () => {
        const text = fileWith({
            energy: { kind: 'flat', rate: -1 },
            minimum_per_month: -2,
            fixed: { per_day: -3 },
        });
        expect(problemsOf(text)).toHaveLength(3);
    });
});
