/**
 * Who we are to the API: Basic for the first request, then the newest token it handed out, one login at a time.
 *
 * Where tokens alone turn out not to be taken, every request carries Basic from then on.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Secret } from '../core/secret.ts';
import type { ApiCounters } from './counters.ts';
import { redactBody, redactText, spellingsOf } from './redact.ts';

export interface Credentials {
    /** Named, by its host alone, when it refuses the rest. */
    readonly baseUrl: string;
    readonly apiKey: Secret;
    readonly email: string;
    readonly password: Secret;
}

/** The right to send one request; every pass must be released. */
export interface Pass {
    readonly headers: Readonly<Record<string, string>>;
    /** The token it travels with; undefined = Basic. */
    readonly token: string | undefined;
    readonly opensSession: boolean;
}

export interface Session {
    /** Waits while somebody else logs in. Throws SETTINGS_CREDENTIALS_REFUSED once the API refused the credentials. */
    enter(options: { readonly withBasic: boolean }): Promise<Pass>;
    /** Tells how the request ended; `token` is the answer's X-Eniscope-Token. */
    settle(pass: Pass, answer: { readonly status: number; readonly token: string | null }): void;
    /** The answer was 401 or 419: says whether a repeat makes sense, else throws SETTINGS_CREDENTIALS_REFUSED. */
    refuse(pass: Pass, status: number, refusalsBefore: number): void;
    release(pass: Pass): void;
    /** The text without any secret of this session. */
    redact(text: string): string;
    /** The same for the body of an answer: JSON stays JSON, its numbers untouched. */
    redactBody(body: string): string;
}

export const tokenHeader = 'x-eniscope-token';

const keptSpellings = 64;

/** Trims e-mail, password and key. Throws SETTINGS_INVALID when the key can't stand in a header. */
export function createSession(credentials: Credentials, counters: ApiCounters, log: Logger): Session {
    const host = URL.canParse(credentials.baseUrl) ? ` at ${new URL(credentials.baseUrl).host}` : '';
    const apiKey = credentials.apiKey.reveal().trim();
    const email = credentials.email.trim();
    const password = credentials.password.reveal().trim();
    checkPresent({ 'API key': apiKey, 'e-mail': email, password });
    checkHeaderValue(apiKey, 'The API key');
    const passwordMd5 = createHash('md5').update(password).digest('hex');
    const basic = Buffer.from(`${email}:${passwordMd5}`).toString('base64');
    const lasting = [apiKey, password, passwordMd5, basic].flatMap(spellingsOf);
    let passing: readonly string[] = [];

    let token: string | undefined;
    let tokenEverTaken = false;
    let tokenRefusalsInARow = 0;
    let basicEverTaken = false;
    let basicAlways = false;
    let refused: AppError | undefined;
    let login: { readonly done: Promise<void>; readonly finish: () => void } | undefined;

    function adopt(newest: string): void {
        if (!basicAlways) token = newest;
    }

    /** A token is a secret whether it is used or not. The latest are enough: a server repeats what it was just told. */
    function remember(newest: string): void {
        passing = [...new Set([...passing, ...spellingsOf(newest)])].slice(-keptSpellings);
    }

    function keepBasic(why: string): void {
        if (basicAlways) return;
        basicAlways = true;
        token = undefined;
        log.debug('basic_kept', {}, `${why}; e-mail and password go with every request`);
    }

    function passWithBasic(opensSession: boolean): Pass {
        if (opensSession) {
            counters.logins += 1;
            let finish = (): void => {};
            const done = new Promise<void>((resolve) => {
                finish = resolve;
            });
            login = { done, finish };
        }
        const headers = { authorization: `Basic ${basic}`, 'x-eniscope-api': apiKey };
        return { headers, token: undefined, opensSession };
    }

    return {
        async enter({ withBasic }) {
            for (;;) {
                if (refused !== undefined) throw refused;
                if (basicAlways || withBasic) return passWithBasic(false);
                if (token !== undefined) {
                    const headers = { 'x-eniscope-api': apiKey, [tokenHeader]: token };
                    return { headers, token, opensSession: false };
                }
                if (login === undefined) return passWithBasic(true);
                await login.done;
            }
        },
        settle(pass, answer) {
            const taken = answer.status >= 200 && answer.status < 300;
            if (taken && pass.token !== undefined) {
                tokenEverTaken = true;
                tokenRefusalsInARow = 0;
            }
            if (taken && pass.token === undefined) {
                basicEverTaken = true;
                if (tokenRefusalsInARow > (tokenEverTaken ? 1 : 0))
                    keepBasic('the API refuses its own tokens');
                if (pass.opensSession && answer.token === null) keepBasic('the API hands out no token');
            }
            const newest = answer.token?.trim() ?? '';
            if (newest === '') return;
            remember(newest);
            if (answer.status !== 401 && answer.status !== 419) adopt(newest);
        },
        refuse(pass, status, refusalsBefore) {
            if (pass.token !== undefined) {
                if (token === pass.token) {
                    token = undefined;
                    tokenRefusalsInARow += 1;
                }
                return;
            }
            // A session can lapse under Basic too, once; a 401 to a login that never worked is the final word.
            if ((status === 419 || basicEverTaken) && refusalsBefore === 0) return;
            refused = new AppError(
                'SETTINGS_CREDENTIALS_REFUSED',
                `The API${host} refused the credentials (${status})`,
                {
                    hint: 'Check API key, e-mail and password; the password is the one of the web portal.',
                    details: { status },
                },
            );
            throw refused;
        },
        release(pass) {
            if (!pass.opensSession) return;
            login?.finish();
            login = undefined;
        },
        redact: (text) => redactText(text, [...lasting, ...passing]),
        redactBody: (body) => redactBody(body, [...lasting, ...passing]),
    };
}

function checkPresent(values: Readonly<Record<string, string>>): void {
    const missing = Object.keys(values).filter((name) => values[name] === '');
    if (missing.length === 0) return;
    throw new AppError('SETTINGS_MISSING_CREDENTIALS', `No ${missing.join(', no ')} given`, {
        hint: 'Set ENISCOPE_API_KEY, ENISCOPE_EMAIL and ENISCOPE_PASSWORD.',
    });
}

/** fetch would refuse the header with a message that quotes its value. */
export function checkHeaderValue(value: string, name: string): void {
    if (/^[\x20-\x7e]+$/.test(value)) return;
    throw new AppError('SETTINGS_INVALID', `${name} holds characters that no header can carry`, {
        hint: 'Copy it again without line breaks, quotes and other decoration.',
    });
}
