/** The generated two-site inventory as a source, and the truth behind it for tests. */

import { airTimeZone, channelsFrom, devices, loadOf, organizations } from './inventory.ts';
import { airFields, airModel, type ChannelModel, channelKey, meterModel } from './meter-model.ts';
import { bucketsOfModel } from './model-buckets.ts';
import { countBuckets, nullColumns, type SiteSource } from './site.ts';

export interface GeneratedOptions {
    readonly seed?: number;
    /** Start of the first readings, epoch seconds; default 2024-01-01T00:00:00Z. */
    readonly firstAt?: number;
}

const defaultFirstAt = 1_704_067_200;

/**
 * A site of 23 channels whose values are a pure function of (seed, channel, instant): eleven live meters, an air sensor,
 * nine silent channels, two that answer 500.
 */
export function generatedSite(options: GeneratedOptions = {}): SiteSource {
    const { seed = 1, firstAt = defaultFirstAt } = options;
    const channels = channelsFrom(firstAt);
    const models = new Map<string, ChannelModel>();
    for (const { channelId } of channels) {
        const model = modelOf(seed, channelId);
        if (model !== undefined) models.set(channelId, model);
    }
    return {
        organizations,
        devices,
        channels,
        buckets(channelId, fields, span, resolution) {
            const model = models.get(channelId);
            if (model === undefined) return nullColumns(fields.length, countBuckets(span, resolution));
            return bucketsOfModel(model, fields, span, resolution, firstAt);
        },
    };
}

/**
 * Every field of one native minute (the one that holds `instant`, epoch seconds) of a channel of `generatedSite({seed})`,
 * by code; empty for a channel that never sends. Amounts are of that minute: Wh, VArh, VAh.
 */
export function trueMinute(
    seed: number,
    channelId: string,
    instant: number,
): Readonly<Record<string, number>> {
    const model = modelOf(seed, channelId);
    if (model === undefined) return {};
    const minute = Math.floor(instant / 60);
    const native = new Float64Array(model.size);
    model.minute(Math.floor(minute / 15), minute % 15, native);
    return Object.fromEntries(
        model.rules.map(({ code, base, multiply, add }) => [
            code,
            (native[base] ?? Number.NaN) * multiply + add,
        ]),
    );
}

function modelOf(seed: number, channelId: string): ChannelModel | undefined {
    const key = channelKey(seed, channelId);
    const traits = loadOf(channelId);
    if (traits !== undefined) return meterModel(key, traits);
    const channel = channelsFrom(0).find((candidate) => candidate.channelId === channelId);
    return channel?.fields === airFields ? airModel(key, airTimeZone) : undefined;
}
