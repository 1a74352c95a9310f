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

/** Answers that prove wrong only when somebody looks closely: of another channel, another time, another make. */
const deceptiveAnswers: readonly Fault[] = [
    ...brokenAnswers,
    respond.otherChannel(),
    respond.otherSpan(),
    respond.reversed(),
    respond.repeatedRecord(),
    respond.textValue(),
    respond.renamedRecords(),
    respond.doubledKey(),
    respond.halfLetter(),
    respond.truncatedGzip(),
    respond.truncatedGzip(0.95),
    respond.coarsen(3600),
    respond.shiftPage(2),
    // A row lost between two pages.
    respond.shiftPage(-1),
];

/** Everything a hostile source does that costs no real time. */
export const hostileFaults: readonly Fault[] = [
    ...passingFaults,
    ...deceptiveAnswers,
    respond.status(419),
    respond.forbidden(),
    respond.subscriptionExpired(),
    respond.redirect('http://127.0.0.2:9/elsewhere'),
    respond.flood(200_000, '<!DOCTYPE html>', '<p>'),
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

/**
 * Storms by a seed: quiet stretches, then one fault for several requests in a row, so that some outlast every retry.
 * `rate` is the share of quiet requests after which a storm begins; a storm is up to `longest` requests long.
 */
export function randomStorms(
    seed: number,
    options: RandomFaultOptions & { readonly longest?: number } = {},
): FaultSource {
    const { rate = 0.05, faults = hostileFaults, longest = 12 } = options;
    let storm: { readonly fault: Fault | undefined; readonly until: number } | undefined;
    return ({ nth }) => {
        if (storm !== undefined && nth <= storm.until) return storm.fault;
        storm = undefined;
        const hash = mix(seed, nth);
        if (unit(hash) >= rate) return undefined;
        // Most storms are short: the square of an even chance.
        const length = 1 + Math.floor(unit(mix(hash, 2)) ** 2 * longest);
        storm = { fault: faults[mix(hash, 1) % faults.length], until: nth + length - 1 };
        return storm.fault;
    };
}
