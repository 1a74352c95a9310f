import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { channelSettings } from '../../../src/analysis/channel-settings.ts';
import { noSettings, parseSettings, readSettings } from '../../../src/analysis/settings.ts';
import {
    type KnownPlace,
    settleChannel,
    settleHolidays,
    toSettingsRow,
} from '../../../src/analysis/settle.ts';
import { isAppError } from '../../../src/core/errors.ts';
import { buildOrganizationTree } from '../../../src/model/organization-tree.ts';

const read = (json: unknown) => readSettings(JSON.stringify(json));

const good = (json: unknown) => {
    const reading = read(json);
    if (reading.kind === 'bad') throw new Error(JSON.stringify(reading.problems));
    return reading.settings;
};

const problemsOf = (json: unknown) => {
    const reading = read(json);
    return reading.kind === 'bad' ? reading.problems : [];
};

const place = (channelId: string, organizationId: string | null = null): KnownPlace => ({
    channelId,
    organizationId,
    timeZone: 'UTC',
    carbonKgPerKwh: null,
    tariffId: null,
});

/** 1 is above 2, which is above 3; 9 stands alone. */
const tree = buildOrganizationTree([
    { organizationId: '1', parentId: null, sortCode: null },
    { organizationId: '2', parentId: '1', sortCode: null },
    { organizationId: '3', parentId: '2', sortCode: null },
    { organizationId: '9', parentId: null, sortCode: null },
]);

const row = (json: unknown, known: KnownPlace) => toSettingsRow(settleChannel(good(json), known, tree));

describe('reference/settings.json', () => {
    it('is fine when empty: the defaults that the documentation names hold', () => {
        expect(row({}, place('5'))).toEqual({
            channel_id: '5',
            time_zone: 'UTC',
            expected_interval_s: null,
            nominal_frequency_hz: 60,
            max_frequency_deviation_hz: 5,
            min_voltage_v: 50,
            max_voltage_v: 600,
            max_power_factor: 1,
            min_power_kw: 0,
            max_power_kw: null,
            max_energy_deviation_ratio: 0.05,
            max_energy_deviation_kwh: 0.01,
            spike_ratio: 1.8,
            spike_min_kw: 5,
            flat_line_hours: 6,
            flat_line_min_kw: 0.1,
            is_estimated: true,
            is_submeter: false,
            interpolation_max_s: 7200,
            business_days: 31,
            business_start_s: 7 * 3600,
            business_end_s: 18 * 3600,
            night_start_s: 0,
            night_end_s: 5 * 3600,
            carbon_kg_per_kwh: null,
            tariff_id: null,
            tariff_organization_id: null,
        });
    });

    it('takes weekdays and times of day as people write them', () => {
        const given = {
            business_days: ['sat', 'sun', 'sun'],
            business_start: '22:30',
            business_end: '24:00',
        };
        expect(row({ defaults: given }, place('5'))).toMatchObject({
            business_days: 32 + 64,
            business_start_s: 22.5 * 3600,
            business_end_s: 86_400,
        });
        expect(row({ defaults: { business_days: [] } }, place('5')).business_days).toBe(0);
    });

    it.for([
        [{ defualts: {} }, 'defualts', 'is no key that is known there', 'Did you mean "defaults"?'],
        [
            { defaults: { max_voltages_v: 1 } },
            'defaults.max_voltages_v',
            'is no key',
            'Did you mean "max_voltage_v"?',
        ],
        [
            { channels: { 7: { holidays: [] } } },
            'channels.7.holidays',
            'is no key',
            'Known: expected_interval_s',
        ],
        [{ channels: { Roof: {} } }, 'channels.Roof', 'is no id of a channel', 'eniscope-lake settings'],
        [
            { defaults: { max_voltage_v: '480' } },
            'defaults.max_voltage_v',
            'is "480", but must be a number from 0',
            'Voltage above',
        ],
        [
            { defaults: { max_voltage_v: -1 } },
            'defaults.max_voltage_v',
            'is -1, but must be',
            'Voltage above',
        ],
        [
            { defaults: { max_voltage_v: null } },
            'defaults.max_voltage_v',
            'is null, but must be',
            'Voltage above',
        ],
        [
            { organizations: { 17: { spike_ratio: 0.9 } } },
            'organizations.17.spike_ratio',
            'is 0.9, but must be a number from 1',
            'third-highest',
        ],
        [{ defaults: { flat_line_hours: 25 } }, 'defaults.flat_line_hours', 'from 0.25 to 24', ''],
        [{ defaults: { interpolation_max_s: 1.5 } }, 'defaults.interpolation_max_s', 'a whole number', ''],
        [
            { defaults: { nominal_frequency_hz: 16.7 } },
            'defaults.nominal_frequency_hz',
            'is 16.7, but must be 50 or 60',
            '',
        ],
        [{ defaults: { is_estimated: 'yes' } }, 'defaults.is_estimated', 'must be true or false', ''],
        [
            { defaults: { business_days: ['monday'] } },
            'defaults.business_days.0',
            'is "monday", but must be one of mon',
            '',
        ],
        [
            { defaults: { business_start: '7:00' } },
            'defaults.business_start',
            'is "7:00", but must be a local time',
            '',
        ],
        [{ defaults: { business_start: '24:01' } }, 'defaults.business_start', 'must be a local time', ''],
        [
            { defaults: { holidays: ['2026-02-29'] } },
            'defaults.holidays.0',
            'is "2026-02-29", but must be a date',
            '',
        ],
        [
            { defaults: { holidays: [{ date: '2026-12-25', title: 'x' }] } },
            'defaults.holidays.0.title',
            'is no key',
            'Known: date, name',
        ],
        [{ defaults: { tariff_id: '' } }, 'defaults.tariff_id', 'must be the id of a tariff', ''],
        [[], 'the file', 'is [], but must be a JSON object', ''],
    ] as const)('refuses %j at %s', ([json, path, message, hint]) => {
        const [problem] = problemsOf(json);
        expect(problem?.path).toBe(path);
        expect(problem?.message).toContain(message);
        expect(problem?.hint).toContain(hint);
    });

    it('tells every problem, and throws the first with the name of the file', () => {
        const json = { defaults: { max_voltage_v: -1, spike_ratio: 0 } };
        expect(problemsOf(json)).toHaveLength(2);
        expect(() => parseSettings(JSON.stringify(json), '/lake/reference/settings.json')).toThrow(
            '/lake/reference/settings.json: defaults.max_voltage_v is -1, but must be a number from 0 to 1000000 (and 1 more)',
        );
        expect(() => parseSettings('{"defaults": {', 'file')).toThrow('file: the file is not valid JSON');
    });

    it('never throws anything but SETTINGS_INVALID, whatever the text', () => {
        const key = fc.constantFrom(
            'defaults',
            'channels',
            'organizations',
            '7',
            ...channelSettings.map((s) => s.key),
            '__proto__',
        );
        const json = fc.letrec((tie) => ({
            value: fc.oneof(
                { maxDepth: 4 },
                fc.jsonValue(),
                fc.dictionary(key, tie('value')),
                fc.array(tie('value')),
            ),
        })).value;
        fc.assert(
            fc.property(
                fc.oneof(
                    fc.string(),
                    json.map((value) => JSON.stringify(value)),
                ),
                (text) => {
                    try {
                        parseSettings(text, 'file');
                    } catch (error) {
                        expect(isAppError(error, 'SETTINGS_INVALID')).toBe(true);
                        expect(String(error)).not.toContain('undefined');
                    }
                },
            ),
        );
    });
});

describe('what holds for a channel', () => {
    const json = {
        defaults: { spike_min_kw: 1, night_end: '04:00' },
        organizations: {
            1: { spike_min_kw: 10, tariff_id: 'day' },
            2: { flat_line_hours: 3, max_power_kw: 50 },
            9: { spike_min_kw: 90 },
        },
        channels: { 5: { flat_line_hours: 2, max_power_kw: null } },
    };

    it('is its own, else its organization and those above, else the defaults, else what is built in', () => {
        expect(row(json, place('5', '3'))).toMatchObject({
            flat_line_hours: 2,
            // null is a value: the organization's limit does not hold.
            max_power_kw: null,
            spike_min_kw: 10,
            night_end_s: 4 * 3600,
            spike_ratio: 1.8,
        });
        expect(row(json, place('6', '3'))).toMatchObject({ flat_line_hours: 3, max_power_kw: 50 });
        expect(row(json, place('7', '1'))).toMatchObject({
            flat_line_hours: 6,
            max_power_kw: null,
            spike_min_kw: 10,
        });
        expect(row(json, place('8', '9'))).toMatchObject({ spike_min_kw: 90 });
        expect(row(json, place('8'))).toMatchObject({ spike_min_kw: 1 });
    });

    it('remembers where each value comes from', () => {
        const { settings } = settleChannel(good(json), place('5', '3'), tree);
        const origins = Object.fromEntries(settings.map(({ key, origin }) => [key, origin]));
        expect(origins).toMatchObject({
            flat_line_hours: { kind: 'channel' },
            spike_min_kw: { kind: 'organization', organizationId: '1' },
            night_end: { kind: 'defaults' },
            spike_ratio: { kind: 'built-in' },
        });
    });

    it('takes the tariff and the carbon of the API first, and tells which organization named a tariff', () => {
        const api = { ...place('5', '3'), tariffId: 'night', carbonKgPerKwh: 0.4 };
        const both = { ...json, defaults: { carbon_kg_per_kwh: 0.2 } };
        expect(row(both, api)).toMatchObject({
            tariff_id: 'night',
            tariff_organization_id: null,
            carbon_kg_per_kwh: 0.4,
        });
        expect(row(both, place('5', '3'))).toMatchObject({
            tariff_id: 'day',
            tariff_organization_id: '1',
            carbon_kg_per_kwh: 0.2,
        });
        const own = { ...json, channels: { 5: { tariff_id: 'own' } } };
        expect(row(own, place('5', '3'))).toMatchObject({ tariff_id: 'own', tariff_organization_id: null });
    });

    it.for([
        [{ min_voltage_v: 600 }, 'min_voltage_v is 600 and must be below max_voltage_v, which is 600'],
        [{ max_power_kw: 0 }, 'min_power_kw is 0 and must be below max_power_kw, which is 0'],
        [{ business_end: '07:00' }, 'business_start is 07:00 and must be different from business_end'],
        [{ night_start: '05:00' }, 'night_start is 05:00 and must be different from night_end'],
    ] as const)('must not contradict itself: %j', ([given, message]) => {
        expect(() => settleChannel(good({ channels: { 5: given } }), place('5'), tree)).toThrow(message);
        expect(() => settleChannel(good({ channels: { 6: given } }), place('5'), tree)).not.toThrow();
    });
});

describe('holidays', () => {
    it('are none unless some are listed', () => {
        expect(settleHolidays(noSettings, tree)).toEqual([]);
    });

    it('hold for all, or for an organization and those below it', () => {
        const given = good({
            defaults: { holidays: ['2026-01-01'] },
            organizations: {
                1: { holidays: [{ date: '2026-07-04', name: 'Independence Day' }, '2026-07-04'] },
                2: { holidays: [{ date: '2026-07-04', name: 'the fourth' }] },
            },
        });
        const name = (organization_id: string, text: string) => ({
            organization_id,
            date: '2026-07-04',
            name: text,
        });
        expect(settleHolidays(given, tree)).toEqual([
            { organization_id: '', date: '2026-01-01', name: null },
            name('1', 'Independence Day'),
            name('2', 'the fourth'),
            name('3', 'the fourth'),
        ]);
    });
});
