/** The one channel a person names: by id or name, also one that is listed no more. */
import { AppError } from '../core/errors.ts';
import { listArchivedChannels } from '../lake/snapshots.ts';
import { type KnownChannel, namelessChannel, selectChannels } from './channels.ts';
import type { LakeContext } from './context.ts';
import { readChannels } from './reference.ts';

/** Throws USAGE_UNKNOWN_CHANNEL for a name nobody has, and for one that several have. */
export async function findChannel(lake: LakeContext, name: string): Promise<KnownChannel> {
    const named = await readChannels(lake);
    const listed = new Set(named.map(({ channelId }) => channelId));
    const others = (await listArchivedChannels(lake.paths)).filter((channelId) => !listed.has(channelId));
    const found = selectChannels([...named, ...others.map(namelessChannel)], {
        channels: [name],
        organizations: [],
        excludeChannels: [],
    });
    const [first] = found;
    if (first !== undefined && found.length === 1) return first;
    throw new AppError('USAGE_UNKNOWN_CHANNEL', `${found.length} channels are called "${name}"`, {
        hint: `Name one by its id: ${found.map(({ channelId }) => channelId).join(', ')}.`,
    });
}
