/** The SQL that takes out of reference/grid_patches.parquet the points for which new files have readings. */
import { type DuckDB, literal, literalList } from './duckdb.ts';
import { copyOptions, type FileFormat } from './merge.ts';

/** A data file about to take its place: the finished one, and the one it replaces when there is one. */
export interface ComingFile {
    readonly channelId: string;
    readonly file: string;
    readonly replaces: string | undefined;
}

/**
 * Writes the patches without those that a reading overlaps which is new in the coming files, or has energy there for
 * the first time. Writes nothing and returns false when there are none such.
 */
export async function writePatchesWithout(
    db: DuckDB,
    patches: string,
    coming: readonly ComingFile[],
    format: Pick<FileFormat, 'codec' | 'version'>,
    target: string,
): Promise<boolean> {
    const channels = coming.map(({ channelId, file }) => `(${literal(file)}, ${literal(channelId)})`);
    const rowsOf = (files: readonly string[]): string => `
        select filename, timestamp, interval_s, energy_kwh is not null as has_energy
        from read_parquet(${literalList(files)}, filename = true, hive_partitioning = false)`;
    const old = coming.flatMap(({ file, replaces }) => (replaces === undefined ? [] : [{ file, replaces }]));
    const isNew =
        old.length === 0
            ? ''
            : `
        anti join (
            select places.coming as filename, timestamp, interval_s, has_energy
            from (${rowsOf(old.map(({ replaces }) => replaces))}) stored
            inner join (
                values ${old.map(({ file, replaces }) => `(${literal(file)}, ${literal(replaces)})`).join(', ')}
            ) places (coming, place)
                on stored.filename = places.place
        ) old using (filename, timestamp, interval_s, has_energy)`;
    // Every patch of a channel is on its one grid.
    await db.run(`
        create or replace temp table filled as
        with patches as (
            select channel_id, timestamp, interval_s
            from read_parquet(${literal(patches)}, hive_partitioning = false)
        ),
        grids as (
            select
                channel_id,
                cast(any_value(interval_s) as bigint) as step_s,
                any_value(epoch_us(timestamp) // 1000000 % interval_s) as phase_s
            from patches
            group by channel_id
        ),
        added as (
            select grids.*, epoch_us(timestamp) // 1000000 as starts_s, interval_s
            from (${rowsOf(coming.map(({ file }) => file))}) rows
            ${isNew}
            inner join (values ${channels.join(', ')}) files (filename, channel_id) using (filename)
            inner join grids using (channel_id)
        ),
        points as (
            select distinct
                channel_id,
                unnest(range(
                    starts_s - (starts_s - phase_s) % step_s, starts_s + interval_s, step_s
                )) as point_s
            from added
        )
        select channel_id, timestamp
        from patches
        semi join (select channel_id, make_timestamptz(1000000 * point_s) as timestamp from points) provided
            using (channel_id, timestamp)`);
    if (Number(await db.value('select count(*) from filled')) === 0) return false;
    await db.run(`
        copy (
            select patches.*
            from read_parquet(${literal(patches)}, hive_partitioning = false) patches
            anti join filled using (channel_id, timestamp)
        ) to ${literal(target)} (${copyOptions(format)})`);
    return true;
}
