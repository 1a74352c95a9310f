import { describe, expect, it } from 'vitest';
import { importUrdb } from '../../../src/analysis/urdb.ts';

type Json = Readonly<Record<string, unknown>>;

const row = (...parts: readonly (readonly [number, number])[]): number[] =>
    parts.flatMap(([hours, period]) => Array.from({ length: hours }, () => period));
const year = (pick: (month: number) => number[]): number[][] =>
    Array.from({ length: 12 }, (_, month) => pick(month));
const isSummer = (month: number): boolean => month >= 5 && month <= 8;

/** Large general service of an invented utility: summer afternoons are dear, demand by season and by hour. */
const service: Json = {
    label: '5f0000000000000000000001',
    utility: 'Prairie Light & Power',
    name: 'GS-2 Time of Use',
    sector: 'Commercial',
    approved: true,
    startdate: Date.UTC(2025, 5, 1, 5) / 1000,
    energyratestructure: [
        [{ rate: 0.061, adj: 0.0042, unit: 'kWh' }],
        [{ rate: 0.118, adj: 0.0042, unit: 'kWh' }],
    ],
    energyweekdayschedule: year((month) => (isSummer(month) ? row([13, 0], [6, 1], [5, 0]) : row([24, 0]))),
    energyweekendschedule: year(() => row([24, 0])),
    flatdemandunit: 'kW',
    flatdemandstructure: [[{ rate: 6.5 }], [{ rate: 9.25, adj: 0.25 }]],
    flatdemandmonths: [0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0],
    demandrateunit: 'kW',
    demandratestructure: [[{ rate: 0 }], [{ rate: 3.1 }]],
    demandweekdayschedule: year((month) => (isSummer(month) ? row([13, 0], [6, 1], [5, 0]) : row([24, 0]))),
    demandweekendschedule: year(() => row([24, 0])),
    demandratchetpercentage: Array(12).fill(0.8),
    lookbackrange: 11,
    demandwindow: 15,
    fixedchargefirstmeter: 48,
    fixedchargeunits: '$/month',
    mincharge: 60,
    minchargeunits: '$/month',
};

const read = (rate: Json, options = {}) => importUrdb(JSON.stringify(rate), 'rate.json', options);
const tiered = (tiers: readonly Json[]): Json => ({ label: 'x', startdate: 0, energyratestructure: [tiers] });

describe('a URDB rate', () => {
    it('becomes a tariff: schedules to seasons and hours, adjustments into prices, demand, ratchet, fixed and minimum', () => {
        const { tariff, warnings } = read(service, { id: 'gs-2' });
        expect(warnings).toEqual([]);
        expect(tariff).toEqual({
            id: 'gs-2',
            name: 'Prairie Light & Power: GS-2 Time of Use',
            currency: 'USD',
            versions: [
                {
                    valid_from: '2025-06-01',
                    seasons: {
                        'Jan-May, Oct-Dec': ['01-01..05-31', '10-01..12-31'],
                        'Jun-Sep': ['06-01..09-30'],
                    },
                    energy: {
                        kind: 'time_of_use',
                        periods: [
                            {
                                name: 'period 0',
                                rate: 0.0652,
                                when: [
                                    { hours: ['00:00-24:00'], seasons: ['Jan-May, Oct-Dec'] },
                                    {
                                        days: ['weekdays'],
                                        hours: ['00:00-13:00', '19:00-24:00'],
                                        seasons: ['Jun-Sep'],
                                    },
                                    { days: ['weekends'], hours: ['00:00-24:00'], seasons: ['Jun-Sep'] },
                                ],
                            },
                            {
                                name: 'period 1',
                                rate: 0.1222,
                                when: [{ days: ['weekdays'], hours: ['13:00-19:00'], seasons: ['Jun-Sep'] }],
                            },
                        ],
                    },
                    demand: [
                        {
                            name: 'demand',
                            rate_per_kw: 6.5,
                            when: [{ seasons: ['Jan-May, Oct-Dec'] }],
                            ratchet: { percent: 80, months: 11 },
                        },
                        {
                            name: 'demand',
                            rate_per_kw: 9.5,
                            when: [{ seasons: ['Jun-Sep'] }],
                            ratchet: { percent: 80, months: 11 },
                        },
                        {
                            name: 'time-of-use demand 1',
                            rate_per_kw: 3.1,
                            when: [{ days: ['weekdays'], hours: ['13:00-19:00'], seasons: ['Jun-Sep'] }],
                        },
                    ],
                    fixed: { per_month: 48 },
                    minimum_per_month: 60,
                },
            ],
        });
    });

    it('is found in the answer of the API too, and is refused among others', () => {
        expect(importUrdb(JSON.stringify({ items: [service] }), 'f').tariff.id).toBe(service.label);
        expect(() => importUrdb(JSON.stringify({ items: [service, service] }), 'f')).toThrow(
            /f holds 2 rates: 5f0/,
        );
        expect(() => importUrdb('{', 'f')).toThrow(/f is not valid JSON/);
    });

    it('with tiers becomes tiers, by season where they differ', () => {
        const one = [{ max: 500, rate: 0.1 }, { max: 1000, rate: 0.12, adj: 0.01 }, { rate: 0.15 }];
        expect(read(tiered(one)).tariff.versions[0]?.energy).toEqual({
            kind: 'tiers',
            tiers: [{ up_to_kwh: 500, rate: 0.1 }, { up_to_kwh: 1000, rate: 0.13 }, { rate: 0.15 }],
        });
        const schedule = year((month) => row([24, isSummer(month) ? 1 : 0]));
        const seasonal = {
            ...tiered(one),
            energyratestructure: [one, [{ rate: 0.2 }]],
            energyweekdayschedule: schedule,
            energyweekendschedule: schedule,
        };
        expect(read(seasonal).tariff.versions[0]?.energy).toEqual({
            kind: 'seasonal_tiers',
            seasons: {
                'Jan-May, Oct-Dec': [
                    { up_to_kwh: 500, rate: 0.1 },
                    { up_to_kwh: 1000, rate: 0.13 },
                    { rate: 0.15 },
                ],
                'Jun-Sep': [{ rate: 0.2 }],
            },
        });
    });

    it("adds the month's fuel adjustment to every price", () => {
        const fuel = { ...tiered([{ rate: 0.1 }]), fueladjustmentsmonthly: [0.01, ...Array(11).fill(0)] };
        expect(read(fuel).tariff.versions[0]?.energy).toMatchObject({
            periods: [
                { name: 'period 0, Jan', rate: 0.11 },
                { name: 'period 0, Feb-Dec', rate: 0.1 },
            ],
        });
    });

    it('takes a fixed charge by the day, the month or the year', () => {
        const fixed = (amount: number, unit?: string) =>
            read({ ...tiered([{ rate: 0.1 }]), fixedchargefirstmeter: amount, fixedchargeunits: unit });
        expect(fixed(0.5, '$/day').tariff.versions[0]?.fixed).toEqual({ per_day: 0.5 });
        expect(fixed(12).tariff.versions[0]?.fixed).toEqual({ per_month: 12 });
        const yearly = fixed(100, '$/year');
        expect(yearly.tariff.versions[0]?.fixed).toEqual({ per_month: 8.33333333 });
        expect(yearly.warnings).toEqual(['the fixed charge a year is charged as a twelfth a month']);
        expect(() => fixed(1, '$/kVA')).toThrow(/fixedchargeunits is "\$\/kVA", but must be/);
    });

    const refused: readonly (readonly [string, Json, string])[] = [
        ['without energy prices', { label: 'x' }, 'energyratestructure is missing'],
        [
            'with tiers and several periods in a month',
            { ...service, energyratestructure: [[{ max: 100, rate: 1 }, { rate: 2 }], [{ rate: 1 }]] },
            'energyratestructure has tiers and, in Jun-Sep, several periods',
        ],
        [
            'with prices per kWh per kW',
            tiered([{ rate: 1, unit: 'kWh/kW' }]),
            'energyratestructure[0] is in kWh/kW',
        ],
        [
            'with a schedule that names no period',
            { ...service, energyratestructure: [[{ rate: 1 }]] },
            'has no period 1',
        ],
        [
            'with tiers of demand',
            { ...service, flatdemandstructure: [[{ max: 100, rate: 1 }, { rate: 2 }]] },
            'flatdemandstructure[0] has 2 tiers',
        ],
        ['with demand in kVA', { ...service, demandrateunit: 'kVA' }, 'demandratestructure[1] is per kVA'],
        [
            'with a ratchet that changes over the year',
            { ...service, demandratchetpercentage: [0.5, ...Array(11).fill(0.8)] },
            'demandratchetpercentage differs',
        ],
        [
            'below zero with its adjustment',
            tiered([{ rate: 0.01, adj: -0.02 }]),
            'energyratestructure[0][0] costs -0.01',
        ],
        ['with half a schedule', { ...service, energyweekendschedule: undefined }, 'must both be there'],
        [
            'with a schedule of eleven months',
            { ...service, energyweekdayschedule: [] },
            'energyweekdayschedule is wrong',
        ],
        [
            'without a name',
            { startdate: 0, energyratestructure: [[{ rate: 1 }]] },
            'label is missing; give the tariff a name with --id',
        ],
    ];

    it.for(refused)('%s is refused', ([, rate, expected]) => {
        expect(() => read(rate)).toThrow(
            expect.objectContaining({
                code: 'SETTINGS_INVALID',
                message: expect.stringMatching(/^rate\.json: energy|^rate\.json: (demand|flat|label)/),
            }),
        );
        expect(() => read(rate)).toThrow(expected);
    });

    const warned: readonly (readonly [string, Json, string])[] = [
        [
            'payment for energy fed in',
            { energyratestructure: [[{ rate: 1, sell: 0.05 }]] },
            'energyratestructure[0] pays for energy fed in',
        ],
        ['a limit on the last tier', { energyratestructure: [[{ rate: 1, max: 800 }]] }, 'ends at 800 kWh'],
        [
            'reactive power',
            { demandreactivepowercharge: 0.3 },
            'demandreactivepowercharge, a charge on reactive power, is not in the tariff',
        ],
        ['coincident demand', { coincidentratestructure: [[{ rate: 5 }]] }, 'coincidentratestructure'],
        ['a minimum a year', { annualmincharge: 100 }, 'annualmincharge'],
        ['a minimum a day', { mincharge: 1, minchargeunits: '$/day' }, 'mincharge is in $/day'],
        ['a further meter', { fixedchargeeaaddl: 3 }, 'fixedchargeeaaddl'],
        [
            'another window of demand',
            { flatdemandstructure: [[{ rate: 1 }]], demandwindow: 30 },
            'demandwindow is 30 minutes',
        ],
        [
            'a ratchet without months',
            { flatdemandstructure: [[{ rate: 1 }]], lookbackpercent: 0.5 },
            '11 are taken',
        ],
        ['an end', { enddate: Date.UTC(2026, 0, 1) / 1000 }, 'the rate ended on 2026-01-01'],
        [
            'a beginning inside a month',
            { startdate: Date.UTC(2025, 2, 15) / 1000 },
            'the rate begins on 2025-03-15; it is taken to hold from 2025-03-01',
        ],
        ['no beginning', { startdate: undefined }, 'the rate has no startdate'],
        [
            'a field nobody knows',
            { moonphasecharge: 7 },
            'the field moonphasecharge is not known here and was not read',
        ],
    ];

    it.for(warned)('names %s in a warning', ([, more, expected]) => {
        const { warnings } = read({ ...tiered([{ rate: 1 }]), ...more });
        expect(warnings).toHaveLength(1);
        expect(warnings[0]).toContain(expected);
    });
});
