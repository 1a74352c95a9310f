/** Asks the API for the reference lists; a list that cannot be used is set aside and the older state goes on. */
import type { ApiClient, ListAnswer, Resource, WireChannel } from '../api/client.ts';
import { type AppError, isAppError, messageOf } from '../core/errors.ts';
import { isChannelId, type ReferenceTable } from '../lake/layout.ts';
import { quarantineAnswer } from '../lake/quarantine.ts';
import type { ReferenceRow } from '../model/tables.ts';
import type { LakeContext } from './context.ts';
import type { Tally } from './tally.ts';

export type Tables = Readonly<Record<ReferenceTable, readonly ReferenceRow[]>>;

/** What was answered; undefined where nothing usable was. */
export interface Lists {
    readonly organizations: ListAnswer<'organizations'> | undefined;
    readonly channels: ListAnswer<'channels'> | undefined;
    readonly devices: ListAnswer<'devices'> | undefined;
}

/** A list, or undefined when its answer was unusable and the lake has an older state to go on with. */
export async function askList<R extends Resource>(
    lake: LakeContext,
    api: ApiClient,
    resource: R,
    tally: Tally | undefined,
    before: Tables,
): Promise<ListAnswer<R> | undefined> {
    try {
        return await api.list(resource);
    } catch (error) {
        if (!isAppError(error)) throw error;
        const isBroken = error.code === 'SOURCE_BAD_ANSWER';
        const quarantine =
            isBroken && tally !== undefined ? await quarantineList(lake, resource, error) : undefined;
        if (tally !== undefined)
            await lake.journal.write({
                event: 'reference',
                table: resource,
                outcome: isBroken ? 'quarantined' : 'failed',
                code: error.code,
                reason: messageOf(error),
                ...(quarantine === undefined ? {} : { quarantine }),
            });
        const canGoOn =
            isAppError(
                error,
                'SOURCE_BAD_ANSWER',
                'SOURCE_SERVER_ERROR',
                'SOURCE_REFUSED',
                'SOURCE_TIMEOUT',
            ) &&
            (before[resource].length > 0 || resource === 'devices');
        if (!canGoOn) throw error;
        tally?.failure('', `list of ${resource}`, error.code, messageOf(error));
        return undefined;
    }
}

async function quarantineList(lake: LakeContext, resource: string, error: AppError): Promise<string> {
    return quarantineAnswer(lake.files, lake.paths, {
        reason: String(error.details.reason ?? error.code),
        message: error.message,
        at: lake.runtime.now(),
        subject: resource,
        details: error.details,
    });
}

/** The device list shows an organization's own devices only; those that channels point at are asked for besides. */
export async function askDevices(
    lake: LakeContext,
    api: ApiClient,
    channels: readonly WireChannel[],
    tally: Tally | undefined,
    before: Tables,
): Promise<ListAnswer<'devices'> | undefined> {
    const answer = await askList(lake, api, 'devices', tally, before);
    if (answer === undefined) return undefined;
    const known = new Map(answer.items.map((item) => [item.deviceId, item]));
    const pages = [...answer.pages];
    const owners = new Set(
        channels.flatMap(({ deviceId, organizationId }) =>
            deviceId !== null && organizationId !== null && !known.has(deviceId) ? [organizationId] : [],
        ),
    );
    for (const organization of owners) {
        const more = await api.list('devices', { organization }).catch((error: unknown) => {
            if (!isAppError(error)) throw error;
            tally?.warning(`devices of organization ${organization}: ${error.message}`);
            return undefined;
        });
        for (const item of more?.items ?? []) known.set(item.deviceId, item);
        pages.push(...(more?.pages ?? []));
    }
    return { ...answer, pages, items: [...known.values()] };
}

/** What is strange about the lists, as sentences: zones nobody knows, ids that cannot be a path. */
export function findOddItems(
    organizations: Lists['organizations'],
    channels: Lists['channels'],
    zones: ReadonlySet<string>,
): string[] {
    const badZones = (organizations?.items ?? [])
        .filter(({ timeZone }) => timeZone === null || !zones.has(timeZone))
        .map(
            ({ organizationName, organizationId, timeZone }) =>
                `organization ${organizationName ?? organizationId} has the time zone ${JSON.stringify(timeZone)}, which is unknown: its days are cut in UTC`,
        );
    const badIds = (channels?.items ?? [])
        .filter(({ dataChannelId }) => !isChannelId(dataChannelId))
        .map(
            ({ dataChannelId }) =>
                `channel id ${JSON.stringify(dataChannelId)} is not digits: the channel is left out`,
        );
    return [...badZones, ...badIds];
}
