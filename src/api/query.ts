/** Query strings as a list of pairs: a map would keep only the last `fields[]` and the last `daterange[]`. */

export type QueryPair = readonly [name: string, value: string];

/** The pairs of one readings request; `from` and `to` are epoch seconds, `resolution` is in seconds. */
export function readingsQuery(request: {
    readonly from: number;
    readonly to: number;
    readonly resolution: number;
    readonly fields: readonly string[];
}): readonly QueryPair[] {
    return [
        ...request.fields.map((code): QueryPair => ['fields[]', code]),
        ['daterange[]', String(request.from)],
        ['daterange[]', String(request.to)],
        ['res', String(request.resolution)],
        ['action', 'summarize'],
    ];
}

/** As it travels: percent-encoded, a space as `%20`. */
export function encodeQuery(pairs: readonly QueryPair[]): string {
    return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
}

/** As it is stored and shown: readable, not encoded. */
export function describeQuery(pairs: readonly QueryPair[]): string {
    return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}
