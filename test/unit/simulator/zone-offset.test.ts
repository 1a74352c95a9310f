import { describe, expect, it } from 'vitest';
import { offsetOfDay } from '../../../src/simulator/zone-offset.ts';

const utc = (text: string): number => Date.parse(text) / 1000;

describe('the offset of a day', () => {
    it.each([
        ['America/New_York', '2026-03-08', -5, '2026-03-08T07:00Z', -4],
        ['America/New_York', '2026-11-01', -4, '2026-11-01T06:00Z', -5],
        ['Europe/London', '2026-03-29', 0, '2026-03-29T01:00Z', 1],
        ['Europe/London', '2026-10-25', 1, '2026-10-25T01:00Z', 0],
        ['Australia/Lord_Howe', '2026-04-04', 11, '2026-04-04T15:00Z', 10.5],
    ])('%s changes on %s at the right instant', (zone, date, before, changesAt, after) => {
        expect(offsetOfDay(zone, utc(date) / 86_400)).toEqual({
            before: before * 3600,
            changesAt: utc(changesAt),
            after: after * 3600,
        });
    });

    it('is one number where nothing changes', () => {
        const { before, after } = offsetOfDay('Asia/Kolkata', utc('2026-07-01') / 86_400);
        expect([before, after]).toEqual([19_800, 19_800]);
    });
});
