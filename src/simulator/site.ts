/** What a simulated account can see, and the one question the server asks about its meters. */
import type { Span } from '../model/time.ts';

export interface SiteOrganization {
    readonly organizationId: string;
    /** May name an organization the account cannot see. */
    readonly parentId: string | null;
    readonly organizationName: string;
    readonly timeZone: string;
    /** Ids from the root down to itself, closing hyphen. */
    readonly sortCode: string;
    readonly currencyCode: string | null;
    readonly carbonRatio: string;
    readonly carbonUnits: string;
    readonly address1: string | null;
    readonly city: string | null;
    readonly postCode: string | null;
    readonly country: string | null;
    readonly status: string;
    /** Epoch seconds. */
    readonly createdAt: number;
}

export interface SiteDevice {
    readonly deviceId: string;
    readonly deviceName: string;
    readonly deviceTypeId: string;
    readonly deviceTypeCode: string;
    readonly deviceTypeName: string;
    readonly organizationId: string;
    /** The gateway of a metering point; null for a gateway. */
    readonly parentId: string | null;
    readonly uuId: string;
    readonly status: string;
    readonly registeredAt: number;
    readonly expiresAt: number;
}

export interface SiteChannel {
    readonly channelId: string;
    readonly channelName: string;
    /** Null for a channel without hardware behind it. */
    readonly deviceId: string | null;
    readonly meterId: string | null;
    readonly organizationId: string;
    readonly uuId: string;
    readonly displayedPhase: string | null;
    readonly dataType: string | null;
    readonly tariffId: string | null;
    readonly status: string;
    readonly registeredAt: number;
    readonly expiresAt: number;
    readonly installedAt: number;
    /** The codes its hardware measures. */
    readonly fields: readonly string[];
    /** Native bucket length, seconds; nothing finer is ever answered. */
    readonly intervalS: number;
    /** Start of the first native reading, epoch seconds. */
    readonly firstAt: number;
    /** `nulls`: it never sent anything; `error`: virtual, every reading request is a 500. */
    readonly answers: 'values' | 'nulls' | 'error';
}

/** One Float64Array for each asked field, all of one length; NaN stands for null. */
export type BucketColumns = readonly Float64Array[];

export interface SiteSource {
    readonly organizations: readonly SiteOrganization[];
    readonly devices: readonly SiteDevice[];
    readonly channels: readonly SiteChannel[];
    /**
     * Values of the asked fields for the buckets `from, from + resolution, …` below `to` (epoch seconds). A native reading
     * belongs to the bucket its start lies in: counters are summed, instants averaged over what is known, peaks the
     * highest; NaN where nothing is known. Every asked field must be one of the channel's.
     */
    buckets(channelId: string, fields: readonly string[], span: Span, resolution: number): BucketColumns;
    /**
     * Readings reach up to here, epoch seconds, when it is `now`; without it, up to `now`. Only a gateway with a wrong
     * clock knows the future.
     */
    knownUntil?(channelId: string, now: number): number;
}

/** How native readings become a coarser one. */
export type Aggregate = 'sum' | 'mean' | 'max';

/** Counters are summed, `…max` codes keep the highest, everything else is averaged. */
export function aggregateOf(code: string, kind: 'counter' | 'instant' | undefined): Aggregate {
    if (kind === 'counter') return 'sum';
    return /max\d?$/.test(code) ? 'max' : 'mean';
}

/** How many buckets of `resolution` start in the span. */
export function countBuckets(span: Span, resolution: number): number {
    return Math.max(0, Math.ceil((span.to - span.from) / resolution));
}

/** Columns of nothing but nulls. */
export function nullColumns(fields: number, count: number): Float64Array[] {
    return Array.from({ length: fields }, () => new Float64Array(count).fill(Number.NaN));
}

/** `1-2-3-17200-23270-`: the ids from the root down. Ancestors nobody described end the walk. */
export function sortCodeOf(
    organizationId: string,
    parents: ReadonlyMap<string, string | null>,
    root = '1-2-3-',
): string {
    const path: string[] = [];
    for (let id: string | null | undefined = organizationId; id; id = parents.get(id)) {
        if (path.includes(id)) break;
        path.unshift(id);
    }
    return `${root}${path.join('-')}-`;
}
