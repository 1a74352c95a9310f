/** A runtime whose clock, waits, chance and streams a test holds in its hand. `fetch` is the real one unless replaced. */
import type { OutputStream, Runtime } from '../../src/core/runtime.ts';

/** Collects what is written. */
export interface TextStream extends OutputStream {
    readonly text: string;
}

export interface FakeRuntime extends Runtime {
    readonly stdout: TextStream;
    readonly stderr: TextStream;
    /** Every wait that was asked for, in milliseconds; none is really waited. */
    readonly sleeps: readonly number[];
    /** Moves the clock by so many milliseconds. */
    advance(ms: number): void;
    /** Aborts `signal` the way a signal of the system does. */
    interrupt(name?: 'SIGINT' | 'SIGTERM'): void;
}

export interface FakeRuntimeOptions
    extends Partial<Pick<Runtime, 'env' | 'cwd' | 'pid' | 'hostname' | 'fetch' | 'random'>> {
    /** Where the clock starts: an ISO instant or epoch milliseconds. Default 2026-11-23T09:20:00Z. */
    readonly now?: string | number;
    /** Makes both streams say they are a terminal. */
    readonly isTTY?: boolean;
    /** Width of the pretended terminal. */
    readonly columns?: number;
}

/** The instant at which a fake clock stands unless told otherwise. */
const fakeNow = '2026-11-23T09:20:00Z';

/** A stream that keeps its text. */
export function textStream(
    options: { readonly isTTY?: boolean; readonly columns?: number } = {},
): TextStream {
    const parts: string[] = [];
    return {
        ...options,
        write: (text) => {
            parts.push(text);
            return true;
        },
        get text() {
            return parts.join('');
        },
    };
}

/** A wait returns at once, is recorded, and moves the clock on; an aborted signal rejects it as the real one does. */
export function fakeRuntime(options: FakeRuntimeOptions = {}): FakeRuntime {
    const { now = fakeNow, isTTY = false, columns = 120, ...rest } = options;
    const controller = new AbortController();
    const sleeps: number[] = [];
    let clock = typeof now === 'number' ? now : Date.parse(now);
    return {
        env: {},
        cwd: '/nonexistent',
        pid: 4711,
        hostname: 'test-host',
        fetch: globalThis.fetch,
        random: () => 0.5,
        ...rest,
        stdout: textStream({ isTTY, columns }),
        stderr: textStream({ isTTY, columns }),
        signal: controller.signal,
        now: () => clock,
        sleep: async (ms, signal) => {
            // One turn of the loop, so that waiting in a cycle cannot starve everything else.
            await new Promise<void>((resolve) => setImmediate(resolve));
            signal?.throwIfAborted();
            sleeps.push(ms);
            clock += ms;
        },
        sleeps,
        advance: (ms) => {
            clock += ms;
        },
        interrupt: (name = 'SIGINT') => controller.abort(new Error(name)),
    };
}
