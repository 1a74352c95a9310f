/** Everything that differs between a terminal, cron and a test: the one place that touches `process` and the clock. */
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

export interface OutputStream {
    readonly isTTY?: boolean;
    readonly columns?: number;
    write(text: string): boolean;
}

export interface Runtime {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly cwd: string;
    readonly pid: number;
    readonly hostname: string;
    readonly stdout: OutputStream;
    readonly stderr: OutputStream;
    readonly fetch: typeof fetch;
    /** Aborted by SIGINT and SIGTERM: work stops at the next clean point. */
    readonly signal: AbortSignal;
    /** Epoch milliseconds. */
    now(): number;
    sleep(ms: number, signal?: AbortSignal): Promise<void>;
    /** 0 ≤ x < 1, for jitter. */
    random(): number;
}

/** The real world. Signals abort `signal`; a second one ends the process. */
export function systemRuntime(): Runtime {
    const controller = new AbortController();
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
        process.once(name, () => controller.abort(new Error(name)));
    }
    return {
        env: process.env,
        cwd: process.cwd(),
        pid: process.pid,
        hostname: hostname(),
        stdout: process.stdout,
        stderr: process.stderr,
        fetch: globalThis.fetch,
        signal: controller.signal,
        now: () => Date.now(),
        sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
        random: () => Math.random(),
    };
}
