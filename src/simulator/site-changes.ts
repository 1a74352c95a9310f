/** Sites that change: channels that vanish or move, gateways that go offline, jump in time or lose their counters. */
import { findField } from '../model/fields.ts';
import type { Span } from '../model/time.ts';
import type { SiteChannel, SiteSource } from './site.ts';

/** The channel is listed no more and its readings are a 404. */
export function withVanishedChannel(site: SiteSource, channelId: string): SiteSource {
    return derive(site, { channels: site.channels.filter((row) => row.channelId !== channelId) });
}

/** The channel belongs to another organization now, and answers in that one's time zone. */
export function withMovedChannel(site: SiteSource, channelId: string, organizationId: string): SiteSource {
    return withChannel(site, channelId, { organizationId });
}

export function withRenamedChannel(site: SiteSource, channelId: string, channelName: string): SiteSource {
    return withChannel(site, channelId, { channelName });
}

/** The channel's device is listed no more; the channel keeps pointing at it unless `unlink` is set. */
export function withLostDevice(site: SiteSource, channelId: string, unlink = false): SiteSource {
    const deviceId = site.channels.find((row) => row.channelId === channelId)?.deviceId;
    const without = derive(site, { devices: site.devices.filter((row) => row.deviceId !== deviceId) });
    return unlink ? withChannel(without, channelId, { deviceId: null, meterId: null }) : without;
}

export function withRenamedOrganization(site: SiteSource, organizationId: string, name: string): SiteSource {
    const organizations = site.organizations.map((row) =>
        row.organizationId === organizationId ? { ...row, organizationName: name } : row,
    );
    return derive(site, { organizations });
}

/** Nothing is known of the span until `filledAt` (epoch seconds) has come: the gateway was offline and uploads late. */
export function withLateUpload(
    site: SiteSource,
    channelId: string,
    offline: Span,
    filledAt: number,
    now: () => number,
): SiteSource {
    return withValues(site, channelId, (_code, value, bucket) =>
        overlaps(bucket, offline) && now() / 1000 < filledAt ? Number.NaN : value,
    );
}

/** The platform corrects the channel's energy and power in the span by a factor, from `correctedAt` (epoch seconds) on. */
export function withCorrection(
    site: SiteSource,
    channelId: string,
    span: Span,
    factor: number,
    correctedAt: number,
    now: () => number,
): SiteSource {
    return withValues(site, channelId, (code, value, bucket) =>
        /^[EP]$/.test(code) && overlaps(bucket, span) && now() / 1000 >= correctedAt ? value * factor : value,
    );
}

/** Power is off: V, I, P and E read a true zero for every bucket that begins in the span. */
export function withOutage(site: SiteSource, channelId: string, span: Span): SiteSource {
    return withValues(site, channelId, (code, value, bucket) =>
        /^(E|P|V|I|Q|S|RE|AE)\d?$/.test(code) && bucket.from >= span.from && bucket.from < span.to
            ? 0
            : value,
    );
}

export type ResetKind = 'null' | 'zero' | 'negative' | 'spike';

/** A counter starts over at the instant: what the bucket that holds it shows, nobody knows for certain. */
export function withCounterReset(
    site: SiteSource,
    channelId: string,
    instant: number,
    kind: ResetKind,
): SiteSource {
    const shown = { null: Number.NaN, zero: 0, negative: -8_039_400, spike: 803_940_000 }[kind];
    return withValues(site, channelId, (code, value, bucket) =>
        findField(code)?.kind === 'counter' && bucket.from <= instant && instant < bucket.to ? shown : value,
    );
}

/** The gateway's clock runs ahead: readings exist for so many seconds of the future. */
export function withClockJump(site: SiteSource, channelId: string, aheadS: number): SiteSource {
    return {
        ...derive(site, {}),
        knownUntil: (id, now) => (site.knownUntil?.(id, now) ?? now) + (id === channelId ? aheadS : 0),
    };
}

/** Changes single values: `change` gets code, value (NaN for null) and the bucket's span. */
function withValues(
    site: SiteSource,
    channelId: string,
    change: (code: string, value: number, bucket: Span) => number,
): SiteSource {
    return {
        ...derive(site, {}),
        buckets(id, fields, span, resolution) {
            const columns = site.buckets(id, fields, span, resolution);
            if (id !== channelId) return columns;
            return columns.map((column, index) =>
                column.map((value, row) => {
                    const from = span.from + row * resolution;
                    return change(fields[index] ?? '', value, { from, to: from + resolution });
                }),
            );
        },
    };
}

function withChannel(site: SiteSource, channelId: string, change: Partial<SiteChannel>): SiteSource {
    const channels = site.channels.map((row) => (row.channelId === channelId ? { ...row, ...change } : row));
    return derive(site, { channels });
}

type Lists = Pick<SiteSource, 'organizations' | 'devices' | 'channels'>;

/** The same site with other lists; methods keep their object. */
function derive(site: SiteSource, lists: Partial<Lists>): SiteSource {
    return {
        organizations: lists.organizations ?? site.organizations,
        devices: lists.devices ?? site.devices,
        channels: lists.channels ?? site.channels,
        buckets: (channelId, fields, span, resolution) => site.buckets(channelId, fields, span, resolution),
        knownUntil: (channelId, now) => site.knownUntil?.(channelId, now) ?? now,
    };
}

function overlaps(a: Span, b: Span): boolean {
    return a.from < b.to && b.from < a.to;
}
