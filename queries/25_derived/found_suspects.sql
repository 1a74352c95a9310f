-- The readings that only their neighbours make suspicious. The same as the table suspects, worked out anew.
-- A reading's mean power is its energy over its length, else its power.
--
-- grain:         one row per channel_id, timestamp, interval_s
-- inner:         the table suspects is made from it
-- time:          timestamp
-- channel_id     varchar      the channel
-- timestamp      timestamptz  start of the interval, UTC
-- interval_s     integer      length of the interval in seconds
-- flags          integer      bit set: 256 spike, 512 flat line, 1024 counter reset or roll-over, 2048 off the grid,
--                             16384 interleaved grid
with calendar_days as not materialized (
    select
        time_zone,
        utc_date - date '1970-01-01' as utc_day,
        offset_s,
        epoch_us(changes_at) // 1000000 as changes_s,
        offset_after_s,
    from calendar
),

-- A row without power is of no use here, but for one: where the counter went back.
judged as (
    select
        readings_counted.channel_id,
        readings_counted.timestamp,
        readings_counted.interval_s,
        epoch_us(readings_counted.timestamp) // 1000000 as starts_s,
        starts_s + readings_counted.interval_s as ends_s,
        readings_counted.power_kw as known_kw,
        coalesce(3600 * readings_counted.energy_kwh / readings_counted.interval_s, readings_counted.power_kw)
            as mean_kw,
        readings_counted.flags & 1024 <> 0 as went_back,
        readings_counted.flags & (64 | 128) <> 0 as is_doubtful,
        coalesce(channel_settings.time_zone, 'UTC') as time_zone,
    from readings_counted
    left join channel_settings
        on readings_counted.channel_id = channel_settings.channel_id
    where
        readings_counted.energy_kwh is not null
        or readings_counted.power_kw is not null
        or readings_counted.flags & (64 | 1024) <> 0
),

localized as (
    select
        judged.* exclude (time_zone),
        (
            judged.starts_s
            + case
                when judged.starts_s >= calendar_days.changes_s then calendar_days.offset_after_s
                else coalesce(calendar_days.offset_s, 0)
            end
        ) // 86400 as local_day,
    from judged
    left join calendar_days
        on judged.time_zone = calendar_days.time_zone
        and judged.starts_s // 86400 = calendar_days.utc_day
),

-- The third-highest reading of each day that was measured for half of it: before noon nobody knows what is high.
day_highs as (
    select
        channel_id,
        local_day,
        max(mean_kw, 3)[3] as third_kw,
    from localized
    where mean_kw is not null
    group by channel_id, local_day
    having sum(interval_s) >= 43200
),

day_limits as (
    select
        day_highs.channel_id,
        day_highs.local_day,
        day_highs.third_kw * coalesce(channel_settings.spike_ratio, 1.8) as spike_kw,
        coalesce(channel_settings.spike_min_kw, 5) as spike_min_kw,
    from day_highs
    left join channel_settings
        on day_highs.channel_id = channel_settings.channel_id
),

laid_out as (
    select
        *,
        lag(ends_s) over in_time = starts_s as is_next,
        lag(went_back) over in_time as follows_reset,
        coalesce(
            is_next and lag(mean_kw) over in_time = mean_kw and lag(known_kw) over in_time is not distinct from known_kw,
            false
        ) as is_same,
        coalesce(
            lead(starts_s) over in_time = ends_s
            and lead(mean_kw) over in_time = mean_kw
            and lead(known_kw) over in_time is not distinct from known_kw,
            false
        ) as stays_same,
    from localized
    window in_time as (partition by channel_id order by starts_s)
),

marked as (
    select
        laid_out.channel_id,
        laid_out.timestamp,
        laid_out.interval_s,
        case
            when laid_out.mean_kw > day_limits.spike_kw and laid_out.mean_kw >= day_limits.spike_min_kw then 256
            else 0
        end
        | case when laid_out.is_next and laid_out.follows_reset and laid_out.is_doubtful then 1024 else 0 end
        | case
            when laid_out.interval_s = channel_grids.interval_s
                and channel_grids.interval_s < 86400
                and laid_out.starts_s % channel_grids.interval_s <> channel_grids.phase_s
                then 2048
            else 0
        end as flags,
    from laid_out
    left join day_limits
        on laid_out.channel_id = day_limits.channel_id
        and laid_out.local_day = day_limits.local_day
    left join channel_grids
        on laid_out.channel_id = channel_grids.channel_id
),

-- A flat line: readings without a pause whose mean power, and power where it is known, is the same to the last digit.
still as (
    select
        laid_out.*,
        3600 * coalesce(channel_settings.flat_line_hours, 6) as flat_line_s,
    from laid_out
    left join channel_settings
        on laid_out.channel_id = channel_settings.channel_id
    where
        (laid_out.is_same or laid_out.stays_same)
        and laid_out.mean_kw > coalesce(channel_settings.flat_line_min_kw, 0.1)
),

numbered as (
    select
        *,
        sum(cast(not is_same as integer)) over (
            partition by channel_id
            order by starts_s
            rows unbounded preceding
        ) as line,
    from still
),

measured as (
    select
        *,
        max(ends_s) over (partition by channel_id, line) - min(starts_s) over (partition by channel_id, line) as line_s,
    from numbered
),

-- Interleaved: two readings of one length that overlap. Those that do not count are in it too.
neighbours as (
    select
        channel_id,
        timestamp,
        interval_s,
        epoch_us(timestamp) // 1000000 as starts_s,
        lag(starts_s) over (partition by channel_id, interval_s order by timestamp) as before_s,
        lead(starts_s) over (partition by channel_id, interval_s order by timestamp) as after_s,
    from overlapping_readings
    where coalesce(energy_kwh, power_kw) is not null
),

interleaved as (
    select channel_id, timestamp, interval_s, 16384 as flags,
    from neighbours
    where starts_s < before_s + interval_s or after_s < starts_s + interval_s
),

together as (
    select channel_id, timestamp, interval_s, flags from marked where flags <> 0
    union all
    select channel_id, timestamp, interval_s, 512 as flags from measured where line_s >= flat_line_s
    union all
    select channel_id, timestamp, interval_s, flags from interleaved
),

final as (
    select channel_id, timestamp, interval_s, cast(bit_or(flags) as integer) as flags,
    from together
    group by channel_id, timestamp, interval_s
)

select * from final
