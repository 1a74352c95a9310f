/** What the program says while it works: sentences for a person, JSON lines for cron. Built on pino. */
import pino from 'pino';
import { prettyFactory } from 'pino-pretty';
import { printable } from './printable.ts';
import type { OutputStream } from './runtime.ts';

export type LogFields = Readonly<Record<string, unknown>>;

/** One call carries an event name for programs, fields, and a sentence for people. */
export interface Logger {
    debug(event: string, fields: LogFields, sentence: string): void;
    info(event: string, fields: LogFields, sentence: string): void;
    warn(event: string, fields: LogFields, sentence: string): void;
    error(event: string, fields: LogFields, sentence: string): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LogOptions {
    readonly format: 'text' | 'json';
    readonly level: LogLevel;
    readonly color: boolean;
    readonly now: () => number;
}

/** A logger that writes to `stream`, which is stderr: stdout is for data. */
export function createLogger(stream: OutputStream, options: LogOptions): Logger {
    const format = options.format === 'json' ? (line: string) => line : textFormat(options.color);
    const settings: pino.LoggerOptions = {
        level: options.level,
        base: null,
        messageKey: 'message',
        timestamp: () => `,"time":"${new Date(options.now()).toISOString()}"`,
        formatters: { level: (level) => ({ level }) },
    };
    const logger = pino(settings, { write: (line) => void stream.write(format(line)) });
    const at =
        (level: 'debug' | 'info' | 'warn' | 'error') =>
        (event: string, fields: LogFields, sentence: string): void =>
            logger[level]({ event, ...fields }, sentence);
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** `warning: sentence`; a plain sentence when there is nothing to warn of. */
function textFormat(color: boolean): (line: string) => string {
    return prettyFactory({
        colorize: color,
        messageKey: 'message',
        hideObject: true,
        ignore: 'time,level',
        messageFormat: (log, messageKey) => {
            const level = String(log.level);
            return `${level === 'info' ? '' : `${level === 'warn' ? 'warning' : level}: `}${printable(String(log[messageKey]))}`;
        },
    });
}

/** Says nothing; for tests and for library use. */
export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
