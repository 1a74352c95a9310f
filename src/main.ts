/** The program as a function: arguments and a runtime in, an exit code out. The only place that catches everything. */
import { guessVoice } from './cli/context.ts';
import { runProgram } from './cli/program.ts';
import { reportError } from './cli/report-error.ts';
import { messageOf } from './core/errors.ts';
import type { Runtime } from './core/runtime.ts';

const signalCodes: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 };

/** Runs one command. Never throws: every failure is told on stderr and becomes an exit code. */
export async function run(argv: readonly string[], runtime: Runtime): Promise<number> {
    const voice = guessVoice(argv, runtime);
    try {
        return await runProgram(argv, runtime);
    } catch (error) {
        const signal = runtime.signal.aborted ? messageOf(runtime.signal.reason) : '';
        const code = signalCodes[signal];
        if (code === undefined) return reportError(error, runtime.stderr, voice, runtime.now());
        const told = `stopped by ${signal}; nothing is half-written`;
        runtime.stderr.write(
            voice.format === 'json'
                ? `${JSON.stringify({ level: 'warn', time: new Date(runtime.now()).toISOString(), event: 'run_stopped', signal, exit: code, message: told })}\n`
                : `${told}\n`,
        );
        return code;
    }
}
