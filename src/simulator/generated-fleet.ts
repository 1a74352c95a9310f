/** Fleets of any size for benches: live meters only, cheap to list and to read. */

import type { Shape } from './load-shape.ts';
import { type ChannelModel, channelKey, meterFields, meterModel } from './meter-model.ts';
import { bucketsOfModel } from './model-buckets.ts';
import { mix, unit } from './noise.ts';
import { countBuckets, nullColumns, type SiteSource, sortCodeOf } from './site.ts';

export interface FleetOptions {
    readonly channels: number;
    /** Customer organizations under one operator; default 1. */
    readonly organizations?: number;
    /** Channels of the first customer; the others share the rest in turn. Left out: all share all. */
    readonly firstCustomerChannels?: number;
    /** Dealt out to the organizations in turn; default America/New_York. */
    readonly timeZones?: readonly string[];
    readonly seed?: number;
    /** Native bucket length, seconds; default 60. */
    readonly intervalS?: number;
    /** Start of the first readings, epoch seconds; default 2020-01-01T00:00:00Z. */
    readonly firstAt?: number;
}

const shapes: readonly Shape[] = ['rooftop', 'airHandler', 'kitchen', 'office'];
const defaultFirstAt = 1_577_836_800;
const expiresAt = 4_070_908_800;

/** Channels 300000, 300001, … with six and more electricity fields each, dealt out to the organizations in turn. */
export function generatedFleet(options: FleetOptions): SiteSource {
    const { channels: count, organizations: customers = 1, seed = 1, intervalS = 60 } = options;
    const {
        timeZones = ['America/New_York'],
        firstAt = defaultFirstAt,
        firstCustomerChannels: own = 0,
    } = options;
    const customerOf = (index: number): number =>
        own === 0 ? index % customers : index < own ? 0 : 1 + ((index - own) % (customers - 1));
    const zoneOf = (customer: number): string => timeZones[customer % timeZones.length] ?? 'UTC';
    const parents = new Map<string, string | null>([['40000', null]]);
    const customerIds = Array.from({ length: customers }, (_, customer) => String(40_001 + customer));
    for (const id of customerIds) parents.set(id, '40000');
    const models = new Map<string, ChannelModel>();
    const indexes = Array.from({ length: count }, (_, index) => index);
    for (const index of indexes) models.set(idOf(index), fleetModel(index, seed, zoneOf(customerOf(index))));
    const common = { status: '1', registeredAt: firstAt, expiresAt };
    return {
        organizations: ['40000', ...customerIds].map((organizationId, index) => ({
            organizationId,
            parentId: parents.get(organizationId) ?? null,
            organizationName: index === 0 ? 'Fleet operator' : `Customer ${index}`,
            timeZone: index === 0 ? zoneOf(0) : zoneOf(index - 1),
            sortCode: sortCodeOf(organizationId, parents),
            currencyCode: 'USD',
            carbonRatio: '0.0000',
            carbonUnits: '',
            address1: null,
            city: null,
            postCode: null,
            country: null,
            status: '1',
            createdAt: firstAt,
        })),
        devices: indexes.map((index) => ({
            ...common,
            deviceId: String(200_000 + index),
            deviceName: `Meter ${index + 1}`,
            deviceTypeId: '20',
            deviceTypeCode: 'EM_8H',
            deviceTypeName: 'Eniscope 8 Hybrid Metering Point',
            organizationId: customerIds[customerOf(index)] ?? '40000',
            parentId: null,
            uuId: uuIdOf(index),
        })),
        channels: indexes.map((index) => ({
            ...common,
            channelId: idOf(index),
            channelName: `Channel ${index + 1}`,
            deviceId: String(200_000 + index),
            meterId: String(100_000 + index),
            organizationId: customerIds[customerOf(index)] ?? '40000',
            uuId: uuIdOf(index),
            displayedPhase: 'system',
            dataType: 'grid meter',
            tariffId: null,
            installedAt: firstAt,
            fields: meterFields,
            intervalS,
            firstAt,
            answers: 'values',
        })),
        buckets(channelId, fields, span, resolution) {
            const model = models.get(channelId);
            if (model === undefined) return nullColumns(fields.length, countBuckets(span, resolution));
            return bucketsOfModel(model, fields, span, resolution, firstAt);
        },
    };
}

function idOf(index: number): string {
    return String(300_000 + index);
}

function uuIdOf(index: number): string {
    return `02F1EE70${index.toString(16).padStart(8, '0')}`.toUpperCase();
}

function fleetModel(index: number, seed: number, timeZone: string): ChannelModel {
    const key = channelKey(seed, idOf(index));
    return meterModel(key, {
        typicalW: 200 + 9800 * unit(mix(key, 1)) ** 2,
        shape: shapes[index % shapes.length] ?? 'office',
        powerFactor: 0.4 + 0.55 * unit(mix(key, 2)),
        voltage: 120.25,
        frequency: 60,
        timeZone,
    });
}
