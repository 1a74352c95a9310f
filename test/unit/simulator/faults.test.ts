import { describe, expect, it } from 'vitest';
import { type FaultRequest, FaultScript } from '../../../src/simulator/faults.ts';
import {
    hostileFaults,
    passingFaults,
    randomFaults,
    randomStorms,
} from '../../../src/simulator/random-faults.ts';
import { RateLimit } from '../../../src/simulator/rate-limit.ts';
import { respond } from '../../../src/simulator/respond.ts';

function request(nth: number, channelId?: string): FaultRequest {
    const path = channelId === undefined ? '/channels' : `/readings/${channelId}`;
    return { method: 'GET', path, query: '', channelId, nth };
}

const bad = respond.status(500);
const worse = respond.html(502);

describe('a fault script', () => {
    it('strikes once, and only what it matches', () => {
        const faults = new FaultScript();
        faults.next({ channel: '1' }, bad);
        expect(faults.pending).toBe(1);
        expect(faults.take(request(1, '2'))).toBeUndefined();
        expect(faults.take(request(2, '1'))).toBe(bad);
        expect(faults.take(request(3, '1'))).toBeUndefined();
        expect(faults.pending).toBe(0);
    });

    it('plays a sequence in order, then heals', () => {
        const faults = new FaultScript();
        faults.sequence({ path: '/channels' }, bad, respond.truth(), worse);
        expect([1, 2, 3, 4].map((nth) => faults.take(request(nth))?.kind)).toEqual([
            'replace',
            'none',
            'replace',
            undefined,
        ]);
    });

    it('repeats so many times, or until cleared', () => {
        const faults = new FaultScript();
        faults.times(2, {}, bad);
        faults.always({ method: 'GET' }, worse);
        expect([1, 2, 3, 4].map((nth) => faults.take(request(nth)))).toEqual([bad, bad, worse, worse]);
        faults.clear();
        expect(faults.take(request(5))).toBeUndefined();
    });

    it('counts to the nth matching request', () => {
        const faults = new FaultScript();
        faults.next({ path: /readings/, nth: 2 }, bad);
        expect(faults.take(request(1, '1'))).toBeUndefined();
        expect(faults.take(request(2))).toBeUndefined();
        expect(faults.take(request(3, '7'))).toBe(bad);
        expect(faults.take(request(4, '7'))).toBeUndefined();
    });

    it('asks a predicate, and a source for what nothing else caught', () => {
        const faults = new FaultScript();
        faults.always({ when: ({ nth }) => nth === 2 }, bad);
        faults.from(({ nth }) => (nth === 3 ? worse : undefined));
        expect([1, 2, 3].map((nth) => faults.take(request(nth)))).toEqual([undefined, bad, worse]);
    });
});

describe('random faults', () => {
    it('are the same for the same seed, and come at the asked rate', () => {
        const deal = (seed: number): unknown[] =>
            Array.from({ length: 2000 }, (_, nth) => randomFaults(seed, { rate: 0.2 })(request(nth)));
        expect(deal(7)).toEqual(deal(7));
        expect(deal(7)).not.toEqual(deal(8));
        const struck = deal(7).filter((fault) => fault !== undefined);
        expect(struck.length).toBeGreaterThan(320);
        expect(struck.length).toBeLessThan(480);
        expect(new Set(struck).size).toBe(passingFaults.length);
    });
});

describe('the rate limit', () => {
    it('lets a burst pass, then about one a second', () => {
        const limit = new RateLimit();
        const waits = Array.from({ length: 8 }, (_, index) => limit.take(index * 300));
        // Five at once and 0.315 more for each 0.3 s: the seventh finds 0.89 of a call.
        expect(waits).toEqual([0, 0, 0, 0, 0, 0, 1, 0]);
    });

    it('never refuses one call a second', () => {
        const limit = new RateLimit();
        const waits = Array.from({ length: 600 }, (_, index) => limit.take(index * 1000));
        expect(waits.every((wait) => wait === 0)).toBe(true);
    });
});

describe('random storms', () => {
    const deal = (seed: number) => {
        const storms = randomStorms(seed, { rate: 0.1, longest: 8 });
        return Array.from({ length: 20_000 }, (_, nth) => storms(request(nth + 1)));
    };

    it('are the same for the same seed', () => {
        expect(deal(5)).toEqual(deal(5));
        expect(deal(5)).not.toEqual(deal(6));
    });

    it('last for several requests, with quiet between them, and leave no fault out', () => {
        const dealt = deal(5);
        expect(new Set(dealt.filter((fault) => fault !== undefined)).size).toBe(hostileFaults.length);
        const lengths = dealt.reduce<number[]>((found, fault, at) => {
            if (fault !== undefined && fault === dealt[at - 1])
                found[found.length - 1] = (found.at(-1) ?? 0) + 1;
            else if (fault !== undefined) found.push(1);
            return found;
        }, []);
        expect(Math.max(...lengths)).toBeGreaterThan(4);
        expect(dealt.filter((fault) => fault === undefined).length).toBeGreaterThan(10_000);
    });
});
