import { describe, expect, it } from 'vitest';
import { createPace, sleepOrStop } from '../../../src/api/pace.ts';

function fakeClock() {
    const abort = new AbortController();
    const clock = {
        ms: 5000,
        slept: [] as number[],
        abort,
        signal: abort.signal,
        now: () => clock.ms,
        sleep: async (ms: number) => {
            clock.slept.push(ms);
            clock.ms += ms;
        },
    };
    return clock;
}

describe('the pace', () => {
    it('starts the first request at once and spaces the others', async () => {
        const clock = fakeClock();
        const pace = createPace(4, clock);
        const starts: number[] = [];
        await Promise.all(
            [0, 1, 2, 3].map(async () => {
                await pace.turn();
                starts.push(clock.ms);
            }),
        );
        expect(starts).toEqual([5000, 5250, 5500, 5750]);
    });

    it('does not make up for time in which nobody asked', async () => {
        const clock = fakeClock();
        const pace = createPace(1, clock);
        await pace.turn();
        clock.ms += 60_000;
        await pace.turn();
        await pace.turn();
        expect(clock.slept).toEqual([1000]);
    });

    it('never waits without a limit', async () => {
        const clock = fakeClock();
        const pace = createPace(0, clock);
        for (let i = 0; i < 100; i += 1) await pace.turn();
        expect(clock.slept).toEqual([]);
    });

    it('holds everybody during a pause, those who already wait too', async () => {
        const clock = fakeClock();
        const starts: number[] = [];
        const pace = createPace(1, {
            ...clock,
            now: () => clock.ms,
            sleep: async (ms) => {
                // The pause comes while the second request waits for its turn.
                if (clock.slept.length === 0) pace.pause(8000);
                await clock.sleep(ms);
            },
        });
        for (let i = 0; i < 3; i += 1) {
            await pace.turn();
            starts.push(clock.ms);
        }
        expect(starts).toEqual([5000, 13_000, 14_000]);
    });

    it('keeps the longer of two pauses and counts their sum once', () => {
        const pace = createPace(0, fakeClock());
        expect(pace.pause(8000)).toBe(8000);
        expect(pace.pause(3000)).toBe(0);
        expect(pace.pause(9000)).toBe(1000);
    });

    it('goes carefully for ten starts after a pause, then at its own rate again', async () => {
        const clock = fakeClock();
        const pace = createPace(0, clock);
        pace.pause(8000);
        for (let i = 0; i < 20; i += 1) await pace.turn();
        expect(clock.slept).toEqual([8000, ...Array(10).fill(1000)]);
    });

    it('is not hung by a clock that stands still', async () => {
        const clock = fakeClock();
        const slept: number[] = [];
        const pace = createPace(1, {
            now: () => 5000,
            signal: clock.signal,
            sleep: async (ms) => void slept.push(ms),
        });
        pace.pause(8000);
        await pace.turn();
        await pace.turn();
        expect(slept).toEqual([8000, 9000]);
    });

    it('gives up at once when the work is stopped, with its own reason', async () => {
        const clock = fakeClock();
        const pace = createPace(1, { ...clock, sleep: () => new Promise(() => {}) });
        await pace.turn();
        clock.abort.abort(new Error('SIGINT'));
        await expect(pace.turn()).rejects.toThrow('SIGINT');
        await expect(pace.turn()).rejects.toThrow('SIGINT');
    });

    it('replaces the error of an interrupted sleep by the reason for it', async () => {
        const clock = fakeClock();
        const sleep = async () => {
            clock.abort.abort(new Error('SIGTERM'));
            throw new Error('The operation was aborted');
        };
        await expect(sleepOrStop(10, { sleep, signal: clock.signal })).rejects.toThrow('SIGTERM');
    });
});
