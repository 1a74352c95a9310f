/** What can go wrong, scripted: which requests, how often, and what happens to them instead of the true answer. */

export interface FaultRequest {
    readonly method: string;
    /** Without prefix, slashes tidied: `/readings/162119`. */
    readonly path: string;
    /** Decoded. */
    readonly query: string;
    readonly channelId: string | undefined;
    /** Counts all requests from 1. */
    readonly nth: number;
}

/** Every condition given must hold; none given matches all requests. */
export interface FaultMatch {
    readonly method?: string;
    /** The path itself, or a pattern. */
    readonly path?: string | RegExp;
    readonly channel?: string;
    /** Only the nth request this fault's other conditions match, from 1. */
    readonly nth?: number;
    readonly when?: (request: FaultRequest) => boolean;
}

export type Fault =
    /** Answered instead, before anybody looks at credentials. */
    | {
          readonly kind: 'replace';
          readonly status: number;
          readonly body: string;
          readonly headers: Readonly<Record<string, string>>;
      }
    /** The true body, changed. */
    | {
          readonly kind: 'edit';
          readonly edit: (body: string) => string;
          readonly headers: Readonly<Record<string, string>>;
      }
    /** Headers and so many bytes of the body, then the connection drops. */
    | { readonly kind: 'cut'; readonly afterBytes: number }
    /** Never answers. */
    | { readonly kind: 'stall' }
    /** Headers and so many bytes of the body, then silence. */
    | { readonly kind: 'hang'; readonly afterBytes: number }
    /** The body, and so many blanks, as gzip, of which only a share is sent, properly ended as far as HTTP can tell. */
    | { readonly kind: 'pack'; readonly share: number; readonly blankBytes: number }
    /** A body of so many bytes with status 200, never held in memory: a beginning, then one piece over and over. */
    | {
          readonly kind: 'flood';
          readonly head: string;
          readonly piece: string;
          readonly bytes: number;
      }
    /** The true answer with a new token; older ones are forgotten. */
    | { readonly kind: 'rotateToken' }
    /** All tokens are forgotten and a token request is answered with the status; Basic goes through. */
    | { readonly kind: 'lapse'; readonly status: 401 | 419 }
    /** Readings no finer than this. */
    | { readonly kind: 'coarsen'; readonly resolutionS: number }
    /** A list page that repeats the last rows of the one before. */
    | { readonly kind: 'shiftPage'; readonly rows: number }
    /** Nothing: for pauses in a sequence. */
    | { readonly kind: 'none' };

export type FaultSource = (request: FaultRequest) => Fault | undefined;

interface Entry {
    readonly match: FaultMatch;
    /** Faults still to come, the next first; the last one of an endless entry stays. */
    readonly faults: Fault[];
    readonly endless: boolean;
    seen: number;
}

/** Faults added first are looked at first; a request meets at most one. */
export class FaultScript {
    #entries: Entry[] = [];
    #sources: FaultSource[] = [];

    /** The next matching request, once. */
    next(match: FaultMatch, fault: Fault): void {
        this.sequence(match, fault);
    }

    /** The next `count` matching requests. */
    times(count: number, match: FaultMatch, fault: Fault): void {
        this.sequence(match, ...Array.from({ length: count }, () => fault));
    }

    /** One after the other, one for each matching request; then healed. */
    sequence(match: FaultMatch, ...faults: readonly Fault[]): void {
        this.#entries.push({ match, faults: [...faults], endless: false, seen: 0 });
    }

    /** Every matching request until cleared. */
    always(match: FaultMatch, fault: Fault): void {
        this.#entries.push({ match, faults: [fault], endless: true, seen: 0 });
    }

    /** Asks a function for each request nothing scripted has caught; see `randomFaults`. */
    from(source: FaultSource): void {
        this.#sources.push(source);
    }

    /** Heals everything. */
    clear(): void {
        this.#entries = [];
        this.#sources = [];
    }

    /** Scripted faults that have not happened yet; those of `always` count as one each. */
    get pending(): number {
        return this.#entries.reduce((sum, entry) => sum + entry.faults.length, 0);
    }

    /** The fault this request meets; takes it off the script. */
    take(request: FaultRequest): Fault | undefined {
        if (this.#entries.length === 0 && this.#sources.length === 0) return undefined;
        for (const entry of this.#entries) {
            if (!matches(entry.match, request)) continue;
            entry.seen += 1;
            if (entry.match.nth !== undefined && entry.match.nth !== entry.seen) continue;
            const fault = entry.endless ? entry.faults[0] : entry.faults.shift();
            this.#entries = this.#entries.filter(({ faults }) => faults.length > 0);
            return fault;
        }
        for (const source of this.#sources) {
            const fault = source(request);
            if (fault !== undefined) return fault;
        }
        return undefined;
    }
}

function matches(match: FaultMatch, request: FaultRequest): boolean {
    const { method, path, channel, when } = match;
    if (method !== undefined && method !== request.method) return false;
    if (typeof path === 'string' && path !== request.path) return false;
    if (path instanceof RegExp && !path.test(request.path)) return false;
    if (channel !== undefined && channel !== request.channelId) return false;
    return when === undefined || when(request);
}
