/** The channels of a lake as planning and commands know them, and how a person names them. */
import { AppError } from '../core/errors.ts';

/** A channel as the planning needs it. */
export interface KnownChannel {
    readonly channelId: string;
    readonly channelName: string;
    readonly organizationId: string | null;
    readonly organizationName: string | null;
    /** The organization's zone; UTC when none is known. */
    readonly timeZone: string;
    readonly isListed: boolean;
}

/** A channel of which only raw snapshots are known. */
export function namelessChannel(channelId: string): KnownChannel {
    return {
        channelId,
        channelName: channelId,
        organizationId: null,
        organizationName: null,
        timeZone: 'UTC',
        isListed: true,
    };
}

/** The channels a command means, in the order of their ids. Throws USAGE_UNKNOWN_CHANNEL for a name nobody has. */
export function selectChannels(
    known: readonly KnownChannel[],
    wanted: {
        readonly channels: readonly string[];
        readonly organizations: readonly string[];
        readonly excludeChannels: readonly string[];
    },
): KnownChannel[] {
    for (const name of [...wanted.channels]) {
        if (!known.some((channel) => isCalled(channel, name)))
            throw unknown(
                'channel',
                name,
                known.map(({ channelId, channelName }) => `${channelName} (${channelId})`),
            );
    }
    for (const name of wanted.organizations) {
        if (!known.some((channel) => belongsTo(channel, name)))
            throw unknown(
                'organization',
                name,
                known.map(
                    ({ organizationId, organizationName }) => `${organizationName} (${organizationId})`,
                ),
            );
    }
    return known
        .filter((channel) => channel.isListed || wanted.channels.length > 0)
        .filter(
            (channel) =>
                wanted.channels.length === 0 || wanted.channels.some((name) => isCalled(channel, name)),
        )
        .filter(
            (channel) =>
                wanted.organizations.length === 0 ||
                wanted.organizations.some((name) => belongsTo(channel, name)),
        )
        .filter((channel) => !wanted.excludeChannels.some((name) => isCalled(channel, name)))
        .sort((a, b) => a.channelId.length - b.channelId.length || (a.channelId < b.channelId ? -1 : 1));
}

function isCalled({ channelId, channelName }: KnownChannel, name: string): boolean {
    return channelId === name || channelName.toLowerCase() === name.toLowerCase();
}

function belongsTo({ organizationId, organizationName }: KnownChannel, name: string): boolean {
    return organizationId === name || organizationName?.toLowerCase() === name.toLowerCase();
}

function unknown(kind: 'channel' | 'organization', name: string, known: readonly string[]): AppError {
    const some = [...new Set(known)].slice(0, 5).join(', ');
    return new AppError('USAGE_UNKNOWN_CHANNEL', `no ${kind} is called "${name}"`, {
        hint:
            known.length === 0
                ? 'The lake knows none yet; run a sync first.'
                : `Known are ${some}${known.length > 5 ? ' …' : ''}.`,
    });
}
