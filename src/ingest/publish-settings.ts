/**
 * Compiles reference/settings.json into the tables `channel_settings` and `holidays`. Done again only when the file,
 * the tariffs' names, the channels or their organizations changed; `state/settings.txt` says what they were made from.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { channelSettings } from '../analysis/channel-settings.ts';
import { type LakeSettings, noSettings, parseSettings } from '../analysis/settings.ts';
import {
    type KnownPlace,
    type SettledChannel,
    settleChannel,
    settleHolidays,
    toSettingsRow,
} from '../analysis/settle.ts';
import { parseTariffs } from '../analysis/tariffs.ts';
import { listFolder, readMaybe } from '../lake/files.ts';
import { isChannelId, referenceFile } from '../lake/layout.ts';
import { fileMark } from '../lake/partitions.ts';
import type { TreeRow } from '../model/organization-tree.ts';
import { type DuckDB, literal, type Row } from '../warehouse/duckdb.ts';
import type { LakeContext } from './context.ts';
import { publishTable } from './publish-table.ts';
import { tariffFile } from './publish-tariffs.ts';

/** What the settings say of a lake. */
export interface SettledLake {
    readonly channels: readonly (SettledChannel & { readonly channelName: string | null })[];
    readonly tree: readonly TreeRow[];
    readonly given: LakeSettings;
    /** Ids of the file that this lake does not know. */
    readonly strangers: readonly string[];
}

/** `reference/settings.json`, the user's own. */
export function settingsFile(lake: Pick<LakeContext, 'paths'>): string {
    return join(lake.paths.reference, 'settings.json');
}

/** Makes the tables agree with their sources. Throws SETTINGS_INVALID. */
export async function publishSettings(lake: LakeContext, db: DuckDB): Promise<void> {
    const marker = join(lake.paths.state, 'settings.txt');
    if ((await readMaybe(marker)) === (await digestOfSources(lake))) return;
    const file = settingsFile(lake);
    const text = await readMaybe(file);
    const settled = await settleLake(lake, db, text === undefined ? noSettings : parseSettings(text, file));
    for (const stranger of settled.strangers) {
        const sentence = `${file} has settings for ${stranger}, which this lake does not know`;
        lake.log.warn('settings_unused', { file, stranger }, sentence);
    }
    const { channels, tree, given } = settled;
    await publishTable(lake, db, 'channel_settings', channels.map(toSettingsRow));
    await publishTable(
        lake,
        db,
        'holidays',
        settleHolidays(given, tree).map((row) => ({ ...row })),
    );
    await lake.files.write(marker, await digestOfSources(lake));
}

/** The effective settings of every channel of the lake, the defaults first as the channel ''. */
export async function settleLake(lake: LakeContext, db: DuckDB, given: LakeSettings): Promise<SettledLake> {
    const tree = (await readTable(lake, db, 'organization_tree', '*')).map((row) => ({
        organization_id: String(row.organization_id),
        ancestor_id: String(row.ancestor_id),
        depth: Number(row.depth),
    }));
    const listed = await readPlaces(lake, db);
    const known = new Set(listed.map(({ channelId }) => channelId));
    const unlisted = (await listFolder(lake.paths.readings))
        .map((folder) => folder.replace('channel_id=', ''))
        .filter((channelId) => isChannelId(channelId) && !known.has(channelId));
    const all = [nowhere(''), ...listed, ...unlisted.map(nowhere)].sort(
        (a, b) => a.channelId.length - b.channelId.length || (a.channelId < b.channelId ? -1 : 1),
    );
    const organizations = new Set(tree.map((row) => row.organization_id));
    const channelIds = new Set(all.map(({ channelId }) => channelId));
    return {
        given,
        tree,
        channels: all.map(({ channelName, ...place }) => ({
            ...settleChannel(given, place, tree),
            channelName,
        })),
        strangers: [
            ...Object.keys(given.organizations)
                .filter((id) => !organizations.has(id))
                .map((id) => `organization ${id}`),
            ...Object.keys(given.channels)
                .filter((id) => !channelIds.has(id))
                .map((id) => `channel ${id}`),
        ],
    };
}

type NamedPlace = KnownPlace & { readonly channelName: string | null };

/** A channel that the API does not list, or the defaults. */
function nowhere(channelId: string): NamedPlace {
    return {
        channelId,
        channelName: null,
        organizationId: null,
        timeZone: 'UTC',
        carbonKgPerKwh: null,
        tariffId: null,
    };
}

async function readPlaces(lake: LakeContext, db: DuckDB): Promise<NamedPlace[]> {
    const file = tariffFile(lake);
    const text = await readMaybe(file);
    const tariffs = new Set(text === undefined ? [] : parseTariffs(text, file).map(({ id }) => id));
    const organizations = new Map(
        (
            await readTable(
                lake,
                db,
                'organizations',
                'organization_id, time_zone, carbon_ratio, carbon_units',
            )
        ).map((row) => [String(row.organization_id), row]),
    );
    const rows = await readTable(
        lake,
        db,
        'channels',
        'channel_id, channel_name, organization_id, tariff_id',
    );
    return rows.map((row) => {
        const organizationId = textOrNull(row.organization_id);
        const organization = organizations.get(organizationId ?? '');
        const tariffId = textOrNull(row.tariff_id);
        return {
            channelId: String(row.channel_id),
            channelName: textOrNull(row.channel_name),
            organizationId,
            timeZone: textOrNull(organization?.time_zone) ?? 'UTC',
            carbonKgPerKwh: carbonOf(organization),
            tariffId: tariffId !== null && tariffs.has(tariffId) ? tariffId : null,
        };
    });
}

/** In kg per kWh, whatever mass the API's units name; 0 means that nobody set it. */
function carbonOf(organization: Row | undefined): number | null {
    const ratio = Number(organization?.carbon_ratio ?? 0);
    if (!(ratio > 0)) return null;
    const units = String(organization?.carbon_units ?? '')
        .trim()
        .toLowerCase();
    const kg = units.startsWith('lb') ? 0.453_592_37 : units.startsWith('g') ? 0.001 : 1;
    return ratio * kg;
}

async function readTable(lake: LakeContext, db: DuckDB, table: string, columns: string): Promise<Row[]> {
    if (markOf(lake, table) === null) return [];
    const file = literal(referenceFile(lake.paths, table));
    return db.rows(`select ${columns} from read_parquet(${file}, hive_partitioning = false)`);
}

/** What the tables are made from, and the marks of the tables themselves: one that was lost or changed is missed. */
async function digestOfSources(lake: LakeContext): Promise<string> {
    const sources = [
        channelSettings.map(({ column, fallback }) => [column, fallback]),
        await readMaybe(settingsFile(lake)),
        await readMaybe(tariffFile(lake)),
        ...['channels', 'organizations', 'organization_tree', 'channel_settings', 'holidays'].map((table) =>
            markOf(lake, table),
        ),
        await listFolder(lake.paths.readings),
    ];
    return createHash('sha256').update(JSON.stringify(sources)).digest('hex');
}

function markOf(lake: LakeContext, table: string): string | null {
    return fileMark(referenceFile(lake.paths, table))?.mark ?? null;
}

function textOrNull(value: unknown): string | null {
    return value === null || value === undefined ? null : String(value);
}
