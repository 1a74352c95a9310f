import { describe, expect, it } from 'vitest';
import { parseFields, parseList, parseReadings } from '../../../src/api/wire.ts';
import { AppError } from '../../../src/core/errors.ts';
import { hour } from './fake-api.ts';

function refusalOf(parse: () => unknown): AppError {
    try {
        parse();
    } catch (error) {
        if (error instanceof AppError) return error;
        throw error;
    }
    throw new Error('accepted');
}

const withHour = (changes: object): string => JSON.stringify({ ...hour, ...changes });

describe('a readings answer', () => {
    it('keeps null, zero and values apart', () => {
        const { records, units, recordCount } = parseReadings(JSON.stringify(hour));
        expect(records).toEqual([
            { ts: 1764565200, E: 312.25, P: 1249 },
            { ts: 1764566100, E: 0, P: 0 },
            { ts: 1764567000, E: null, P: null },
            { ts: 1764567900, E: 298.5, P: 1194 },
        ]);
        expect(units).toEqual({ ts: 'Unix Time', E: 'Wh', P: 'W' });
        expect(recordCount).toBe(4);
    });

    it('accepts ids and numbers as text', () => {
        const body = withHour({
            channel: '162119',
            from: '1764565200',
            to: '1764568800',
            resolution: '900',
            recordCount: '1',
            records: [{ ts: '1764565200', E: '312.25', P: null, PF: '-.5', T: '1e1' }],
        });
        expect(parseReadings(body)).toMatchObject({
            channel: '162119',
            from: 1764565200,
            to: 1764568800,
            resolution: 900,
            recordCount: 1,
            records: [{ ts: 1764565200, E: 312.25, P: null, PF: -0.5, T: 10 }],
        });
    });

    it('says null when the count is absent, and takes an empty list of units for none', () => {
        const body = withHour({ recordCount: undefined, units: [], records: [], timeZone: null });
        const envelope = parseReadings(body);
        expect(envelope).toEqual({
            channel: '162119',
            from: 1764565200,
            to: 1764568800,
            resolution: 900,
            units: {},
            recordCount: null,
            records: [],
        });
    });

    it.each([
        ['empty_body', ''],
        ['empty_body', ' \n'],
        ['not_json', '<html><body>Bad gateway</body></html>'],
        ['not_json', 'Invalid Parameter'],
        ['not_json', '{"records": [NaN]}'],
        ['truncated', JSON.stringify(hour).slice(0, 300)],
        ['truncated', '{"records":[{"ts":1}'],
        ['not_an_object', '[]'],
        ['not_an_object', 'null'],
        ['not_an_object', '42'],
        ['no_records', '{}'],
        ['no_records', withHour({ records: undefined })],
        ['no_records', withHour({ records: null })],
        ['no_records', withHour({ records: { ts: 1 } })],
        ['rows_elsewhere', withHour({ records: undefined, data: hour.records })],
        ['rows_elsewhere', withHour({ records: undefined, result: [] })],
        ['rows_elsewhere', withHour({ records: undefined, readings: [] })],
        ['bad_type', withHour({ from: undefined })],
        ['bad_type', withHour({ resolution: 'auto' })],
        ['bad_type', withHour({ resolution: 0 })],
        ['bad_type', withHour({ to: 1764568800.5 })],
        ['bad_type', withHour({ units: ['Wh'] })],
        ['bad_type', withHour({ units: { E: { name: 'Wh' } } })],
        ['bad_type', withHour({ recordCount: 'many' })],
        ['bad_record', withHour({ records: [null] })],
        ['bad_record', withHour({ records: [[1764565200, 1]] })],
        ['bad_record', withHour({ records: [{ E: 1 }] })],
        ['bad_record', withHour({ records: [{ ts: null, E: 1 }] })],
        ['bad_record', withHour({ records: [{ ts: 1764565200.5, E: 1 }] })],
        ['bad_record', withHour({ records: [{ ts: '2025-12-01', E: 1 }] })],
        ['bad_record', withHour({ records: [{ ts: 1764565200, E: '' }] })],
        ['bad_record', withHour({ records: [{ ts: 1764565200, E: 'NaN' }] })],
        ['bad_record', withHour({ records: [{ ts: 1764565200, E: '0x10' }] })],
        ['bad_record', withHour({ records: [{ ts: 1764565200, E: '+1' }] })],
        ['bad_record', withHour({ records: [{ ts: 1764565200, E: ' 1' }] })],
        ['bad_record', withHour({ records: [{ ts: 1764565200, E: true }] })],
        ['bad_record', withHour({ records: [{ ts: 1764565200, E: { value: 1 } }] })],
        ['bad_record', withHour({}).replace('312.25', '1e999')],
    ])('is refused as %s: %s', (reason, body) => {
        const context = { path: '/readings/162119', query: 'fields[]=E', status: 200 };
        const refusal = refusalOf(() => parseReadings(body, context));
        expect(refusal.code).toBe('SOURCE_BAD_ANSWER');
        expect(refusal.details).toEqual({ reason, body, ...context });
        expect(refusal.message).toContain('/readings/162119');
    });

    it('names the record that is wrong', () => {
        const records = [...hour.records.slice(0, 2), { ts: 1764567000, E: 'lots' }];
        expect(refusalOf(() => parseReadings(withHour({ records }))).message).toContain(
            'records[2] has E "lots"',
        );
    });

    it('keeps at most 1 MiB of a body in the error', () => {
        const body = `<html>${'x'.repeat(3 * 1024 * 1024)}`;
        expect(refusalOf(() => parseReadings(body)).details.body).toHaveLength(1024 * 1024);
    });

    it('costs a few milliseconds for 3,000 records', () => {
        const records = Array.from({ length: 3000 }, (_, i) => ({
            ts: 1764565200 + i * 900,
            E: i + 0.25,
            P: i * 4,
            V: 120.3,
            I: null,
            PF: 0.9,
            T: 21,
        }));
        const body = withHour({ records });
        const times = Array.from({ length: 15 }, () => {
            const start = performance.now();
            parseReadings(body);
            return performance.now() - start;
        });
        // A schema per record takes ten times the parsing; the bound leaves room for a busy machine.
        expect(Math.min(...times)).toBeLessThan(10);
    });
});

describe('the fields a channel delivers', () => {
    it('are read from filters.fields, each once', () => {
        expect(parseFields('{"filters":{"fields":["E","P","E"],"res":["auto"]}}')).toEqual(['E', 'P']);
    });

    it.each(['{}', '{"filters":[]}', '{"filters":{"fields":"E,P"}}', '{"filters":{"fields":[1]}}'])(
        'are refused in %s',
        (body) => {
            expect(refusalOf(() => parseFields(body)).details.reason).toBe('no_fields');
        },
    );
});

describe('a list', () => {
    const meta = { currentPage: 1, recordsPerPage: 100, recordCount: 1, pageCount: 1 };
    const list = (key: string, ...items: unknown[]): string => JSON.stringify({ [key]: items, meta });

    it('gives the same device from text and from numbers', () => {
        const asText = {
            deviceId: '41281',
            deviceTypeId: '20',
            organizationId: '7',
            parentId: '5',
            status: '1',
        };
        const asNumbers = { deviceId: 41281, deviceTypeId: 20, organizationId: 7, parentId: 5, status: 1 };
        const [text] = parseList('devices', list('devices', { ...asText, registered: '1568836205' })).items;
        const [numbers] = parseList(
            'devices',
            list('devices', { ...asNumbers, registered: 1568836205 }),
        ).items;
        expect(text).toEqual(numbers);
        expect(text).toMatchObject({ deviceId: '41281', status: 1, registered: 1568836205, uuId: null });
    });

    it('turns "", null and absent into null, and epoch "0" too', () => {
        const item = { organizationId: '7', city: '', country: null, status: '', createdTs: '0' };
        const [organization] = parseList('organizations', list('organizations', item)).items;
        expect(organization).toMatchObject({
            city: null,
            country: null,
            postCode: null,
            status: null,
            createdTs: null,
            carbonRatio: null,
        });
    });

    it('takes dataChannelId, else channelId, else id', () => {
        const ids = (item: object): string | undefined =>
            parseList('channels', list('channels', item)).items[0]?.dataChannelId;
        expect(ids({ dataChannelId: 1, channelId: 2, id: 3 })).toBe('1');
        expect(ids({ channelId: '2', id: 3 })).toBe('2');
        expect(ids({ id: 3 })).toBe('3');
    });

    it.each([
        [true, true],
        [false, false],
        ['1', true],
        [0, false],
        ['Y', true],
        ['false', false],
        [null, null],
        ['', null],
    ])('reads costEnabled %j as %j', (given, expected) => {
        const body = list('channels', { dataChannelId: '1', costEnabled: given });
        expect(parseList('channels', body).items[0]?.costEnabled).toBe(expected);
    });

    it('reads a descriptive value it does not understand as null, and names its key', () => {
        const body = list('channels', { dataChannelId: '1', registered: '2020-01-01', channelName: ['a'] });
        const page = parseList('channels', body);
        expect(page.items[0]).toMatchObject({ dataChannelId: '1', registered: null, channelName: null });
        expect(page.unreadable.toSorted()).toEqual(['channelName', 'registered']);
    });

    it.each([
        ['no_list', '{"data":[]}'],
        ['no_list', '{"channels":{"dataChannelId":"1"}}'],
        ['not_an_object', '[{"dataChannelId":"1"}]'],
        ['bad_record', list('channels', { channelName: 'no id' })],
        ['bad_record', list('channels', { dataChannelId: ' ' })],
        ['bad_record', list('channels', { dataChannelId: {} })],
        ['bad_record', list('channels', 'x')],
        ['bad_type', '{"channels":[],"meta":{"currentPage":"first"}}'],
        ['bad_type', '{"channels":[],"meta":7}'],
    ])('is refused as %s: %s', (reason, body) => {
        const refusal = refusalOf(() => parseList('channels', body));
        expect(refusal.code).toBe('SOURCE_BAD_ANSWER');
        expect(refusal.details.reason).toBe(reason);
    });
});
