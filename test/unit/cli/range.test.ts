import { describe, expect, it } from 'vitest';
import { readRange, readWhole } from '../../../src/cli/range.ts';

const now = Date.parse('2026-11-23T09:20:00Z');
const at = (iso: string): number => Date.parse(iso) / 1000;

describe('readRange', () => {
    it('takes a day as its midnight in UTC, and an instant with its offset', () => {
        expect(readRange({ from: '2026-10-01', to: '2026-10-02T01:00:00+02:00' }, now)).toEqual({
            from: at('2026-10-01T00:00:00Z'),
            to: at('2026-10-01T23:00:00Z'),
        });
    });

    it('counts an age back from now', () => {
        expect(readRange({ since: '7d' }, now)).toEqual({ from: at('2026-11-16T09:20:00Z') });
        expect(readRange({ since: '36h' }, now)).toEqual({ from: at('2026-11-21T21:20:00Z') });
        expect(readRange({ since: '2026-10-01' }, now)).toEqual({ from: at('2026-10-01T00:00:00Z') });
    });

    it('leaves out what is not given', () => {
        expect(readRange({}, now)).toEqual({});
    });

    it.each([
        [{ from: '2026-10-02', to: '2026-10-01' }, '--from 2026-10-02 is not before --to 2026-10-01'],
        [{ from: '2026-10-01', to: '2026-10-01' }, '--from 2026-10-01 is not before --to 2026-10-01'],
        [{ from: '2026-11-24' }, '--from 2026-11-24 is not before now'],
        [{ since: '7d', to: '2026-01-01' }, '--since 7d is not before --to 2026-01-01'],
        [{ since: '7d', from: '2026-01-01' }, '--since 7d and --from 2026-01-01 are both given'],
        [{ from: '2026-02-30' }, '--from 2026-02-30 is no date'],
        [{ to: 'tomorrow' }, '--to tomorrow is no date'],
        [{ since: 'monday' }, '--since monday is neither an age nor a date'],
    ])('refuses %j naming what was given', (given, message) => {
        expect(() => readRange(given, now)).toThrow(
            expect.objectContaining({ code: 'USAGE_BAD_RANGE', message, exitCode: 2 }),
        );
    });
});

describe('readWhole', () => {
    it('reads a whole number and refuses everything else by name', () => {
        expect(readWhole('limit', '12')).toBe(12);
        expect(readWhole('limit', undefined)).toBeUndefined();
        for (const value of ['x', '-1', '1.5', '', '1e3']) {
            expect(() => readWhole('limit', value), value).toThrow('--limit is');
        }
    });
});
