/** Every failure a user can meet: a stable code, one sentence, a hint, an exit code. */

/** What each code means and which exit code the program ends with. The page docs/errors.md is made from this table. */
export const errorCodes = {
    USAGE_BAD_ARGUMENTS: { exit: 2, meaning: 'A flag or argument is unknown, missing or not of its form.' },
    USAGE_BAD_RANGE: { exit: 2, meaning: 'A date range is empty, reversed or not a date.' },
    USAGE_UNKNOWN_CHANNEL: { exit: 2, meaning: 'The named channel or organization is not in the lake.' },
    USAGE_UNKNOWN_VIEW: { exit: 2, meaning: 'The named view does not exist.' },
    SETTINGS_INVALID: {
        exit: 3,
        meaning: 'A setting has a value it cannot have, or a config file an unknown key.',
    },
    SETTINGS_MISSING_CREDENTIALS: { exit: 3, meaning: 'API key, e-mail or password are not set.' },
    SETTINGS_INSECURE: {
        exit: 3,
        meaning:
            'Credentials would travel where others can read them: plain http, or certificates unchecked.',
    },
    SETTINGS_CREDENTIALS_REFUSED: { exit: 3, meaning: 'The API refused the credentials.' },
    SOURCE_UNREACHABLE: { exit: 4, meaning: 'The API host could not be reached.' },
    SOURCE_TIMEOUT: { exit: 4, meaning: 'The API did not answer in time, tries included.' },
    SOURCE_RATE_LIMITED: { exit: 4, meaning: 'The API kept answering 429 after all tries.' },
    SOURCE_SERVER_ERROR: { exit: 4, meaning: 'The API kept answering 5xx after all tries.' },
    SOURCE_REFUSED: {
        exit: 4,
        meaning: 'The API answered 4xx: not allowed, not found or subscription expired.',
    },
    SOURCE_INVALID_PARAMETER: {
        exit: 4,
        meaning: 'The channel measures none of the asked fields, or has no meter behind it.',
    },
    SOURCE_BAD_ANSWER: {
        exit: 4,
        meaning: 'The answer broke the contract: not JSON, wrong shape, wrong span, wrong units.',
    },
    SOURCE_REDIRECTED: { exit: 4, meaning: 'The API answered with a redirect; none is followed.' },
    DATA_CORRUPT: { exit: 5, meaning: 'A file of the lake is truncated, changed or not what its name says.' },
    DATA_CHECK_FAILED: { exit: 5, meaning: 'A check found rows that must not exist.' },
    LAKE_NOT_FOUND: { exit: 6, meaning: 'The folder holds no lake.' },
    LAKE_EXISTS: { exit: 6, meaning: 'The folder already holds a lake with other settings, or other files.' },
    LAKE_LOCKED: { exit: 6, meaning: 'Another process is writing to the lake.' },
    LAKE_NOT_WRITABLE: { exit: 6, meaning: 'The lake cannot be written: permissions, or a read-only disk.' },
    LAKE_DISK_FULL: { exit: 6, meaning: 'The disk has no space left.' },
    LAKE_NEWER_FORMAT: { exit: 6, meaning: 'The lake was written by a newer version of the program.' },
    RUN_PARTIAL: {
        exit: 7,
        meaning: 'The run finished; some channels or spans failed and are named in the journal.',
    },
    QUERY_OUT_OF_MEMORY: { exit: 8, meaning: 'The question needs more memory than there is.' },
    QUERY_INVALID: { exit: 8, meaning: 'DuckDB refused the SQL.' },
    QUERY_NOT_READ_ONLY: { exit: 8, meaning: 'Only one SELECT statement is run.' },
} as const satisfies Record<string, { exit: number; meaning: string }>;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorOptions {
    /** What the user can do next, one sentence. */
    readonly hint?: string;
    readonly cause?: unknown;
    /** Facts for the log; never a secret. */
    readonly details?: Readonly<Record<string, unknown>>;
}

/** A failure with a stable code; anything else that is thrown is a bug. */
export class AppError extends Error {
    override readonly name = 'AppError';
    readonly code: ErrorCode;
    readonly hint: string | undefined;
    readonly details: Readonly<Record<string, unknown>>;

    constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
        super(message, options.cause === undefined ? undefined : { cause: options.cause });
        this.code = code;
        this.hint = options.hint;
        this.details = options.details ?? {};
    }

    get exitCode(): number {
        return errorCodes[this.code].exit;
    }
}

/** True for an AppError with one of the codes (any code when none is given). */
export function isAppError(error: unknown, ...codes: readonly ErrorCode[]): error is AppError {
    return error instanceof AppError && (codes.length === 0 || codes.includes(error.code));
}

/** The sentence of any thrown value. */
export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}
