import { describe, expect, it } from 'vitest';
import { withClockJump } from '../../../src/simulator/site-changes.ts';
import { ask, noon, range, readings, testSite, utc } from './envelope.ts';

const from = utc('2026-10-05T04:00Z');
const day = 86_400;
const energy = 'fields[]=E';
const stamps = (reply: ReturnType<typeof readings>): unknown[] => reply.records.map((record) => record.ts);

describe('the envelope', () => {
    it('has the keys in the recorded order, numbers as ids, and fields in the order asked', () => {
        const reply = readings(
            '162320',
            `${range(from, from + 3600)}&res=900&fields[]=ts&fields[]=P&${energy}`,
        );
        expect(Object.keys(reply.json)).toEqual([
            'uuid',
            'name',
            'channel',
            'organization',
            'timeZone',
            'from',
            'to',
            'resolution',
            'action',
            'units',
            'recordCount',
            'records',
            'operatingHours',
        ]);
        expect(reply.json).toMatchObject({
            channel: 162320,
            organization: 23271,
            timeZone: 'America/New_York',
            from,
            to: from + 3600,
            resolution: 900,
            action: 'summarize',
            recordCount: 4,
            operatingHours: {},
        });
        expect(JSON.stringify(reply.json.units)).toBe('{"ts":"Unix Time","P":"W","E":"Wh"}');
        expect(reply.records.map((record) => Object.keys(record))).toEqual(
            Array.from({ length: 4 }, () => ['ts', 'P', 'E']),
        );
        expect(stamps(reply)).toEqual([from, from + 900, from + 1800, from + 2700]);
    });

    it('prints at most 14 significant digits', () => {
        const fields = 'E1 P2 I3 Q S RE PF'
            .split(' ')
            .map((code) => `fields[]=${code}`)
            .join('&');
        const { text } = readings('162320', `${range(from, from + 7 * day)}&res=3600&${fields}`);
        const numbers = text.slice(text.indexOf('records')).match(/-?\d+(\.\d+)?/g) ?? [];
        expect(numbers.length).toBeGreaterThan(1000);
        for (const number of numbers) {
            expect(number.replace(/[-.]/g, '').replace(/^0+/, '').length).toBeLessThanOrEqual(14);
        }
    });
});

describe('fields', () => {
    const span = range(from, from + 3600);
    it('unknown codes vanish, codes the hardware lacks are null', () => {
        const { records } = readings(
            '162320',
            `${span}&res=3600&${energy}&fields[]=kWh&fields[]=T&fields[]=cost`,
        );
        expect(Object.keys(records[0] ?? {})).toEqual(['ts', 'E', 'T', 'cost']);
        expect(records[0]).toMatchObject({ T: null, cost: null });
        const lean = readings('162320', `${span}&res=3600&${energy}&fields[]=T`, {
            quirks: { lackingFields: 'omit' },
        });
        expect(Object.keys(lean.records[0] ?? {})).toEqual(['ts', 'E']);
    });

    it.each([
        ['no field at all', '162320', ''],
        ['only unknown ones', '162320', '&fields[]=kWh'],
        ['electricity of an air sensor', '162277', '&fields[]=E&fields[]=P'],
        ['a virtual channel', '162127', '&fields[]=E'],
        ['the other virtual channel', '162141', '&fields[]=E'],
    ])('%s is a 500 with Invalid Parameter', (_name, channel, fields) => {
        const reply = readings(channel, `${span}${fields}`);
        expect(reply.status).toBe(500);
        expect(reply.text).toContain('Invalid Parameter');
    });

    it('only lacking ones are nulls when the quirk says so', () => {
        const reply = readings('162277', `${span}&res=3600&${energy}`, {
            quirks: { unsupportedFields: 'nulls' },
        });
        expect(reply.records).toEqual([{ ts: from, E: null }]);
    });

    it('are told by OPTIONS, which a virtual channel refuses', () => {
        const air = ask({ path: '/readings/162277', method: 'OPTIONS' });
        expect(air.json).toEqual({ filters: { fields: ['T', 'RH', 'CO2', 'VOC1', 'PM1'] } });
        expect(ask({ path: '/readings/162127', method: 'OPTIONS' }).status).toBe(500);
    });

    it('of a silent channel are all there and all null', () => {
        const { status, records } = readings('158694', `${range(from, from + day)}&res=900&${energy}`);
        expect(status).toBe(200);
        expect(records).toHaveLength(96);
        expect(records.every((record) => record.E === null)).toBe(true);
    });

    it('unknown channels are a 404', () => {
        expect(readings('999', `${span}&${energy}`).status).toBe(404);
        expect(readings('abc', `${span}&${energy}`).status).toBe(404);
    });
});

describe('resolution', () => {
    it.each([
        [60, 1, 60],
        [60, 7, 1800],
        [60, 31, 1800],
        [900, 90, 900],
        [900, 91, 3600],
        [1800, 90, 1800],
        [3600, 31, 3600],
        [3600, 366, 3600],
        [3600, 400, 86_400],
        [86_400, 400, 86_400],
    ])('%i s over %i days is answered at %i s', (asked, days, granted) => {
        const reply = readings('162320', `${range(from - days * day, from)}&res=${asked}&${energy}`);
        expect(reply.json.resolution).toBe(granted);
        expect(reply.json.recordCount).toBe((days * day) / granted);
    });

    it('is refused or honoured when the quirk says so', () => {
        const query = `${range(from - 7 * day, from)}&res=60&${energy}`;
        expect(readings('162320', query, { quirks: { downgrade: 'error500' } }).status).toBe(500);
        const endless = `${range(1, 99_999_999_999)}&res=60&${energy}`;
        expect(readings('162320', endless, { quirks: { downgrade: 'never' } }).status).toBe(500);
        const honoured = readings('162320', query, { quirks: { downgrade: 'never' } });
        expect(honoured.json.resolution).toBe(60);
    });

    it('never beats the meter, and 300 s is nothing it knows', () => {
        const hourly = {
            ...testSite,
            channels: testSite.channels.map((row) => ({ ...row, intervalS: 3600 })),
        };
        const query = `${range(from, from + day)}&res=900&${energy}`;
        expect(readings('162320', query, { site: hourly }).json.resolution).toBe(3600);
        expect(readings('162320', `${range(from, from + day)}&res=300&${energy}`).json.resolution).toBe(900);
    });
});

describe('bounds and grid', () => {
    it('start at `from`, whatever that is', () => {
        const odd = from + 431;
        expect(stamps(readings('162320', `${range(odd, odd + 2700)}&res=900&${energy}`))).toEqual([
            odd,
            odd + 900,
            odd + 1800,
        ]);
        const epoch = readings('162320', `${range(odd, odd + 2700)}&res=900&${energy}`, {
            quirks: { grid: 'epoch' },
        });
        expect(stamps(epoch).slice(0, 3)).toEqual([from, from + 900, from + 1800]);
    });

    it('include the end only when the quirk says so', () => {
        const query = `${range(from, from + 3600)}&res=900&${energy}`;
        expect(stamps(readings('162320', query)).at(-1)).toBe(from + 2700);
        const inclusive = readings('162320', query, { quirks: { bounds: 'inclusive' } });
        expect(stamps(inclusive).at(-1)).toBe(from + 3600);
    });

    it('leave out a bucket that would reach beyond an unaligned end', () => {
        expect(readings('162320', `${range(from, from + 3000)}&res=900&${energy}`).records).toHaveLength(3);
    });

    it('adjacent ranges neither overlap nor leave a hole', () => {
        const whole = readings('162320', `${range(from, from + 2 * day)}&res=900&${energy}`);
        const halves = [from, from + day].flatMap(
            (start) => readings('162320', `${range(start, start + day)}&res=900&${energy}`).records,
        );
        expect(halves).toEqual(whole.records);
    });

    it.each([
        ['reversed bounds', range(from, from - 900)],
        ['equal bounds', range(from, from)],
    ])('%s are refused', (_name, query) => {
        expect(readings('162320', `${query}&${energy}`).status).toBe(500);
    });
});

describe('the trailing bucket', () => {
    const edge = Math.floor(noon / 900) * 900;
    const query = `${range(edge - 3600, edge)}&res=900&${energy}`;
    const open = `${range(edge - 2700, edge + 900)}&res=900&${energy}`;

    it('is absent when the end is later than now minus one bucket', () => {
        expect(stamps(readings('162320', query))).toEqual([edge - 3600, edge - 2700, edge - 1800]);
        const settled = readings('162320', query, { now: edge + 900 });
        expect(settled.records).toHaveLength(4);
    });

    it('is one of 192 for the last two days, as a real sync saw', () => {
        const reply = readings('162320', `${range(noon - 2 * day, noon)}&res=900&${energy}`);
        expect(reply.records).toHaveLength(191);
    });

    it('is null, or partial and growing, when the quirk says so', () => {
        const nulls = readings('162320', open, { quirks: { trailingBucket: 'null' } });
        expect(nulls.records.map((record) => record.E === null)).toEqual([false, false, false, true]);
        const last = (now: number): number =>
            readings('162320', open, { quirks: { trailingBucket: 'partial' }, now }).records[3]?.E ?? 0;
        const whole = readings('162320', open, { now: edge + 7200 }).records[3]?.E ?? 0;
        expect(last(edge + 300)).toBeGreaterThan(0);
        expect(last(edge + 660)).toBeGreaterThan(last(edge + 300));
        expect(last(edge + 660)).toBeLessThan(whole);
    });
});

describe('missing data', () => {
    it('a named range is filled with nulls into the future', () => {
        const { records } = readings('162320', `daterange=today&res=3600&${energy}`);
        expect(records).toHaveLength(24);
        // 12:51 at the site: twelve full hours.
        expect(records.map((record) => record.E !== null)).toEqual(
            Array.from({ length: 24 }, (_, hour) => hour < 12),
        );
    });

    it('records or fields are left out when the quirk says so', () => {
        const query = `daterange=today&res=3600&${energy}&fields[]=T`;
        const short = readings('162320', query, { quirks: { gaps: 'omitRecords' } });
        expect([short.records.length, short.json.recordCount]).toEqual([12, 12]);
        const { records } = readings('162320', query, { quirks: { gaps: 'omitFields' } });
        expect(Object.keys(records[0] ?? {})).toEqual(['ts', 'E']);
        expect(Object.keys(records[23] ?? {})).toEqual(['ts']);
    });

    it('a gateway with a wrong clock knows the future', () => {
        const site = withClockJump(testSite, '162320', 4 * 3600);
        const { records } = readings('162320', `daterange=today&res=3600&${energy}`, { site });
        expect(records.filter((record) => record.E !== null)).toHaveLength(16);
    });
});
