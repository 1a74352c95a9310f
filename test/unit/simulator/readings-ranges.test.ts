import { describe, expect, it } from 'vitest';
import { range, readings, utc } from './envelope.ts';

const from = utc('2026-10-05T04:00Z');
const day = 86_400;
const energy = 'fields[]=E';

describe('ranges by name and date', () => {
    it('are cut in the zone of the site, or in UTC', () => {
        const named = (quirks = {}): unknown =>
            readings('163001', `daterange=yesterday&res=3600&${energy}`, {
                quirks,
                now: utc('2026-07-02T12:00Z'),
            }).json.from;
        expect(named()).toBe(utc('2026-06-30T23:00Z'));
        expect(named({ namedRanges: 'utc' })).toBe(utc('2026-07-01T00:00Z'));
    });

    it('a date is a local day, two dates are half-open, a lone bound is ignored', () => {
        const bounds = (query: string, quirks = {}): unknown[] => {
            const { json } = readings('162320', `${query}&res=3600&${energy}`, { quirks });
            return [json.from, json.to];
        };
        expect(bounds('daterange=2026-11-01')).toEqual([utc('2026-11-01T04:00Z'), utc('2026-11-02T05:00Z')]);
        const dates = 'daterange[]=2026-10-01&daterange[]=2026-10-03';
        expect(bounds(dates)).toEqual([utc('2026-10-01T04:00Z'), utc('2026-10-03T04:00Z')]);
        expect(bounds(dates, { bounds: 'inclusive' })).toEqual([
            utc('2026-10-01T04:00Z'),
            utc('2026-10-04T04:00Z'),
        ]);
        const today = [utc('2026-11-23T05:00Z'), utc('2026-11-24T05:00Z')];
        expect(bounds(`daterange[]=${from}`)).toEqual(today);
        expect(bounds(`from=${from}&to=${from + day}&start=${from}`)).toEqual(today);
        expect(bounds('from=1', { defaultRange: 'yesterday' })).toEqual([
            utc('2026-11-22T05:00Z'),
            utc('2026-11-23T05:00Z'),
        ]);
    });
});

describe('actions', () => {
    const query = `${range(from, from + 2 * day)}&res=3600&fields[]=E&fields[]=P&fields[]=Pmax`;
    const hours = readings('162285', query).records;
    const column = (code: string): number[] => hours.map((record) => record[code] ?? Number.NaN);

    it('total answers one record: amounts summed, means averaged, the highest peak', () => {
        const { records } = readings('162285', `${query}&action=total`);
        const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
        expect(records).toHaveLength(1);
        expect(records[0]?.E).toBeCloseTo(sum(column('E')), 6);
        expect(records[0]?.P).toBeCloseTo(sum(column('P')) / 48, 6);
        expect(records[0]?.Pmax).toBeCloseTo(Math.max(...column('Pmax')), 6);
    });

    it('day profiles answer one record for each bucket of a day', () => {
        const nine = [column('E')[9] ?? 0, column('E')[33] ?? 0];
        const at = (action: string): number | null | undefined => {
            const { records } = readings('162285', `${query}&action=${action}`);
            expect(records).toHaveLength(24);
            return records[9]?.E;
        };
        expect(at('minday')).toBe(Math.min(...nine));
        expect(at('maxday')).toBe(Math.max(...nine));
        expect(at('averageday')).toBeCloseTo(((nine[0] ?? 0) + (nine[1] ?? 0)) / 2, 6);
        expect(at('medianday')).toBeCloseTo(((nine[0] ?? 0) + (nine[1] ?? 0)) / 2, 6);
    });

    it('standing counters rise by the amounts', () => {
        const { records } = readings('162285', `${query}&showCounters=1`);
        for (let hour = 1; hour < 48; hour += 1) {
            const rise = (records[hour]?.E ?? 0) - (records[hour - 1]?.E ?? 0);
            expect(rise).toBeCloseTo(column('E')[hour] ?? Number.NaN, 3);
        }
        expect(records[0]?.P).toBe(column('P')[0]);
    });
});
