/** A site's organizations, devices, meters and channels in the source's own spelling, types and key order. */
import type { Quirks } from './quirks.ts';
import type { SiteChannel, SiteDevice, SiteOrganization, SiteSource } from './site.ts';

export type Row = Readonly<Record<string, unknown>>;

export type Resource = 'organizations' | 'devices' | 'meters' | 'channels' | 'devicetypes' | 'tariffs';

export type Rows = Readonly<Record<Resource, readonly Row[]>>;

const account = '1047';
const linkBase = 'https://core.eniscope.com/v1/1';
const vendor = { vendor: null, vendor_id: null, vendor_format_id: null, vendor_parent_id: null };

/** All rows of a site. */
export function rowsOf(site: SiteSource, quirks: Pick<Quirks, 'idTypes' | 'channelFields'>): Rows {
    const organizations = new Map(site.organizations.map((row) => [row.organizationId, row]));
    const devices = new Map(site.devices.map((row) => [row.deviceId, row]));
    const types = new Map(site.devices.map((row) => [row.deviceTypeId, row]));
    const rows: Rows = {
        organizations: site.organizations.map(organizationRow),
        devices: site.devices.map((row) => deviceRow(row, organizations.get(row.organizationId))),
        meters: site.channels.flatMap((row) => {
            const device = devices.get(row.deviceId ?? '');
            const owner = organizations.get(device?.organizationId ?? row.organizationId);
            return row.meterId === null || device === undefined ? [] : [meterRow(row, device, owner)];
        }),
        channels: site.channels.map((row) =>
            channelRow(row, devices.get(row.deviceId ?? ''), organizations.get(row.organizationId), quirks),
        ),
        devicetypes: [...types.values()].map(deviceTypeRow),
        tariffs: site.channels.flatMap(({ tariffId, organizationId }) =>
            tariffId === null ? [] : [{ tariffId, tariffName: `Tariff ${tariffId}`, organizationId }],
        ),
    };
    return quirks.idTypes === 'documented' ? rows : numericRows(rows);
}

function links(path: string, names: readonly string[]): Row {
    return Object.fromEntries([
        ['self', `${linkBase}/${path}`],
        ...names.map((name) => [name, `${linkBase}/${path}/${name}`]),
    ]);
}

const organizationLinks = (
    'accounts devices meters metersbelow expired channels tariffs addresses events trendlines tags ancestry stats ' +
    'issues issuesold clientissues readings leaderboard services timeperiods webhooks pagedmeters pagedmetersbelow'
).split(' ');

const currencySymbols: Readonly<Record<string, string>> = { USD: '$', GBP: '£', EUR: '€', KRW: '₩' };

function organizationRow(row: SiteOrganization): Row {
    return {
        organizationId: row.organizationId,
        links: links(`organizations/${row.organizationId}`, organizationLinks),
        groupId: null,
        parentId: row.parentId,
        appliableSubscriptionId: null,
        organizationName: row.organizationName,
        defaultEmailAddress: 'contact@example.com',
        defaultLanguageCode: 'en',
        defaultAddressId: '4047',
        organizationKey: null,
        logo: null,
        status: row.status,
        timeZone: row.timeZone,
        currencyCode: row.currencyCode,
        nominalCode: null,
        accountingCode: null,
        taxCode: null,
        organizationType: null,
        divisionLabel: '',
        licenseDiscount: null,
        carbonUnits: row.carbonUnits,
        carbonRatio: row.carbonRatio,
        temperatureType: 'Celsius',
        regId: null,
        logInCounter: null,
        lastLogIn: null,
        marketingOptIn: null,
        thirdPartyOptIn: null,
        createdBy: account,
        modifiedBy: account,
        createdTs: String(row.createdAt),
        modifiedTs: String(row.createdAt),
        addressId: '4047',
        address1: row.address1,
        address2: null,
        address3: null,
        state: null,
        city: row.city,
        postCode: row.postCode,
        country: row.country,
        lat: null,
        lng: null,
        telephone: null,
        fax: null,
        sortCode: row.sortCode,
        currencySymbol: currencySymbols[row.currencyCode ?? ''] ?? '',
        distributor: {},
    };
}

function deviceRow(row: SiteDevice, owner: SiteOrganization | undefined): Row {
    return {
        deviceId: Number(row.deviceId),
        uuId: row.uuId,
        deviceTypeId: Number(row.deviceTypeId),
        deviceTypeCode: row.deviceTypeCode,
        deviceTypeName: row.deviceTypeName,
        parentId: row.parentId === null ? null : Number(row.parentId),
        organizationId: Number(row.organizationId),
        deviceName: row.deviceName,
        status: Number(row.status),
        registered: String(row.registeredAt),
        expires: String(row.expiresAt),
        renewed: '0',
        dataPlan: '12',
        timeZone: owner?.timeZone ?? null,
        sortCode: owner?.sortCode ?? null,
        isMeteringPoint: row.parentId !== null,
        meteringPoint: row.parentId === null ? 0 : 1,
        singlePhaseEnabled: 0,
        // The vendor's own spelling.
        tempteratureEnabled: 0,
        binaryStoreId: 2,
        subscriptionId: null,
        serviceAgreementId: null,
        nominalCode: null,
        vendor_id: null,
        vendor_format_id: null,
        txm: null,
        vendor: '',
        vendor_parent_id: '',
        format_definition: '',
        createdBy: Number(account),
        modifiedBy: null,
        createdTs: String(row.registeredAt),
        modifiedTs: null,
        links: links(
            `devices/${row.deviceId}`,
            'repository services status readings verification events treadlines interfaces'.split(' '),
        ),
        meteringPoints: [],
    };
}

function channelRow(
    row: SiteChannel,
    device: SiteDevice | undefined,
    owner: SiteOrganization | undefined,
    quirks: Pick<Quirks, 'channelFields'>,
): Row {
    const modern = { deviceTypeName: device?.deviceTypeName ?? null, in_tsdb: 'Y' };
    return {
        links: { self: `${linkBase}/dataChannels` },
        deviceId: row.deviceId,
        uuId: row.uuId,
        parentId: null,
        organizationId: row.organizationId,
        subscriptionId: null,
        deviceTypeId: device?.deviceTypeId ?? null,
        binaryStoreId: '2',
        serviceAgreementId: null,
        deviceName: device?.deviceName ?? null,
        registered: String(row.registeredAt),
        dataPlan: '12',
        expires: String(row.expiresAt),
        renewed: null,
        nominalCode: null,
        status: row.status,
        createdBy: account,
        modifiedBy: account,
        createdTs: String(row.registeredAt),
        modifiedTs: null,
        ...vendor,
        interfaceName: 'Onboard',
        dataChannelId: row.channelId,
        tariffId: row.tariffId,
        timePeriodId: null,
        displayedPhase: row.displayedPhase,
        channelName: row.channelName,
        sortOrder: '0',
        installedTs: String(row.installedAt),
        uninstalledTs: null,
        dataType: row.dataType,
        meterId: row.meterId,
        pulseLabel: '',
        pulseUnits: '',
        pulseRatio: null,
        pulseEnergyRatio: null,
        temperatureEnabled: '0',
        sortCode: owner?.sortCode ?? null,
        organizationName: owner?.organizationName ?? null,
        ...(quirks.channelFields === '2026' ? modern : {}),
        isMeteringPoint: true,
        costEnabled: row.tariffId !== null,
    };
}

function meterRow(row: SiteChannel, device: SiteDevice, owner: SiteOrganization | undefined): Row {
    return {
        links: { self: `${linkBase}/meters` },
        deviceId: device.deviceId,
        uuId: device.uuId,
        parentId: device.parentId,
        organizationId: device.organizationId,
        subscriptionId: null,
        deviceTypeId: device.deviceTypeId,
        binaryStoreId: '2',
        serviceAgreementId: null,
        deviceName: device.deviceName,
        registered: String(device.registeredAt),
        dataPlan: '12',
        expires: String(device.expiresAt),
        renewed: null,
        nominalCode: null,
        status: device.status,
        createdBy: account,
        modifiedBy: account,
        createdTs: String(device.registeredAt),
        modifiedTs: null,
        ...vendor,
        meterId: row.meterId,
        deviceTypeInterfaceId: '25',
        dataType: row.dataType ?? 'grid meter',
        ct: '250',
        vs: '220',
        channels: '3',
        pulseLabel: '',
        pulseRatio: null,
        pulseUnits: '',
        pulseEnergyRatio: null,
        temperatureEnabled: '0',
        dataReceivedTs: null,
        sortCode: owner?.sortCode ?? null,
        organizationName: owner?.organizationName ?? null,
        interface: {
            deviceTypeInterfaceId: '25',
            links: { self: `${linkBase}/deviceTypeInterfaces/25` },
            interfaceName: 'Onboard',
            deviceTypeId: '16',
            deviceInterfaceId: '3',
            direction: 'accept',
            count: '8',
            prefix: '00',
            createdBy: '1',
            modifiedBy: null,
            createdTs: '1521800190',
            modifiedTs: null,
        },
    };
}

function deviceTypeRow(row: SiteDevice): Row {
    const { deviceTypeId, deviceTypeCode, deviceTypeName } = row;
    const meteringPoint = row.parentId === null ? '0' : '1';
    return { deviceTypeId, deviceTypeCode, deviceTypeName, meteringPoint, singlePhaseEnabled: '0' };
}

const numericKey = /(Id|Ts|By|registered|expires|renewed|status|sortOrder|dataPlan|temperatureEnabled)$/;

/** The same rows with every id, flag and timestamp a JSON number. */
function numericRows(rows: Rows): Rows {
    const convert = (list: readonly Row[]): readonly Row[] =>
        list.map((row) =>
            Object.fromEntries(
                Object.entries(row).map(([key, value]) =>
                    typeof value === 'string' && numericKey.test(key) && /^\d+$/.test(value) && key !== 'uuId'
                        ? [key, Number(value)]
                        : [key, value],
                ),
            ),
        );
    const { organizations, devices, meters, channels, devicetypes, tariffs } = rows;
    return {
        organizations: convert(organizations),
        devices: convert(devices),
        meters: convert(meters),
        channels: convert(channels),
        devicetypes: convert(devicetypes),
        tariffs: convert(tariffs),
    };
}
