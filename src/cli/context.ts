/** What every command is handed: the settings, the streams, the log. Made once per run from flags and runtime. */
import { type LoadedSettings, loadSettings } from '../config/load.ts';
import { createLogger, type Logger } from '../core/log.ts';
import type { OutputStream, Runtime } from '../core/runtime.ts';

export interface Context extends LoadedSettings {
    readonly runtime: Runtime;
    /** What modules say while they work. For cron it keeps only warnings: a good quiet run is one line. */
    readonly log: Logger;
    /** What the command itself says: the summary of a run. */
    readonly say: Logger;
    readonly voice: Voice;
}

/** How the program talks: decided by flags, settings and whether stderr is a terminal. */
export interface Voice {
    readonly format: 'text' | 'json';
    readonly debug: boolean;
    /** Colours on stdout and stderr. */
    readonly color: { readonly stdout: boolean; readonly stderr: boolean };
}

/** Good for every failure that happens before the settings are read. */
export function guessVoice(argv: readonly string[], runtime: Runtime): Voice {
    const at = argv.indexOf('--log-format');
    const given = argv.find((word) => word.startsWith('--log-format='))?.slice('--log-format='.length);
    const wanted = given ?? (at === -1 ? runtime.env.ENISCOPE_LOG_FORMAT : argv[at + 1]) ?? 'auto';
    return makeVoice(wanted, argv.includes('--debug'), runtime);
}

function makeVoice(wanted: string, debug: boolean, runtime: Runtime): Voice {
    const { env, stderr, stdout } = runtime;
    const plain = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb';
    return {
        format: wanted === 'text' || wanted === 'json' ? wanted : stderr.isTTY === true ? 'text' : 'json',
        debug,
        color: { stdout: !plain && stdout.isTTY === true, stderr: !plain && stderr.isTTY === true },
    };
}

/** Reads the settings and opens the log. `values` are the parsed flags. */
export function openContext(values: Readonly<Record<string, unknown>>, runtime: Runtime): Context {
    const loaded = loadSettings({
        env: runtime.env,
        cwd: runtime.cwd,
        flags: values,
        ...(typeof values.config === 'string' ? { configFile: values.config } : {}),
        ...(typeof values['env-file'] === 'string' ? { envFile: values['env-file'] } : {}),
    });
    const voice = makeVoice(loaded.settings.logFormat, values.debug === true, runtime);
    const level =
        values.quiet === true ? 'warn' : values.verbose === true ? 'debug' : loaded.settings.logLevel;
    // A line said while the progress line stands takes its place.
    const isWatched = voice.format === 'text' && runtime.stderr.isTTY === true;
    const sink: OutputStream = {
        write: (line) => runtime.stderr.write(isWatched ? `\r\x1b[K${line}` : line),
    };
    const logger = (atLeast: typeof level): Logger =>
        createLogger(sink, {
            format: voice.format,
            level: atLeast,
            color: voice.color.stderr,
            now: runtime.now,
        });
    return {
        ...loaded,
        runtime,
        voice,
        say: logger(level),
        log: logger(voice.format === 'json' && level === 'info' ? 'warn' : level),
    };
}
