/** A replay's site.json, its ids made strings and what it leaves out filled in. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AppError, messageOf } from '../core/errors.ts';
import { isTimeZone } from '../model/time.ts';
import type { NativeReadings } from './replay-csv.ts';
import { type SiteChannel, type SiteDevice, type SiteOrganization, sortCodeOf } from './site.ts';

const id = z.union([z.string(), z.number()]).transform(String);
const optionalId = id.nullish().transform((value) => value ?? null);
const text = z
    .string()
    .nullish()
    .transform((value) => value ?? null);

const siteFile = z.object({
    organizations: z.array(
        z.object({
            organizationId: id,
            parentId: optionalId,
            organizationName: z.string(),
            timeZone: z.string().refine(isTimeZone, 'is not a time zone'),
            currencyCode: text,
            carbonRatio: z.union([z.string(), z.number()]).nullish(),
            carbonUnits: text,
            address1: text,
            city: text,
            postCode: text,
            country: text,
        }),
    ),
    devices: z.array(
        z.object({
            deviceId: id,
            deviceName: z.string(),
            deviceTypeId: id,
            deviceTypeName: z.string(),
            organizationId: id,
            parentId: optionalId,
            uuId: z.string(),
            status: id.default('1'),
        }),
    ),
    channels: z.array(
        z.object({
            dataChannelId: id,
            channelName: z.string(),
            deviceId: optionalId,
            organizationId: id,
            interval_s: z.number().int().positive(),
            fields: z.array(z.string()).min(1),
            tariffId: optionalId,
        }),
    ),
});

export type SiteFile = z.infer<typeof siteFile>;

/** The parsed file. Throws USAGE_BAD_ARGUMENTS when it is missing, DATA_CORRUPT when it is not what it should be. */
export async function readSiteFile(path: string): Promise<SiteFile> {
    const content = await readFile(path, 'utf8').catch((error: unknown) => {
        throw new AppError('USAGE_BAD_ARGUMENTS', `${path} cannot be read: ${messageOf(error)}`, {
            hint: 'A replay folder holds site.json and readings.csv.gz.',
            cause: error,
        });
    });
    let json: unknown;
    try {
        json = JSON.parse(content);
    } catch (error) {
        throw new AppError('DATA_CORRUPT', `${path} is not JSON: ${messageOf(error)}`, { cause: error });
    }
    const parsed = siteFile.safeParse(json);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const where = issue?.path.join('.') ?? '';
    throw new AppError('DATA_CORRUPT', `${path}: ${where} ${issue?.message ?? 'is not a site'}`, {
        cause: parsed.error,
    });
}

const expiresAt = 4_070_908_800;

/** The organizations, as a source lists them. */
export function replayOrganizations(site: SiteFile): SiteOrganization[] {
    const parents = new Map(site.organizations.map((row) => [row.organizationId, row.parentId]));
    return site.organizations.map((row) => ({
        ...row,
        carbonRatio: String(row.carbonRatio ?? '0.0000'),
        carbonUnits: row.carbonUnits ?? '',
        sortCode: sortCodeOf(row.organizationId, parents),
        status: '1',
        createdAt: 1_388_534_400,
    }));
}

/** The devices, registered with the first reading of the whole replay. */
export function replayDevices(site: SiteFile, registeredAt: number): SiteDevice[] {
    return site.devices.map((row) => ({ ...row, deviceTypeCode: 'EM_8H', registeredAt, expiresAt }));
}

/** The channels; one without a single reading is silent. */
export function replayChannels(
    site: SiteFile,
    readings: ReadonlyMap<string, NativeReadings>,
    registeredAt: number,
): SiteChannel[] {
    const devices = new Map(site.devices.map((row) => [row.deviceId, row]));
    return site.channels.map((row) => {
        const firstAt = readings.get(row.dataChannelId)?.at[0];
        return {
            channelId: row.dataChannelId,
            channelName: row.channelName,
            deviceId: row.deviceId,
            meterId: row.deviceId,
            organizationId: row.organizationId,
            uuId: devices.get(row.deviceId ?? '')?.uuId ?? '0000000000000000',
            displayedPhase: 'system',
            dataType: 'grid meter',
            tariffId: row.tariffId,
            status: '1',
            registeredAt,
            expiresAt,
            installedAt: registeredAt,
            fields: row.fields,
            intervalS: row.interval_s,
            firstAt: firstAt ?? registeredAt,
            answers: firstAt === undefined ? 'nulls' : 'values',
        };
    });
}
