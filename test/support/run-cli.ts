/** Runs the command line: in this process with a fake runtime, or as the child process a shell would start. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/main.ts';
import { type FakeRuntime, type FakeRuntimeOptions, fakeRuntime } from './fake-runtime.ts';

export interface CliResult {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
}

/** Runs in this process. Hand in a `runtime` to keep a hold on its clock or to interrupt it. */
export async function runCli(
    argv: readonly string[],
    overrides: FakeRuntimeOptions & { readonly runtime?: FakeRuntime } = {},
): Promise<CliResult> {
    const { runtime = fakeRuntime(overrides) } = overrides;
    const [outBefore, errBefore] = [runtime.stdout.text.length, runtime.stderr.text.length];
    const code = await run(argv, runtime);
    return {
        code,
        stdout: runtime.stdout.text.slice(outBefore),
        stderr: runtime.stderr.text.slice(errBefore),
    };
}

export const binFile = fileURLToPath(new URL('../../bin/eniscope-lake.js', import.meta.url));

export interface BinOptions {
    readonly cwd: string;
    /** The whole environment of the child besides PATH; nothing is inherited. */
    readonly env?: Readonly<Record<string, string>>;
    /** Called with each piece of output, and a way to send a signal. */
    readonly onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
    /** Called once the process runs, with a way to send it a signal. */
    readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
    /** Number of the user, and of the group, the program runs as; root may choose. */
    readonly user?: number;
}

/** Runs `bin/eniscope-lake.js` as its own process, from the built files in `dist`. */
export function runBin(argv: readonly string[], options: BinOptions): Promise<CliResult> {
    return runProcess(process.execPath, [binFile, ...argv], options);
}

/** Runs any program, for pipes and shells. A process ended by a signal has the shell's code, 128 + number. */
export function runProcess(
    command: string,
    argv: readonly string[],
    options: BinOptions,
): Promise<CliResult> {
    return new Promise((resolve, reject) => {
        const { user } = options;
        const child = spawn(command, argv, {
            ...(user === undefined ? {} : { uid: user, gid: user }),
            cwd: options.cwd,
            env: { PATH: process.env.PATH ?? '', ...options.env },
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        options.onStart?.((signal) => child.kill(signal));
        const text = { stdout: '', stderr: '' };
        for (const name of ['stdout', 'stderr'] as const) {
            child[name].setEncoding('utf8').on('data', (piece: string) => {
                text[name] += piece;
                options.onOutput?.(piece, (signal) => child.kill(signal));
            });
        }
        child.on('error', reject);
        child.on('close', (code, signal) => {
            const bySignal = signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 137;
            resolve({ code: code ?? bySignal, ...text });
        });
    });
}
