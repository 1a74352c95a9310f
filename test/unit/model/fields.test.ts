import { describe, expect, it } from 'vitest';
import { defaultFieldCodes, fieldCatalogue, findField } from '../../../src/model/fields.ts';

describe('the field catalogue', () => {
    it('has the 231 codes of the API’s list, and the two pseudo fields', () => {
        expect(fieldCatalogue).toHaveLength(233);
        expect(new Set(fieldCatalogue.map(({ code }) => code)).size).toBe(233);
    });

    it('gives every code a column of its own, fit for SQL without quotes', () => {
        const columns = fieldCatalogue.map(({ column }) => column);
        expect(new Set(columns).size).toBe(columns.length);
        for (const column of columns) expect(column).toMatch(/^[a-z][a-z0-9_]*$/);
    });

    it('has no two columns that differ by case only, and none that the table needs itself', () => {
        const taken = ['timestamp', 'interval_s', 'fetched_at', 'channel_id', 'month', 'date', 'year'];
        for (const { column } of fieldCatalogue) expect(taken).not.toContain(column);
    });

    it('names the six measures of every lake as reports know them', () => {
        expect(defaultFieldCodes.map((code) => findField(code)?.column)).toEqual([
            'energy_kwh',
            'power_kw',
            'voltage_v',
            'current_a',
            'power_factor',
            'temperature_c',
        ]);
    });

    it.each([
        ['E1', 'energy_1_kwh', 1000, 'counter'],
        ['In', 'neutral_current_a', 1, 'instant'],
        ['F', 'frequency_hz', 1, 'instant'],
        ['D', 'current_thd_pct', 1, 'instant'],
        ['S', 'apparent_power_kva', 1000, 'instant'],
        ['Pmax1', 'power_1_max_kw', 1000, 'instant'],
        ['Q', 'reactive_power_kvar', 1000, 'instant'],
        ['RE', 'reactive_energy_kvarh', 1000, 'counter'],
        ['CO2', 'carbon_dioxide_ppm', 1, 'instant'],
        ['T1', 'temperature_1_c', 1, 'instant'],
        ['RH', 'relative_humidity_pct', 1, 'instant'],
    ])('stores %s as %s', (code, column, divisor, kind) => {
        expect(findField(code)).toMatchObject({ column, divisor, kind });
    });

    it('is case-sensitive and knows nothing else', () => {
        expect(findField('e')).toBeUndefined();
        expect(findField('kWh')).toBeUndefined();
    });
});
