import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
    formatInstant,
    granularities,
    isTimeZone,
    localDate,
    nextDate,
    parseInstant,
    parsePartition,
    partitionOf,
    partitionsOf,
    startOfLocalDay,
} from '../../../src/model/time.ts';

const instants = fc.integer({ min: Date.UTC(1999, 0, 1) / 1000, max: Date.UTC(2060, 0, 1) / 1000 });
const zones = [
    'UTC',
    'America/New_York',
    'Europe/London',
    'Asia/Kolkata',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'Pacific/Chatham',
    'America/Phoenix',
    'America/Havana',
    'Asia/Beirut',
    'America/Sao_Paulo',
    'Pacific/Apia',
] as const;

/** The local day by another road than the code's: Intl's own calendar. */
function intlDate(instant: number, timeZone: string): string {
    const parts = new Intl.DateTimeFormat('en-CA', {
        timeZone,
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
    }).format(instant * 1000);
    return parts;
}

describe('partitions', () => {
    it('hold their instant, and their value names them', () => {
        fc.assert(
            fc.property(instants, fc.constantFrom(...granularities), (instant, granularity) => {
                const partition = partitionOf(instant, granularity);
                expect(partition.from).toBeLessThanOrEqual(instant);
                expect(partition.to).toBeGreaterThan(instant);
                expect(parsePartition(partition.value, granularity)).toEqual(partition);
            }),
        );
    });

    it('of a span follow each other without gap and cover it', () => {
        fc.assert(
            fc.property(
                instants,
                fc.integer({ min: 1, max: 400 * 86_400 }),
                fc.constantFrom(...granularities),
                (from, length, granularity) => {
                    const found = partitionsOf({ from, to: from + length }, granularity);
                    expect(found[0]?.from).toBeLessThanOrEqual(from);
                    expect(found.at(-1)?.to).toBeGreaterThanOrEqual(from + length);
                    expect(found.at(-1)?.from).toBeLessThan(from + length);
                    for (const [index, partition] of found.entries()) {
                        if (index > 0) expect(partition.from).toBe(found[index - 1]?.to);
                    }
                },
            ),
        );
    });

    it('know leap years and month ends', () => {
        expect(partitionOf(Date.UTC(2024, 1, 29, 23, 59, 59) / 1000, 'month')).toEqual({
            granularity: 'month',
            value: '2024-02',
            from: 1_706_745_600,
            to: 1_709_251_200,
        });
        expect(partitionOf(Date.UTC(2023, 11, 31) / 1000, 'day').value).toBe('2023-12-31');
        expect(partitionOf(Date.UTC(2023, 11, 31) / 1000, 'year').to).toBe(Date.UTC(2024, 0, 1) / 1000);
    });

    it.each(['2026-13', '2026-1', '2026-02-30', '26', '', '2026-10/..', '2026-10-32'])(
        'are not read from %j',
        (text) => {
            for (const granularity of granularities)
                expect(parsePartition(text, granularity)).toBeUndefined();
        },
    );
});

describe('parseInstant', () => {
    it('reads a day as UTC midnight and an instant with its offset', () => {
        expect(parseInstant('2026-10-01')).toBe(Date.UTC(2026, 9, 1) / 1000);
        expect(parseInstant('2026-10-01T12:30+02:00')).toBe(Date.UTC(2026, 9, 1, 10, 30) / 1000);
        expect(parseInstant('2026-10-01T00:00:00Z')).toBe(Date.UTC(2026, 9, 1) / 1000);
    });

    it.each([
        'yesterday',
        '2026-02-30',
        '2026-10-01T00:00',
        '10/01/2026',
        '',
        '2026-10-01 00:00:00Z',
        '1764565200',
    ])('refuses %j', (text) => {
        expect(parseInstant(text)).toBeUndefined();
    });

    it('reads back what formatInstant wrote', () => {
        fc.assert(
            fc.property(instants, (instant) => {
                expect(parseInstant(formatInstant(instant))).toBe(instant);
            }),
        );
    });
});

describe('local days', () => {
    it('begin at the first instant whose local date they are', () => {
        fc.assert(
            fc.property(instants, fc.constantFrom(...zones), (instant, zone) => {
                const date = localDate(instant, zone);
                expect(date).toBe(intlDate(instant, zone));
                const start = startOfLocalDay(date, zone);
                expect(intlDate(start, zone)).toBe(date);
                expect(intlDate(start - 1, zone) < date).toBe(true);
            }),
            { numRuns: 400 },
        );
    });

    it('have 23, 24 or 25 hours, and 23.5 where clocks move by half an hour', () => {
        const hours = (date: string, zone: string): number =>
            (startOfLocalDay(nextDate(date), zone) - startOfLocalDay(date, zone)) / 3600;
        expect(hours('2026-03-08', 'America/New_York')).toBe(23);
        expect(hours('2026-11-01', 'America/New_York')).toBe(25);
        expect(hours('2026-11-02', 'America/New_York')).toBe(24);
        expect(hours('2026-10-04', 'Australia/Lord_Howe')).toBe(23.5);
        expect(hours('2026-03-29', 'America/Phoenix')).toBe(24);
    });

    it('begin at one o’clock where midnight does not exist', () => {
        // Cuba moves its clocks at midnight: 2026-03-08 00:00 becomes 01:00.
        expect(startOfLocalDay('2026-03-08', 'America/Havana')).toBe(Date.UTC(2026, 2, 8, 5) / 1000);
        expect(startOfLocalDay('2026-03-09', 'America/Havana')).toBe(Date.UTC(2026, 2, 9, 4) / 1000);
    });

    it('tells zones from other text', () => {
        expect(isTimeZone('Europe/Berlin')).toBe(true);
        expect(isTimeZone('Mars/Olympus')).toBe(false);
        expect(isTimeZone('')).toBe(false);
    });
});
