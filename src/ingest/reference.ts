/** Organizations, devices and channels: every page read, landed raw when changed, kept as reference tables. */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import type { ApiClient, ListAnswer, Resource } from '../api/client.ts';
import { parseList } from '../api/wire.ts';
import { AppError } from '../core/errors.ts';
import type { Exchange } from '../lake/exchange.ts';
import { listFolder, readMaybe, sizeMaybe } from '../lake/files.ts';
import {
    isChannelId,
    parseRawReferenceName,
    type ReferenceTable,
    referenceFile,
    referenceTables,
} from '../lake/layout.ts';
import { isCompleteRaw, landReference, readRaw } from '../lake/snapshots.ts';
import type { ReferenceRow } from '../model/tables.ts';
import { type DuckDB, withDuckDB } from '../warehouse/duckdb.ts';
import { readReference, readTimeZones, writeReference } from '../warehouse/reference.ts';
import type { KnownChannel } from './channels.ts';
import type { LakeContext } from './context.ts';
import { putFiles } from './put-files.ts';
import { askDevices, askList, findOddItems, type Lists, type Tables } from './reference-lists.ts';
import { channelValues, deviceValues, nextRows, organizationValues } from './reference-rows.ts';
import type { Tally } from './tally.ts';

/** Reads the lists, keeps what changed, and returns the channels. Without a tally nothing is written. */
export async function syncReference(
    lake: LakeContext,
    api: ApiClient,
    tally: Tally | undefined,
): Promise<KnownChannel[]> {
    if (tally !== undefined) await foldLeftLists(lake);
    return withDuckDB({ threads: 1 }, async (db) => {
        const before = await readTables(lake, db);
        const organizations = await askList(lake, api, 'organizations', tally, before);
        const channels = await askList(lake, api, 'channels', tally, before);
        const devices = await askDevices(lake, api, channels?.items ?? [], tally, before);
        const zones = await readTimeZones(db);
        const after = foldLists(before, { organizations, channels, devices }, zones);
        for (const odd of findOddItems(organizations, channels, zones)) tally?.warning(odd);
        for (const list of [organizations, channels, devices]) {
            if (list?.isComplete === false) tally?.warning(incomplete(list.resource));
        }
        if (tally !== undefined) {
            const marks: Mark[] = [];
            for (const answer of [organizations, channels, devices]) {
                if (answer !== undefined) marks.push(...(await landWhenChanged(lake, answer)));
            }
            await writeTables(lake, db, before, after);
            // Last: they say that the tables hold what was landed.
            for (const { file, text } of marks) await lake.files.write(file, text);
        }
        return toChannels(after);
    });
}

function incomplete(resource: Resource): string {
    return `the list of ${resource} holds fewer than it says: those it leaves out are taken to be there still`;
}

/** The channels as the reference tables on disk have them. */
export async function readChannels(lake: LakeContext): Promise<KnownChannel[]> {
    return withDuckDB({ threads: 1 }, async (db) => toChannels(await readTables(lake, db)));
}

/** One state of the tables to the next; a list that could not be read changes nothing. */
function foldLists(
    before: Tables,
    lists: Lists,
    zones: ReadonlySet<string>,
    typeNames: Map<string, string> = namesOf(before.devices),
): Tables {
    const { organizations, channels, devices } = lists;
    for (const { deviceTypeId, deviceTypeName } of channels?.items ?? []) {
        if (deviceTypeId !== null && deviceTypeName !== null) typeNames.set(deviceTypeId, deviceTypeName);
    }
    const isZone = (name: string): boolean => zones.has(name);
    return {
        organizations:
            organizations === undefined
                ? before.organizations
                : nextRows(
                      'organizations',
                      before.organizations,
                      organizations.items.map((item) => organizationValues(item, isZone)),
                      organizations,
                  ),
        channels:
            channels === undefined
                ? before.channels
                : nextRows(
                      'channels',
                      before.channels,
                      channels.items
                          .filter(({ dataChannelId }) => isChannelId(dataChannelId))
                          .map(channelValues),
                      channels,
                  ),
        devices:
            devices === undefined
                ? before.devices
                : nextRows(
                      'devices',
                      before.devices,
                      devices.items.map((item) => deviceValues(item, typeNames)),
                      devices,
                  ),
    };
}

function namesOf(devices: readonly ReferenceRow[]): Map<string, string> {
    return new Map(
        devices.flatMap(({ device_type_id: id, device_type_name: name }) =>
            typeof id === 'string' && typeof name === 'string' ? [[id, name] as const] : [],
        ),
    );
}

/** Says which raw list the tables hold, and by its digest what was in it. */
interface Mark {
    readonly file: string;
    readonly text: string;
}

function markFile(lake: LakeContext, table: ReferenceTable): string {
    return join(lake.paths.state, 'reference', `${table}.sha256`);
}

/**
 * A run that was killed may have landed a list and not written its table. What changed in it counts from when it was
 * landed, as it does for a rebuild: the tables are made from the raw lists.
 */
async function foldLeftLists(lake: LakeContext): Promise<void> {
    const landed = await listRawLists(lake);
    for (const table of referenceTables) {
        const newest = landed.findLast((list) => list.table === table);
        const mark = await readMaybe(markFile(lake, table));
        if (newest === undefined || mark?.split(' ')[1] === basename(newest.path)) continue;
        return rebuildReference(lake, (resource, bodies) =>
            bodies.flatMap((body) => parseList(resource, body).items),
        );
    }
}

async function landWhenChanged(lake: LakeContext, answer: ListAnswer<Resource>): Promise<Mark[]> {
    const { resource, pages, fetchedAt, isComplete } = answer;
    const file = markFile(lake, resource);
    const digest = createHash('sha256')
        .update(pages.map(({ body }) => body).join('\n'))
        .digest('hex');
    if ((await readMaybe(file))?.split(' ')[0] === digest) return [];
    const head = { table: resource, fetchedAt, isComplete };
    const path = await landReference(lake.files, lake.paths, head, pages);
    await lake.journal.write({
        event: 'reference',
        table: resource,
        outcome: 'landed',
        file: basename(path),
    });
    return [{ file, text: `${digest} ${basename(path)}` }];
}

async function readTables(lake: LakeContext, db: DuckDB): Promise<Tables> {
    const read = async (table: ReferenceTable): Promise<ReferenceRow[]> => {
        const file = referenceFile(lake.paths, table);
        return (await sizeMaybe(file)) === undefined ? [] : await readReference(db, table, file);
    };
    return {
        organizations: await read('organizations'),
        devices: await read('devices'),
        channels: await read('channels'),
    };
}

async function writeTables(lake: LakeContext, db: DuckDB, before: Tables, after: Tables): Promise<void> {
    const exchanges: Exchange[] = [];
    for (const table of referenceTables) {
        const final = referenceFile(lake.paths, table);
        const isSame = JSON.stringify(before[table]) === JSON.stringify(after[table]);
        if (isSame && (await sizeMaybe(final)) !== undefined) continue;
        const temporary = lake.files.temporary(table);
        await writeReference(db, table, after[table], lake.manifest.parquet, temporary);
        exchanges.push({ temporary, final });
    }
    await putFiles(lake, exchanges);
}

function toChannels(tables: Tables): KnownChannel[] {
    const organizations = new Map(tables.organizations.map((row) => [row.organization_id, row]));
    return tables.channels.map((row) => {
        const organization = organizations.get(row.organization_id ?? null);
        const name = organization?.organization_name ?? null;
        return {
            channelId: String(row.channel_id),
            channelName: String(row.channel_name),
            organizationId: row.organization_id === null ? null : String(row.organization_id),
            organizationName: name === null ? null : String(name),
            timeZone: String(organization?.time_zone ?? 'UTC'),
            isListed: row.removed_at === null,
        };
    });
}

/** Makes the reference tables anew from the raw lists, oldest first. Used by `rebuild`. */
export async function rebuildReference(
    lake: LakeContext,
    parse: <R extends Resource>(resource: R, bodies: readonly string[]) => ListAnswer<R>['items'],
): Promise<void> {
    const files = await listRawLists(lake);
    if (files.length === 0) return;
    await withDuckDB({ threads: 1 }, async (db) => {
        const zones = await readTimeZones(db);
        const typeNames = new Map<string, string>();
        let tables: Tables = { organizations: [], devices: [], channels: [] };
        for (const { table, path, fetchedAt } of files) {
            const text = await readRaw(path);
            const bodies = rawBodies(text);
            const lists: Lists = { organizations: undefined, channels: undefined, devices: undefined };
            const isComplete = isCompleteRaw(text);
            const answer = { resource: table, fetchedAt, pages: [], items: parse(table, bodies), isComplete };
            tables = foldLists(tables, { ...lists, [table]: answer }, zones, typeNames);
        }
        await writeTables(lake, db, { organizations: [], devices: [], channels: [] }, tables);
    });
}

/** The raw lists, oldest first. */
async function listRawLists(lake: LakeContext) {
    return (await listFolder(lake.paths.rawReference))
        .flatMap((file) => {
            const name = parseRawReferenceName(file);
            return name === undefined ? [] : [{ ...name, path: join(lake.paths.rawReference, file) }];
        })
        .sort((a, b) => a.fetchedAt - b.fetchedAt);
}

function rawBodies(text: string): string[] {
    const parsed: unknown = JSON.parse(text);
    if (
        typeof parsed !== 'object' ||
        parsed === null ||
        !('pages' in parsed) ||
        !Array.isArray(parsed.pages)
    ) {
        throw new AppError('DATA_CORRUPT', 'a raw reference list has no pages');
    }
    return parsed.pages.map((page: { body?: unknown }) => JSON.stringify(page.body ?? null));
}
