import { describe, expect, it } from 'vitest';
import { type Failure, parseRetryAfter, retryDelayMs } from '../../../src/api/retry.ts';

const limited: Failure = { kind: 'rate_limited', retryAfterMs: undefined };
const server = (status: number): Failure => ({ kind: 'server', status });

/** The waits before each retry, until the arithmetic gives up. */
function waits(failure: Failure, random = 0.5): number[] {
    const found: number[] = [];
    const failures: Failure[] = [];
    for (;;) {
        failures.push(failure);
        const wait = retryDelayMs(failures, random);
        if (wait === undefined) return found;
        found.push(wait);
    }
}

describe('how often and how long a failure is waited for', () => {
    it.each([
        ['500', server(500), [4000, 8000]],
        ['501', server(501), [4000, 8000]],
        ['502', server(502), [4000, 8000, 16_000]],
        ['504', server(504), [4000, 8000, 16_000]],
        ['a cut connection', { kind: 'network' } as const, [4000, 8000, 16_000]],
        ['a time-out', { kind: 'timeout' } as const, [4000, 8000, 16_000]],
        ['a host that does not exist', { kind: 'gone' } as const, [4000]],
    ])('%s', (_name, failure, expected) => {
        expect(waits(failure)).toEqual(expected);
    });

    it('waits 8, 16 and then 32 s for a 429, never less', () => {
        expect(waits(limited, 0)).toEqual([8000, 16_000, 32_000, 32_000, 32_000]);
        expect(waits(limited, 1)).toEqual([10_000, 20_000, 40_000, 40_000, 40_000]);
    });

    it('spreads other waits by a fifth to either side', () => {
        expect(waits(server(500), 0)).toEqual([3200, 6400]);
        expect(waits(server(500), 1)).toEqual([4800, 9600]);
    });

    it('waits as long as Retry-After says, without jitter, five minutes at most', () => {
        expect(waits({ kind: 'rate_limited', retryAfterMs: 7000 }, 0.9)).toEqual(Array(5).fill(7000));
        expect(waits({ kind: 'rate_limited', retryAfterMs: 86_400_000 })).toEqual(Array(5).fill(300_000));
        expect(waits({ kind: 'rate_limited', retryAfterMs: 0 })).toEqual(Array(5).fill(0));
    });

    it('does not count a 429 against the tries of a server error', () => {
        expect(retryDelayMs([limited, limited, server(500)], 0.5)).toBe(4000);
        expect(retryDelayMs([server(500), limited], 0)).toBe(8000);
    });

    it('counts server errors, cut connections and time-outs together', () => {
        expect(retryDelayMs([{ kind: 'network' }, { kind: 'timeout' }, server(503)], 0.5)).toBe(16_000);
        expect(retryDelayMs([{ kind: 'network' }, { kind: 'timeout' }, server(500)], 0.5)).toBe(16_000);
        expect(
            retryDelayMs([{ kind: 'network' }, server(502), server(500), server(500)], 0.5),
        ).toBeUndefined();
        expect(retryDelayMs([server(500), { kind: 'network' }, { kind: 'gone' }], 0.5)).toBe(16_000);
    });
});

describe('Retry-After', () => {
    const now = Date.UTC(2015, 9, 21, 7, 27, 0);

    it.each([
        ['120', 120_000],
        [' 0 ', 0],
        ['1.5', 1500],
        ['Wed, 21 Oct 2015 07:28:00 GMT', 60_000],
        ['Wednesday, 21-Oct-15 07:28:00 GMT', 60_000],
        ['Wed Oct 21 07:28:00 2015', 60_000],
        ['Wed, 21 Oct 2015 07:00:00 GMT', 0],
    ])('reads %j', (header, expected) => {
        expect(parseRetryAfter(header, now)).toBe(expected);
    });

    it.each([null, '', 'soon', '-5', '12 parsecs', '2015-10-21'])('makes nothing of %j', (header) => {
        expect(parseRetryAfter(header, now)).toBeUndefined();
    });
});
