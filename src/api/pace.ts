/** The client's gait: requests start no closer than the rate allows, and none starts while the client is paused. */
import type { Runtime } from '../core/runtime.ts';

export interface Pace {
    /** Resolves when the next request may start; turns are given in the order they were asked for. */
    turn(): Promise<void>;
    /** Nobody starts for `ms` from now; a longer pause under way stays. Returns the milliseconds added to it. */
    pause(ms: number): number;
}

export type PaceEffects = Pick<Runtime, 'now' | 'sleep' | 'signal'>;

/** After a pause so many requests start at the rate real clients got through with, lest a burst is refused again. */
const carefulStarts = 10;
const carefulSpacingMs = 1000;

/** `requestsPerSecond` 0 means no spacing; pauses hold all the same. */
export function createPace(requestsPerSecond: number, effects: PaceEffects): Pace {
    const spacingMs = requestsPerSecond > 0 ? 1000 / requestsPerSecond : 0;
    let nextStart = Number.NEGATIVE_INFINITY;
    let pausedUntil = Number.NEGATIVE_INFINITY;
    let carefulLeft = 0;
    let queue: Promise<void> = Promise.resolve();

    async function takeTurn(): Promise<void> {
        // Counted from what was slept, not read again: a clock that jumps can neither hang nor hurry the client.
        let at = effects.now();
        for (;;) {
            effects.signal.throwIfAborted();
            const start = Math.max(at, nextStart, pausedUntil);
            if (start <= at) break;
            await sleepOrStop(start - at, effects);
            at = start;
        }
        nextStart = at + (carefulLeft > 0 ? Math.max(spacingMs, carefulSpacingMs) : spacingMs);
        carefulLeft = Math.max(0, carefulLeft - 1);
    }

    return {
        turn() {
            const turn = queue.then(takeTurn);
            queue = turn.catch(() => undefined);
            return turn;
        },
        pause(ms) {
            const until = effects.now() + ms;
            const added = until - Math.max(pausedUntil, effects.now());
            pausedUntil = Math.max(pausedUntil, until);
            carefulLeft = carefulStarts;
            return Math.max(0, added);
        },
    };
}

/** Sleeps; when the signal aborts, throws the signal's own reason. */
export async function sleepOrStop(ms: number, effects: Pick<Runtime, 'sleep' | 'signal'>): Promise<void> {
    effects.signal.throwIfAborted();
    try {
        await effects.sleep(ms, effects.signal);
    } catch (error) {
        effects.signal.throwIfAborted();
        throw error;
    }
    effects.signal.throwIfAborted();
}
