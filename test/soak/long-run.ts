/** The program kept at work in one process, run after run, by test/soak/cron-child.js. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** What the process holds after a run, garbage collected. */
export interface Held {
    readonly rss: number;
    readonly heapUsed: number;
    readonly descriptors: number;
}

interface Ended {
    readonly code: number;
    readonly stderr: string;
    readonly held?: Held;
}

export interface LongRun {
    /** `now` in epoch milliseconds. */
    run(now: number, argv: readonly string[], isMeasured?: boolean): Promise<Ended>;
    end(): Promise<void>;
}

export function startLongRun(cwd: string, env: Readonly<Record<string, string>>): LongRun {
    const script = fileURLToPath(new URL('cron-child.js', import.meta.url));
    const child = spawn(process.execPath, ['--expose-gc', script], {
        cwd,
        env: { PATH: process.env.PATH ?? '', ...env },
        stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return {
        run: async (now, argv, isMeasured = false) => {
            child.stdin.write(`${JSON.stringify({ now, argv, isMeasured })}\n`);
            const { value, done } = await answers.next();
            if (done === true) throw new Error(`the process ended with ${child.exitCode}`);
            return JSON.parse(value);
        },
        end: async () => {
            child.stdin.end();
            if (child.exitCode === null) await once(child, 'close');
        },
    };
}
