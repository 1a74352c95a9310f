/**
 * The calendar: UTC offsets of each time zone by UTC day, so that no view converts a zone row by row (forty
 * times slower). Built by DuckDB's own zone data.
 */
import { type DuckDB, literal, literalList } from './duckdb.ts';

/** First day, and the day after the last, UTC. */
const calendarSpan = { from: '2000-01-01', to: '2050-01-01' } as const;

/**
 * Writes reference/calendar.parquet for the zones and UTC. `file` is a temporary path that the caller renames.
 * Throws AppError when a zone is unknown to DuckDB.
 */
export async function writeCalendar(db: DuckDB, file: string, timeZones: readonly string[]): Promise<void> {
    const zones = [...new Set(['UTC', ...timeZones])].sort();
    await db.run(
        `copy (${calendarSql(zones)}) to ${literal(file)} (format parquet, compression zstd, parquet_version V2)`,
    );
}

/**
 * One row per zone and UTC day: the offset up to `changes_at` and the offset from there on. A change is looked for
 * to the minute, only in the days whose two ends differ; a change at 00:00 UTC belongs to the day it opens.
 */
function calendarSql(zones: readonly string[]): string {
    const offset = (instant: string): string =>
        `(epoch_us(timezone(time_zone, timezone('UTC', ${instant}))) - epoch_us(${instant})) // 1000000`;
    return `
with zones as (
    select unnest(${literalList(zones)}) as time_zone
),
days as (
    select unnest(range(
        timestamp ${literal(calendarSpan.from)}, timestamp ${literal(calendarSpan.to)}, interval 1 day
    )) as starts
),
ends as (
    select
        time_zone,
        starts,
        ${offset('starts - interval 1 second')} as offset_s,
        ${offset('starts + interval 86399 second')} as offset_after_s,
    from zones, days
),
quarters as (
    select *, unnest(range(0, 1440, 15)) as minute from ends where offset_s <> offset_after_s
),
quarter_of_change as (
    select time_zone, starts, offset_after_s, min(minute) as minute
    from quarters
    where ${offset('starts + to_minutes(minute + 14) + interval 59 second')} = offset_after_s
    group by time_zone, starts, offset_after_s
),
minutes as (
    select time_zone, starts, offset_after_s, unnest(range(minute, minute + 15)) as minute
    from quarter_of_change
),
changes as (
    select time_zone, starts, min(minute) as minute
    from minutes
    where ${offset('starts + to_minutes(minute)')} = offset_after_s
    group by time_zone, starts
)
select
    ends.time_zone,
    ends.starts::date as utc_date,
    ends.offset_s::integer as offset_s,
    timezone('UTC', ends.starts + to_minutes(changes.minute)) as changes_at,
    ends.offset_after_s::integer as offset_after_s
from ends
left join changes
    on ends.time_zone = changes.time_zone
    and ends.starts = changes.starts
order by ends.time_zone, utc_date`;
}
