import { describe, expect, it } from 'vitest';
import { spanOfRange } from '../../../src/simulator/named-range.ts';

const utc = (text: string): number => Date.parse(text) / 1000;
// Tuesday, 30 December 2025, 20:00 in New York.
const now = utc('2025-12-31T01:00:00Z');
const zone = 'America/New_York';

describe('named ranges', () => {
    it.each([
        ['today', '2025-12-30T05:00Z', '2025-12-31T05:00Z'],
        ['yesterday', '2025-12-29T05:00Z', '2025-12-30T05:00Z'],
        ['daybefore', '2025-12-28T05:00Z', '2025-12-29T05:00Z'],
        ['thisweek', '2025-12-29T05:00Z', '2026-01-05T05:00Z'],
        ['lastweek', '2025-12-22T05:00Z', '2025-12-29T05:00Z'],
        ['weekbefore', '2025-12-15T05:00Z', '2025-12-22T05:00Z'],
        ['7days', '2025-12-24T05:00Z', '2025-12-31T05:00Z'],
        ['previous7days', '2025-12-17T05:00Z', '2025-12-24T05:00Z'],
        ['28days', '2025-12-03T05:00Z', '2025-12-31T05:00Z'],
        ['30days', '2025-12-01T05:00Z', '2025-12-31T05:00Z'],
        // The live service began this very range at 1764565200.
        ['thismonth', '2025-12-01T05:00Z', '2026-01-01T05:00Z'],
        ['lastmonth', '2025-11-01T04:00Z', '2025-12-01T05:00Z'],
        ['thisyear', '2025-01-01T05:00Z', '2026-01-01T05:00Z'],
        ['lastyear', '2024-01-01T05:00Z', '2025-01-01T05:00Z'],
    ] as const)('%s is cut at the midnights of the site', (range, from, to) => {
        expect(spanOfRange(range, now, zone)).toEqual({ from: utc(from), to: utc(to) });
    });

    it('hold 25 hours on the day the clocks go back', () => {
        const span = spanOfRange('today', utc('2026-10-25T12:00Z'), 'Europe/London');
        expect(span.to - span.from).toBe(25 * 3600);
    });
});
