/**
 * Compiles reference/tariffs.json into the tables that the views read: tariffs, tariff_charges, channel_tariffs,
 * tariff_days, tariff_slots. Done again only when the file, the channels' settings, the holidays or the years of the
 * readings changed; `state/tariffs.txt` says what the tables were made from.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { makeTariffTables, type TariffedChannel, type TariffTables } from '../analysis/tariff-tables.ts';
import { parseTariffs } from '../analysis/tariffs.ts';
import { readMaybe } from '../lake/files.ts';
import { referenceFile } from '../lake/layout.ts';
import { fileMark, listPartitionFiles } from '../lake/partitions.ts';
import { daySeconds, formatInstant } from '../model/time.ts';
import { type DuckDB, literal } from '../warehouse/duckdb.ts';
import type { LakeContext } from './context.ts';
import { publishTable } from './publish-table.ts';

/** The next makes tables of another form: raise it, and every lake compiles anew. */
const form = 2;

const tables: readonly (keyof TariffTables)[] = [
    'tariffs',
    'tariff_charges',
    'channel_tariffs',
    'tariff_days',
    'tariff_slots',
];

/** `reference/tariffs.json`, the user's own. */
export function tariffFile(lake: Pick<LakeContext, 'paths'>): string {
    return join(lake.paths.reference, 'tariffs.json');
}

/** Makes the tables agree with their sources; they are removed with the file. Throws SETTINGS_INVALID. */
export async function publishTariffs(lake: LakeContext, db: DuckDB): Promise<void> {
    const file = tariffFile(lake);
    const text = await readMaybe(file);
    const marker = join(lake.paths.state, 'tariffs.txt');
    if (text === undefined) return removeTables(lake);
    const span = yearsOfReadings(lake);
    const sources = [
        form,
        createHash('sha256').update(text).digest('hex'),
        span,
        markOf(lake, 'channel_settings'),
        markOf(lake, 'holidays'),
    ];
    const mark = (): string => JSON.stringify([sources, tables.map((table) => markOf(lake, table))]);
    if ((await readMaybe(marker)) === mark()) return;
    const tariffs = parseTariffs(text, file);
    const channels = await readChannels(lake, db);
    warnOfUnknown(lake, tariffs, channels);
    const rows = makeTariffTables({
        tariffs,
        channels,
        holidays: await readHolidays(lake, db),
        span,
    });
    for (const table of tables) {
        await publishTable(
            lake,
            db,
            table,
            rows[table].map((row) => ({ ...row })),
        );
    }
    await lake.files.write(marker, mark());
}

/** A misspelt id would be a bill that is missing without a word. */
function warnOfUnknown(
    lake: LakeContext,
    tariffs: readonly { readonly id: string }[],
    channels: readonly TariffedChannel[],
): void {
    const known = new Set(tariffs.map(({ id }) => id));
    for (const id of new Set(channels.map(({ tariffId }) => tariffId))) {
        if (known.has(id)) continue;
        const given = channels.filter(({ tariffId }) => tariffId === id).length;
        const message =
            `reference/settings.json names the tariff ${id} for ${given} channels, and reference/tariffs.json has none ` +
            `of that id: they have no cost and no bill; known are ${[...known].join(', ')}`;
        lake.log.warn('tariff_unknown', { tariff: id, channels: given }, message);
    }
}

async function removeTables(lake: LakeContext): Promise<void> {
    for (const table of tables) {
        if (markOf(lake, table) !== null) await lake.files.remove(referenceFile(lake.paths, table));
    }
}

/** From the first year with readings to the end of the last: new readings seldom move it. */
function yearsOfReadings(lake: LakeContext): { readonly from: string; readonly to: string } {
    const spans = listPartitionFiles(lake.paths, lake.manifest.granularity).map(({ partition }) => partition);
    if (spans.length === 0) return { from: '1970-01-01', to: '1970-01-01' };
    // A day more to both sides: local days differ from those of UTC.
    const year = (instant: number): number => Number(formatInstant(instant).slice(0, 4));
    const first = year(Math.min(...spans.map(({ from }) => from)) - daySeconds);
    const last = year(Math.max(...spans.map(({ to }) => to)) + daySeconds);
    return { from: `${first}-01-01`, to: `${last + 1}-01-01` };
}

function markOf(lake: LakeContext, table: string): string | null {
    return fileMark(referenceFile(lake.paths, table))?.mark ?? null;
}

async function readChannels(lake: LakeContext, db: DuckDB): Promise<TariffedChannel[]> {
    const from = (table: string): string =>
        `read_parquet(${literal(referenceFile(lake.paths, table))}, hive_partitioning = false)`;
    if (markOf(lake, 'channel_settings') === null || markOf(lake, 'channels') === null) return [];
    const rows = await db.rows(
        // What a sub-meter measures is on the bill of its organization already: it gets one of its own.
        `select channel_id, organization_id, s.tariff_id,
            case when not s.is_submeter then s.tariff_organization_id end as tariff_organization_id
         from ${from('channel_settings')} s join ${from('channels')} using (channel_id)
         where s.tariff_id is not null
         order by length(channel_id), channel_id`,
    );
    const text = (value: unknown): string | null => (value === null ? null : String(value));
    return rows.map((row) => ({
        channelId: String(row.channel_id),
        tariffId: String(row.tariff_id),
        organizationId: text(row.organization_id),
        tariffOrganizationId: text(row.tariff_organization_id),
    }));
}

async function readHolidays(lake: LakeContext, db: DuckDB): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    if (markOf(lake, 'holidays') === null) return found;
    const rows = await db.rows(
        `select organization_id, date::varchar as date
         from read_parquet(${literal(referenceFile(lake.paths, 'holidays'))}, hive_partitioning = false)`,
    );
    for (const { organization_id: id, date } of rows) {
        found.set(String(id), [...(found.get(String(id)) ?? []), String(date)]);
    }
    return found;
}
