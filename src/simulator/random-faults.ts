/** A hostile network for soak tests: faults dealt out by a seed, the same for the same seed and order of requests. */
import type { Fault, FaultSource } from './faults.ts';
import { mix, unit } from './noise.ts';
import { respond } from './respond.ts';

export interface RandomFaultOptions {
    /** Share of requests that meet a fault, 0 … 1; default 0.1. */
    readonly rate?: number;
    /** What may happen; default `passingFaults`. */
    readonly faults?: readonly Fault[];
}

/** Faults a good client gets over by asking again. */
export const passingFaults: readonly Fault[] = [
    respond.status(500, '{"error":{"code":500,"message":"Internal error"}}'),
    respond.html(502),
    respond.html(504),
    respond.status(503),
    respond.tooManyRequests(),
    respond.tooManyRequests(1),
    respond.cut(0),
    respond.cut(200),
    respond.lapse(419),
    respond.lapse(401),
    respond.rotateToken(),
];

/** Answers with status 200 that must not be believed. */
export const brokenAnswers: readonly Fault[] = [
    respond.emptyBody(),
    respond.truncatedJson(),
    respond.bareArray(),
    respond.withoutRecords(),
    respond.wrongCount(),
    respond.offGrid(),
    respond.wrongUnits(),
    respond.html(200),
];

/** Deals faults to the requests: `simulator.faults.from(randomFaults(7, { rate: 0.2 }))`. */
export function randomFaults(seed: number, options: RandomFaultOptions = {}): FaultSource {
    const { rate = 0.1, faults = passingFaults } = options;
    return ({ nth }) => {
        const hash = mix(seed, nth);
        if (unit(hash) >= rate) return undefined;
        return faults[mix(hash, 1) % faults.length];
    };
}
