/**
 * The generated two-site inventory: a school in New York with eight meters and an air sensor, an office in London with
 * three meters, and their operator with a silent test hub and two virtual channels. 23 channels, so a second page exists.
 */
import { airFields, type MeterTraits, meterFields } from './meter-model.ts';
import type { SiteChannel, SiteDevice, SiteOrganization } from './site.ts';
import { sortCodeOf } from './site.ts';

/** Epoch seconds: 2024-01-03 00:00 in New York; data begins two days before the registration, as it does in life. */
const installedAt = 1_704_258_000;
const registeredAt = installedAt + 14 * 3600;
const expiresAt = 4_070_908_800;

const operator = '23270';
const school = '23271';
const office = '23272';

const hybrid = {
    deviceTypeId: '20',
    deviceTypeCode: 'EM_8H',
    deviceTypeName: 'Eniscope 8 Hybrid Metering Point',
};
const gatewayType = { deviceTypeId: '16', deviceTypeCode: 'EN_8H', deviceTypeName: 'Eniscope 8 Hybrid' };
const airSense = { deviceTypeId: '31', deviceTypeCode: 'AIR_1', deviceTypeName: 'Air Sense' };

type Load = Omit<MeterTraits, 'timeZone'>;
const american = { voltage: 120.25, frequency: 60 };
const british = { voltage: 230.5, frequency: 50 };

/** Loads and power factors are those of a real site's winter. */
const loads: Readonly<Record<string, Load>> = {
    '162320': { typicalW: 2500, shape: 'rooftop', powerFactor: 0.579, ...american },
    '162119': { typicalW: 130, shape: 'standby', powerFactor: 0.6, ...american },
    '162120': { typicalW: 1100, shape: 'rooftop', powerFactor: 0.61, ...american },
    '162121': { typicalW: 6210, shape: 'airHandler', powerFactor: 0.368, ...american },
    '162122': { typicalW: 260, shape: 'airHandler', powerFactor: 0.095, ...american },
    '162123': { typicalW: 70, shape: 'airHandler', powerFactor: 0.31, ...american },
    '162285': { typicalW: 1340, shape: 'kitchen', powerFactor: 0.94, ...american },
    '162319': { typicalW: 500, shape: 'kitchen', powerFactor: 0.91, ...american },
    '163001': { typicalW: 9800, shape: 'office', powerFactor: 0.93, ...british },
    '163002': { typicalW: 4200, shape: 'airHandler', powerFactor: 0.82, ...british },
    '163003': { typicalW: 850, shape: 'office', powerFactor: 0.71, ...british },
};

interface Point {
    readonly channelId: string;
    readonly name: string;
    readonly deviceId: string;
    /** Last four digits of the uuid. */
    readonly suffix: string;
    /** Owner of the device where it is not the channel's. */
    readonly deviceOwner?: string;
    readonly type?: typeof airSense;
}

interface Group {
    readonly organizationId: string;
    readonly gatewayId: string;
    readonly gatewayName: string;
    readonly mac: string;
    readonly points: readonly Point[];
    readonly answers: SiteChannel['answers'];
}

const groups: readonly Group[] = [
    {
        organizationId: school,
        gatewayId: '112400',
        gatewayName: 'School gateway',
        mac: '02E9B3C01000',
        answers: 'values',
        points: [
            { channelId: '162285', name: 'Kitchen main panel', deviceId: '112401', suffix: '0001' },
            { channelId: '162319', name: 'Kitchen small panel', deviceId: '112402', suffix: '0002' },
            { channelId: '162320', name: 'RTU-1', deviceId: '112403', suffix: '0003' },
            { channelId: '162119', name: 'RTU-2', deviceId: '112404', suffix: '0004' },
            { channelId: '162120', name: 'RTU-3', deviceId: '112405', suffix: '0005' },
            { channelId: '162121', name: 'AHU-2', deviceId: '112406', suffix: '0006' },
            { channelId: '162122', name: 'AHU-1A', deviceId: '112407', suffix: '0007' },
            { channelId: '162123', name: 'AHU-1B', deviceId: '112408', suffix: '0008' },
            { channelId: '162277', name: 'Kitchen air', deviceId: '112409', suffix: '0501', type: airSense },
        ],
    },
    {
        organizationId: office,
        gatewayId: '112500',
        gatewayName: 'Office gateway',
        mac: '02E9B3C02000',
        answers: 'values',
        points: [
            { channelId: '163001', name: 'Office floors', deviceId: '112501', suffix: '0001' },
            { channelId: '163002', name: 'Chiller', deviceId: '112502', suffix: '0002' },
            // Its meter is on loan from the operator: the device belongs to another organization.
            { channelId: '163003', name: 'Lifts', deviceId: '112503', suffix: '0003', deviceOwner: operator },
        ],
    },
    {
        organizationId: operator,
        gatewayId: '111413',
        gatewayName: 'Test hub',
        mac: '02342815F000',
        answers: 'nulls',
        points: [
            ['158694', 'Dryer'],
            ['158696', 'A/C 3'],
            ['158697', 'A/C 0'],
            ['158698', 'Microwave'],
            ['158699', 'Refrigerator'],
            ['158700', 'Oven'],
            ['158701', 'A/C 6'],
            ['158702', 'Washing machine'],
            ['159024', 'Test dryer'],
        ].map(([channelId = '', name = ''], index) => ({
            channelId,
            name,
            deviceId: String(111_936 + index),
            suffix: `000${index + 1}`,
        })),
    },
];

const parents = new Map([
    // The top of what the account sees has a parent it cannot see.
    [operator, '17200'],
    [school, operator],
    [office, operator],
]);

const place = { address1: null, city: null, postCode: null, country: null };
const unset = { carbonRatio: '0.0000', carbonUnits: '', status: '1', createdAt: 1_688_169_600 };

/** The three organizations; the operator is the parent of both sites. */
export const organizations: readonly SiteOrganization[] = [
    {
        organizationId: operator,
        organizationName: 'Meridian Energy Advisers',
        timeZone: 'America/New_York',
        currencyCode: 'USD',
        ...place,
        ...unset,
    },
    {
        organizationId: school,
        organizationName: 'Riverside School',
        timeZone: 'America/New_York',
        currencyCode: 'USD',
        address1: '12 Mill Lane',
        city: 'Richmond',
        postCode: '23220',
        country: 'United States',
        ...unset,
        carbonRatio: '0.4170',
        carbonUnits: 'KgCO2/kWh',
    },
    {
        organizationId: office,
        organizationName: 'Harbour Offices',
        timeZone: 'Europe/London',
        currencyCode: 'GBP',
        ...place,
        ...unset,
        address1: '',
        city: 'London',
        country: 'United Kingdom',
    },
].map((row) => ({
    ...row,
    parentId: parents.get(row.organizationId) ?? null,
    sortCode: sortCodeOf(row.organizationId, parents),
}));

/** Gateways first, then their metering points. */
export const devices: readonly SiteDevice[] = groups.flatMap((group) => [
    {
        deviceId: group.gatewayId,
        deviceName: group.gatewayName,
        ...gatewayType,
        organizationId: group.organizationId,
        parentId: null,
        uuId: `${group.mac}0000`,
        status: '1',
        registeredAt,
        expiresAt,
    },
    ...group.points.map((point, index) => ({
        deviceId: point.deviceId,
        deviceName: point.type === undefined ? `Meter ${index + 1}` : point.name,
        ...(point.type ?? hybrid),
        organizationId: point.deviceOwner ?? group.organizationId,
        parentId: group.gatewayId,
        uuId: `${group.mac}${point.suffix}`,
        status: '1',
        registeredAt: registeredAt + index * 40,
        expiresAt,
    })),
]);

/** All 23 channels, first readings at `firstAt` (epoch seconds). */
export function channelsFrom(firstAt: number): SiteChannel[] {
    const common = { tariffId: null, status: '1', expiresAt, installedAt, intervalS: 60, firstAt };
    const metered = groups.flatMap((group) =>
        group.points.map((point, index) => ({
            ...common,
            channelId: point.channelId,
            channelName: point.name,
            deviceId: point.deviceId,
            meterId: String(Number(point.deviceId) - 10_000),
            organizationId: group.organizationId,
            uuId: `${group.mac}${point.suffix}`,
            displayedPhase: point.type === undefined ? 'system' : null,
            dataType: point.type === undefined ? 'grid meter' : null,
            registeredAt: registeredAt + index * 40,
            fields: point.type === undefined ? meterFields : airFields,
            answers: group.answers,
        })),
    );
    const virtual = [
        { channelId: '162127', channelName: 'School reference', organizationId: school, deviceId: null },
        { channelId: '162141', channelName: 'Test hub total', organizationId: operator, deviceId: '111413' },
    ].map((row) => ({
        ...common,
        ...row,
        meterId: null,
        uuId: '0000000000000000',
        displayedPhase: 'system',
        dataType: 'grid meter',
        registeredAt,
        fields: [],
        answers: 'error' as const,
    }));
    return [...metered, ...virtual];
}

/** What a live meter of the inventory draws; undefined for every other channel. */
export function loadOf(channelId: string): MeterTraits | undefined {
    const load = loads[channelId];
    if (load === undefined) return undefined;
    return { ...load, timeZone: channelId.startsWith('163') ? 'Europe/London' : 'America/New_York' };
}

/** The zone the air sensor hangs in. */
export const airTimeZone = 'America/New_York';
