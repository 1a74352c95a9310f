import { describe, expect, it } from 'vitest';
import { generatedSite, trueMinute } from '../../../src/simulator/generated.ts';
import { generatedFleet } from '../../../src/simulator/generated-fleet.ts';

const utc = (text: string): number => Date.parse(text) / 1000;
const site = generatedSite({ seed: 7 });
const live = site.channels.filter((row) => row.answers === 'values' && row.fields.includes('E'));
const from = utc('2026-03-07T05:00Z');

function column(id: string, code: string, start: number, count: number, resolution: number): Float64Array {
    const span = { from: start, to: start + count * resolution };
    return site.buckets(id, [code], span, resolution)[0] ?? new Float64Array();
}

const sum = (values: Float64Array): number => values.reduce((before, value) => before + value, 0);

describe('the generated site', () => {
    it('has the inventory the demo promises', () => {
        expect(site.channels).toHaveLength(23);
        expect(live).toHaveLength(11);
        expect(site.channels.filter((row) => row.answers === 'nulls')).toHaveLength(9);
        expect(site.channels.filter((row) => row.answers === 'error')).toHaveLength(2);
        expect(new Set(site.organizations.map((row) => row.timeZone)).size).toBe(2);
        const owner = new Map(site.devices.map((row) => [row.deviceId, row.organizationId]));
        const borrowed = site.channels.filter(
            (row) => row.deviceId !== null && owner.get(row.deviceId) !== row.organizationId,
        );
        expect(borrowed.map((row) => row.channelId)).toEqual(['163003']);
        expect(new Set(site.channels.map((row) => row.channelId)).size).toBe(23);
        expect(new Set(site.devices.map((row) => row.deviceId)).size).toBe(site.devices.length);
    });

    it('gives the same values in any order, from any instance', () => {
        const late = column('162320', 'P', from + 86_400 * 40, 96, 900);
        const other = generatedSite({ seed: 7 });
        const span = { from: from + 86_400 * 40, to: from + 86_400 * 41 };
        expect(other.buckets('162320', ['P'], span, 900)[0]).toEqual(late);
        expect(generatedSite({ seed: 8 }).buckets('162320', ['P'], span, 900)[0]).not.toEqual(late);
    });

    it('conserves energy: any resolution is the sum of the minutes, DST days and ragged grids included', () => {
        for (const { channelId } of live) {
            let truth = 0;
            for (let minute = 0; minute < 2880; minute += 1) {
                truth += trueMinute(7, channelId, from + minute * 60).E ?? Number.NaN;
            }
            for (const resolution of [60, 900, 1800, 3600, 86_400]) {
                const energy = sum(column(channelId, 'E', from, 172_800 / resolution, resolution));
                expect(energy).toBe(truth);
            }
            const ragged = column(channelId, 'E', from + 420, 191, 900);
            let inside = 0;
            for (let minute = 7; minute < 7 + 191 * 15; minute += 1) {
                inside += trueMinute(7, channelId, from + minute * 60).E ?? Number.NaN;
            }
            expect(sum(ragged)).toBe(inside);
        }
    });

    it('keeps a bucket a grid of seconds cannot split: each minute counts once', () => {
        const whole = sum(column('162285', 'E', from, 48, 900));
        const shifted = sum(column('162285', 'E', from - 29, 48, 900));
        expect(shifted).toBeCloseTo(whole, 6);
    });

    it.each([60, 900, 1800, 3600, 86_400])(
        'means the same by energy and power at %i s, within 0.1 %%',
        (res) => {
            for (const { channelId } of live) {
                const energy = column(channelId, 'E', from, 24, res);
                const power = column(channelId, 'P', from, 24, res);
                for (const [index, value] of energy.entries()) {
                    const expected = ((power[index] ?? Number.NaN) * res) / 3600;
                    expect(Math.abs(value - expected)).toBeLessThanOrEqual(expected * 0.001);
                }
            }
        },
    );

    it('balances the phases and stays near nominal voltage', () => {
        for (const { channelId } of live) {
            const span = { from, to: from + 86_400 };
            const codes = ['P', 'P1', 'P2', 'P3', 'I', 'I1', 'I2', 'I3', 'V', 'PF', 'E', 'E1', 'E2', 'E3'];
            const columns = site.buckets(channelId, codes, span, 900);
            const nominal = channelId.startsWith('163') ? 230.5 : 120.25;
            for (let row = 0; row < 96; row += 1) {
                const [p, p1, p2, p3, i, i1, i2, i3, v, pf, e, e1, e2, e3] = columns.map(
                    (values) => values[row] ?? Number.NaN,
                );
                expect(Number(p1) + Number(p2) + Number(p3)).toBeCloseTo(Number(p), 6);
                expect(Number(e1) + Number(e2) + Number(e3)).toBeCloseTo(Number(e), 6);
                expect((Number(i1) + Number(i2) + Number(i3)) / 3).toBeCloseTo(Number(i), 9);
                expect(Math.abs(Number(v) - nominal)).toBeLessThan(2.1);
                expect(Number(pf)).toBeGreaterThanOrEqual(0);
                expect(Number(pf)).toBeLessThanOrEqual(1);
                // Three phases: P = 3 V I PF, up to the current's last digit.
                const volts = 3 * Number(v) * Number(pf);
                expect(Math.abs(volts * Number(i) - Number(p))).toBeLessThan(volts / 1024 + 1e-6);
            }
        }
    });

    it('keeps the highest minute as the peak', () => {
        const power = column('162285', 'P', from + 12 * 3600, 60, 60);
        const peak = column('162285', 'Pmax', from + 12 * 3600, 1, 3600);
        expect(peak[0]).toBe(Math.max(...power));
    });

    it.each([
        ['2026-01-14', '10:15'],
        ['2026-07-15', '09:15'],
        // The Fridays before and the Mondays after the clocks change.
        ['2026-03-06', '10:15'],
        ['2026-03-09', '09:15'],
        ['2026-10-30', '09:15'],
        ['2026-11-02', '10:15'],
    ])('follows the clock of the site: on %s the reserve unit starts at 05:15, %s UTC', (date, time) => {
        const midnight = utc(`${date}T06:00Z`);
        const power = column('162119', 'P', midnight, 40, 900);
        const started = midnight + power.findIndex((watts) => watts > 0) * 900;
        expect(started).toBe(utc(`${date}T${time}Z`));
    });

    it('rests at the weekend', () => {
        const saturday = sum(column('162285', 'E', utc('2026-01-17T05:00Z'), 24, 3600));
        const friday = sum(column('162285', 'E', utc('2026-01-16T05:00Z'), 24, 3600));
        expect(saturday).toBeLessThan(friday / 2);
    });

    it('draws the typical loads of its model', () => {
        for (const [channelId, watts] of [
            ['162320', 2500],
            ['162121', 6210],
            ['162285', 1340],
            ['163001', 9800],
        ] as const) {
            const week = column(channelId, 'P', utc('2026-02-02T05:00Z'), 168, 3600);
            expect(sum(week) / 168 / watts).toBeGreaterThan(0.85);
            expect(sum(week) / 168 / watts).toBeLessThan(1.25);
        }
    });

    it('knows true zeros: the reserve unit is off at night', () => {
        const night = column('162119', 'P', utc('2026-02-03T06:00Z'), 12, 900);
        expect([...night]).toEqual(Array.from({ length: 12 }, () => 0));
    });

    it('knows nothing before its first reading, and nothing of a silent hub', () => {
        const early = generatedSite({ seed: 7, firstAt: from });
        const span = { from: from - 1800, to: from + 1800 };
        const [energy] = early.buckets('162320', ['E'], span, 900);
        expect([...(energy ?? [])].map(Number.isNaN)).toEqual([true, true, false, false]);
        expect([...column('158694', 'E', from, 4, 900)].every(Number.isNaN)).toBe(true);
        expect(trueMinute(7, '158694', from)).toEqual({});
    });
});

describe('a generated fleet', () => {
    it('deals channels out to organizations and zones', () => {
        const fleet = generatedFleet({
            channels: 10,
            organizations: 3,
            timeZones: ['Europe/London', 'Asia/Tokyo'],
        });
        expect(fleet.channels).toHaveLength(10);
        expect(fleet.organizations.map((row) => row.timeZone).slice(1)).toEqual([
            'Europe/London',
            'Asia/Tokyo',
            'Europe/London',
        ]);
        expect(new Set(fleet.channels.map((row) => row.organizationId)).size).toBe(3);
        const [energy] = fleet.buckets('300009', ['E'], { from, to: from + 86_400 }, 900);
        expect(energy?.every((value) => value > 0)).toBe(true);
    });
});
