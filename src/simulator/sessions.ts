/** Who may ask: Basic with the MD5 of the password beside the key, or a token from an earlier answer beside the key. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Quirks } from './quirks.ts';

export interface Credentials {
    readonly apiKey: string;
    readonly email: string;
    readonly password: string;
}

export type AuthKind = 'basic' | 'token' | 'none';

export type Verdict =
    | { readonly kind: 'allowed'; readonly token: string | undefined }
    | { readonly kind: 'refused'; readonly status: number };

interface Session {
    usedAt: number;
    requests: number;
}

const keptSessions = 1000;

/** How a request presents itself. */
export function authKindOf(headers: IncomingHttpHeaders): AuthKind {
    if (headers.authorization !== undefined) return 'basic';
    return headers['x-eniscope-token'] === undefined ? 'none' : 'token';
}

export class Sessions {
    readonly #credentials: Credentials;
    readonly #basic: string;
    readonly #sessions = new Map<string, Session>();
    #issued = 0;

    constructor(credentials: Credentials) {
        this.#credentials = credentials;
        const digest = createHash('md5').update(credentials.password).digest('hex');
        this.#basic = `Basic ${Buffer.from(`${credentials.email}:${digest}`).toString('base64')}`;
    }

    /** Allows or refuses a request at `nowMs`; an allowed Basic request gets a token to go on with. */
    judge(headers: IncomingHttpHeaders, quirks: Quirks, nowMs: number): Verdict {
        if (headers['x-eniscope-api'] !== this.#credentials.apiKey) return { kind: 'refused', status: 401 };
        if (headers.authorization !== undefined) {
            if (headers.authorization !== this.#basic) return { kind: 'refused', status: 401 };
            return { kind: 'allowed', token: this.issue(nowMs) };
        }
        const token = headers['x-eniscope-token'];
        if (typeof token !== 'string' || quirks.tokenOnly === 'refused') {
            return { kind: 'refused', status: 401 };
        }
        const session = this.#sessions.get(token);
        if (session === undefined || hasLapsed(session, quirks.tokenLifetime, nowMs)) {
            this.#sessions.delete(token);
            return { kind: 'refused', status: quirks.lapseStatus };
        }
        session.usedAt = nowMs;
        session.requests += 1;
        return { kind: 'allowed', token: undefined };
    }

    /** A new token, used now. */
    issue(nowMs: number): string {
        this.#issued += 1;
        const token = createHash('sha256')
            .update(`${this.#basic} ${this.#issued}`)
            .digest('hex')
            .slice(0, 40);
        this.#sessions.set(token, { usedAt: nowMs, requests: 0 });
        const [oldest] = this.#sessions.keys();
        if (this.#sessions.size > keptSessions && oldest !== undefined) this.#sessions.delete(oldest);
        return token;
    }

    /** Forgets every token. */
    lapse(): void {
        this.#sessions.clear();
    }
}

function hasLapsed(session: Session, lifetime: Quirks['tokenLifetime'], nowMs: number): boolean {
    const [kind, count] = lifetime.split(':');
    if (kind === 'idle') return nowMs - session.usedAt > Number(count) * 1000;
    return kind === 'requests' && session.requests >= Number(count);
}
