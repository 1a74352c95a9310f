/**
 * The physics of a generated channel: every value is a pure function of (key, instant).
 *
 * The quarter-hour is drawn first; its fifteen minutes are the quarter's mean times 1 + w, with weights w that add up to
 * nothing. All amounts are multiples of a power of two, so minutes add up to their quarter, and quarters to anything
 * coarser, without rounding: energy is conserved exactly and a year of days costs 35,000 quarters, not 525,000 minutes.
 */

import { quartersOfWeek, type Shape, weekOf } from './load-shape.ts';
import { keyOf, mix, unit } from './noise.ts';
import type { Aggregate } from './site.ts';
import { type DayOffset, offsetOfDay } from './zone-offset.ts';

/** A code is a line through one of the model's base values: value × multiply + add. */
export interface FieldRule {
    readonly code: string;
    readonly base: number;
    readonly multiply: number;
    readonly add: number;
    readonly aggregate: Aggregate;
}

export interface ChannelModel {
    readonly rules: readonly FieldRule[];
    /** How many base values `quarter` and `minute` write. */
    readonly size: number;
    /** The base values of a quarter-hour (quarters since 1970): amounts of the quarter, means of instants. */
    quarter(quarter: number, out: Float64Array): void;
    /** The base values of one minute (0 … 14) of a quarter-hour. */
    minute(quarter: number, minute: number, out: Float64Array): void;
}

export interface MeterTraits {
    readonly typicalW: number;
    readonly shape: Shape;
    readonly powerFactor: number;
    readonly voltage: number;
    readonly frequency: number;
    readonly timeZone: string;
}

/** Where each base value of a meter stands. */
const base = { E: 0, P: 1, V: 2, I: 3, PF: 4, Q: 5, S: 6, F: 7, D: 8, In: 9, Pmax: 10, RE: 11, AE: 12 };

/** Sixteenths that add up to zero: compressor cycles, flicker, short bursts. */
const weights: Readonly<Record<Shape, readonly number[]>> = {
    rooftop: [7, 7, 7, 7, 7, 7, 7, 7, -8, -8, -8, -8, -8, -8, -8],
    standby: [7, 7, 7, 7, 7, 7, 7, 7, -8, -8, -8, -8, -8, -8, -8],
    airHandler: [1, -1, 0, 1, 0, -1, 0, 1, -1, 0, 1, -1, 0, 0, 0],
    kitchen: [-2, -2, -2, -2, 8, -2, -2, -2, -2, 8, -2, -2, -2, -2, 8],
    office: [1, -1, 2, -2, 0, 1, -1, 3, -3, 0, 2, -2, 1, -1, 0],
};

/** Shares of the three phases, in 64ths, and their voltage offsets in quarter volts: both balance. */
const phaseShares = [22, 21, 21].map((share) => share / 64);
const phaseVolts = [0.5, -0.25, -0.25];

/** Rounds to a multiple of 1/`parts`; exact when `parts` is a power of two. */
function quantize(value: number, parts: number): number {
    return Math.round(value * parts) / parts;
}

/** What an electricity meter measures. */
export function meterModel(key: number, traits: MeterTraits): ChannelModel {
    const week = weekOf(traits.shape);
    const minuteWeights = Float64Array.from(weights[traits.shape], (sixteenths) => sixteenths / 16);
    const highest = Math.max(...minuteWeights);
    const local = localQuarters(traits.timeZone);
    let drawnDay = Number.NaN;
    let dayFactor = 1;

    function quarter(index: number, out: Float64Array): void {
        const day = Math.floor(index / 96);
        if (day !== drawnDay) {
            drawnDay = day;
            const season = 1 + 0.1 * Math.cos(((day - 15) / 365.25) * 2 * Math.PI);
            dayFactor = season * (0.92 + 0.16 * unit(mix(key, day)));
        }
        // 1970 began on a Thursday, three days after a Monday.
        const slot = (local(index) + 3 * 96) % quartersOfWeek;
        const hash = mix(key ^ 0x51ed270b, index);
        const load = traits.typicalW * (week[slot] ?? 0) * dayFactor * (0.85 + 0.3 * unit(hash));
        const perMinute = quantize(load / 60, 256);
        const second = mix(hash, 1);
        const wobble = ((second & 0xff) - 127.5) / 127.5;
        const power = quantize(perMinute * 60 * (1 + 0.0004 * wobble), 256);
        const volts = quantize(traits.voltage + (((second >>> 8) & 0xff) - 127.5) / 75, 64);
        const spread = Math.min(0.03, traits.powerFactor / 5) * ((((second >>> 16) & 0xff) - 127.5) / 127.5);
        const factor = power === 0 ? 0 : Math.min(1, quantize(traits.powerFactor + spread, 256));
        const amps = factor === 0 ? 0 : quantize(power / (3 * volts * factor), 1024);
        const apparent = factor === 0 ? 0 : power / factor;
        const reactive = Math.sqrt(Math.max(0, apparent * apparent - power * power));
        out[base.E] = perMinute * 15;
        out[base.P] = power;
        out[base.V] = volts;
        out[base.I] = amps;
        out[base.PF] = factor;
        out[base.Q] = reactive;
        out[base.S] = apparent;
        out[base.F] = traits.frequency + ((second >>> 24) - 128) / 4096;
        out[base.D] = 6 + ((hash >>> 8) & 0x3f) / 16;
        out[base.In] = amps / 8;
        out[base.Pmax] = power * (1 + highest);
        out[base.RE] = reactive / 4;
        out[base.AE] = apparent / 4;
    }

    function minute(index: number, offset: number, out: Float64Array): void {
        quarter(index, out);
        const turn = mix(key ^ 0x2545f491, index) % 15;
        const weight = minuteWeights[(offset + turn) % 15] ?? 0;
        for (const part of [base.P, base.I, base.Q, base.S, base.In]) {
            out[part] = (out[part] ?? 0) * (1 + weight);
        }
        for (const part of [base.E, base.RE, base.AE]) out[part] = ((out[part] ?? 0) / 15) * (1 + weight);
        out[base.V] = (out[base.V] ?? 0) - weight / 2;
        out[base.Pmax] = out[base.P] ?? 0;
    }

    return { rules: meterRules, size: 13, quarter, minute };
}

function rule(code: string, at: number, aggregate: Aggregate, multiply = 1, add = 0): FieldRule {
    return { code, base: at, multiply, add, aggregate };
}

function phases(code: string, at: number, aggregate: Aggregate, scale: number): FieldRule[] {
    return phaseShares.map((share, phase) => rule(`${code}${phase + 1}`, at, aggregate, share * scale));
}

const meterRules: readonly FieldRule[] = [
    rule('E', base.E, 'sum'),
    ...phases('E', base.E, 'sum', 1),
    rule('P', base.P, 'mean'),
    ...phases('P', base.P, 'mean', 1),
    rule('Pmax', base.Pmax, 'max'),
    rule('V', base.V, 'mean'),
    ...phaseVolts.map((volts, phase) => rule(`V${phase + 1}`, base.V, 'mean', 1, volts)),
    rule('I', base.I, 'mean'),
    // System current is the mean of the phases, so a phase carries three times its share of it.
    ...phases('I', base.I, 'mean', 3),
    rule('PF', base.PF, 'mean'),
    ...['PF1', 'PF2', 'PF3'].map((code) => rule(code, base.PF, 'mean')),
    rule('Q', base.Q, 'mean'),
    ...phases('Q', base.Q, 'mean', 1),
    rule('S', base.S, 'mean'),
    ...phases('S', base.S, 'mean', 1),
    rule('F', base.F, 'mean'),
    rule('D', base.D, 'mean'),
    rule('In', base.In, 'mean'),
    rule('RE', base.RE, 'sum'),
    rule('AE', base.AE, 'sum'),
];

/** The codes every generated meter delivers. */
export const meterFields: readonly string[] = meterRules.map(({ code }) => code);

const air = { T: 0, RH: 1, CO2: 2, VOC1: 3, PM1: 4 };

const airRules: readonly FieldRule[] = [
    rule('T', air.T, 'mean'),
    rule('RH', air.RH, 'mean'),
    rule('CO2', air.CO2, 'mean'),
    rule('VOC1', air.VOC1, 'mean'),
    rule('PM1', air.PM1, 'mean'),
];

/** The codes of an air-quality sensor: nothing electrical. */
export const airFields: readonly string[] = airRules.map(({ code }) => code);

/** What an air-quality sensor measures in a kitchen: warm and stuffy while people work. */
export function airModel(key: number, timeZone: string): ChannelModel {
    const week = weekOf('kitchen');
    const local = localQuarters(timeZone);
    function quarter(index: number, out: Float64Array): void {
        const busy = week[(local(index) + 3 * 96) % quartersOfWeek] ?? 0;
        const hash = mix(key, index);
        out[air.T] = quantize(20.5 + busy * 0.9 + (hash & 0xff) / 512, 64);
        out[air.RH] = quantize(38 + busy * 3 + ((hash >>> 8) & 0xff) / 128, 64);
        out[air.CO2] = quantize(430 + busy * 120 + ((hash >>> 16) & 0xff) / 8, 64);
        out[air.VOC1] = quantize(90 + busy * 25 + (hash >>> 24) / 16, 64);
        out[air.PM1] = quantize(3 + busy + (hash >>> 28) / 16, 64);
    }
    return { rules: airRules, size: 5, quarter, minute: (index, _minute, out) => quarter(index, out) };
}

/** Turns UTC quarters into local ones, remembering the day it last looked up. */
function localQuarters(timeZone: string): (quarter: number) => number {
    let knownDay = Number.NaN;
    let offset: DayOffset = { before: 0, changesAt: 0, after: 0 };
    return (quarter) => {
        const day = Math.floor(quarter / 96);
        if (day !== knownDay) {
            offset = offsetOfDay(timeZone, day);
            knownDay = day;
        }
        const seconds = quarter * 900 < offset.changesAt ? offset.before : offset.after;
        return quarter + Math.round(seconds / 900);
    };
}

/** The key of a channel's randomness. */
export function channelKey(seed: number, channelId: string): number {
    return keyOf(channelId, seed);
}
