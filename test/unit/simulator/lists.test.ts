import { describe, expect, it } from 'vitest';
import type { Quirks } from '../../../src/simulator/quirks.ts';
import { ask } from './envelope.ts';

type Item = Record<string, unknown>;

function list(resource: string, query = '', quirks: Partial<Quirks> = {}): { items: Item[]; meta: unknown } {
    const { json } = ask({ path: `/${resource}`, query, quirks });
    const items: unknown = json[resource];
    return { items: Array.isArray(items) ? items : [], meta: json.meta };
}

const names = (query: string, quirks = {}): unknown[] =>
    list('channels', query, quirks).items.map((row) => row.channelName);

describe('lists', () => {
    it('have 20 rows a page, and the rest on the second', () => {
        const first = list('channels');
        const second = list('channels', 'page=2');
        expect(first.meta).toEqual({ currentPage: 1, recordsPerPage: 20, recordCount: 23, pageCount: 2 });
        expect([first.items.length, second.items.length]).toEqual([20, 3]);
        const ids = [...first.items, ...second.items].map((row) => row.dataChannelId);
        expect(new Set(ids).size).toBe(23);
        expect(list('channels', 'page=3')).toMatchObject({
            items: [],
            meta: { currentPage: 3, pageCount: 2 },
        });
    });

    it('clamp the limit, and switch paging off with zero', () => {
        expect(list('channels', 'limit=5').meta).toMatchObject({ recordsPerPage: 5, pageCount: 5 });
        expect(list('channels', 'limit=5000').meta).toMatchObject({ recordsPerPage: 100, pageCount: 1 });
        const all = list('channels', 'limit=0');
        expect([all.items.length, all.meta]).toEqual([
            23,
            { currentPage: 1, recordsPerPage: 0, recordCount: 23, pageCount: 0 },
        ]);
        expect(ask({ path: '/channels', query: 'limit=0', quirks: { limitZero: 'refused' } }).status).toBe(
            500,
        );
        expect(list('channels', '', { pageSize: 7 }).items).toHaveLength(7);
        expect(list('channels', 'limit=50', { maxPageSize: 10 }).items).toHaveLength(10);
    });

    it('filter: exact, wildcard, not, null, or, comparison; uuid without regard to case', () => {
        expect(names('organization=23272')).toEqual(['Office floors', 'Chiller', 'Lifts']);
        expect(names('name=RTU-*')).toEqual(['RTU-1', 'RTU-2', 'RTU-3']);
        expect(names('name=RTU-1&name=Chiller')).toEqual(['RTU-1', 'Chiller']);
        expect(names('organization=!23270&limit=0')).toHaveLength(13);
        expect(names('deviceId=null')).toEqual(['School reference']);
        expect(names('deviceId=!null&limit=0')).toHaveLength(22);
        expect(names('uuid=02e9b3c010000003')).toEqual(['RTU-1']);
        expect(names('deviceId=>=112501')).toEqual(['Office floors', 'Chiller', 'Lifts']);
        expect(names('deviceId=>112502')).toEqual(['Lifts']);
    });

    it('ignore what they do not know: a typo answers everything', () => {
        expect(names('organisation=23272&limit=0')).toHaveLength(23);
        expect(names('toString=1&limit=0')).toHaveLength(23);
    });

    it('sort by a property, up or down, numbers as numbers', () => {
        const sorted = (sort: string): unknown[] =>
            list('devices', `organization=23271&sort=${encodeURIComponent(sort)}`).items.map(
                (row) => row.deviceId,
            );
        expect(sorted('deviceId desc')[0]).toBe(112409);
        expect(sorted('deviceId')[0]).toBe(112400);
        expect(sorted('nonsense')).toHaveLength(10);
    });

    it('spell ids as strings, but as numbers for devices', () => {
        expect(list('channels').items[0]).toMatchObject({
            dataChannelId: '162285',
            deviceId: '112401',
            status: '1',
            costEnabled: false,
            isMeteringPoint: true,
            parentId: null,
            deviceTypeName: 'Eniscope 8 Hybrid Metering Point',
            in_tsdb: 'Y',
        });
        expect(list('channels').items[0]).not.toHaveProperty('channelId');
        expect(list('devices').items[1]).toMatchObject({
            deviceId: 112401,
            parentId: 112400,
            status: 1,
            renewed: '0',
        });
        expect(list('organizations').items[1]).toMatchObject({
            organizationId: '23271',
            parentId: '23270',
            sortCode: '1-2-3-17200-23270-23271-',
        });
        const numeric = list('channels', '', { idTypes: 'numbers' }).items[0];
        expect(numeric).toMatchObject({ dataChannelId: 162285, deviceId: 112401, status: 1 });
        expect(numeric?.uuId).toBe('02E9B3C010000001');
    });

    it('lack two fields in the 2020 shape', () => {
        const old = list('channels', '', { channelFields: '2020' }).items[0] ?? {};
        expect(Object.keys(old)).not.toContain('deviceTypeName');
        expect(Object.keys(old)).not.toContain('in_tsdb');
    });

    it('have the recorded channel keys, in their order', () => {
        const keys = Object.keys(list('channels', '', { channelFields: '2020' }).items[0] ?? {}).join(' ');
        expect(keys).toBe(
            'links deviceId uuId parentId organizationId subscriptionId deviceTypeId binaryStoreId ' +
                'serviceAgreementId deviceName registered dataPlan expires renewed nominalCode status createdBy ' +
                'modifiedBy createdTs modifiedTs vendor vendor_id vendor_format_id vendor_parent_id interfaceName ' +
                'dataChannelId tariffId timePeriodId displayedPhase channelName sortOrder installedTs uninstalledTs ' +
                'dataType meterId pulseLabel pulseUnits pulseRatio pulseEnergyRatio temperatureEnabled sortCode ' +
                'organizationName isMeteringPoint costEnabled',
        );
    });
});

describe('single rows and collections', () => {
    it('a single row is bare, an unknown one a 404', () => {
        expect(ask({ path: '/organizations/23271' }).json).toMatchObject({
            organizationName: 'Riverside School',
        });
        expect(ask({ path: '/channels/162320' }).json).toMatchObject({ dataChannelId: '162320' });
        expect(ask({ path: '/channels/1' }).status).toBe(404);
        expect(ask({ path: '/nothing' }).status).toBe(404);
    });

    it('a collection is the parent with all children, unpaged and without meta', () => {
        const { json } = ask({ path: '/organizations/23270/metersbelow' });
        expect(json.organizationName).toBe('Meridian Energy Advisers');
        expect(json.metersbelow).toHaveLength(21);
        expect(json).not.toHaveProperty('meta');
        expect(ask({ path: '/organizations/23271/meters' }).json.meters).toHaveLength(9);
        expect(ask({ path: '/organizations/23271/tariffs' }).json.tariffs).toEqual([]);
    });

    it('the other paths answer', () => {
        expect(ask({ path: '/' }).json).toMatchObject({ accountId: '1047', status: '1' });
        expect(list('devicetypes').items).toHaveLength(3);
        expect(list('meters', 'limit=0').items).toHaveLength(21);
        expect(list('tariffs').items).toEqual([]);
        expect(list('alarms')).toMatchObject({ items: [], meta: { recordCount: 0 } });
        expect(ask({ path: '/channels', method: 'OPTIONS' }).json).toMatchObject({
            filters: { fields: expect.arrayContaining(['organization', 'uuid']) },
        });
        expect(ask({ path: '/channels', method: 'DELETE' }).status).toBe(405);
    });
});
