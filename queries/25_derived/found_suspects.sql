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

judged as (
    select
        readings_counted.channel_id,
        readings_counted.timestamp,
        readings_counted.interval_s,
        epoch_us(readings_counted.timestamp) // 1000000 as starts_s,
        readings_counted.power_kw as known_kw,
        coalesce(3600 * readings_counted.energy_kwh / readings_counted.interval_s, readings_counted.power_kw)
            as mean_kw,
        readings_counted.flags & 1024 <> 0 as went_back,
        readings_counted.flags & (64 | 128) <> 0 as is_doubtful,
        coalesce(channel_settings.time_zone, 'UTC') as time_zone,
        coalesce(channel_settings.spike_ratio, 1.8) as spike_ratio,
        coalesce(channel_settings.spike_min_kw, 5) as spike_min_kw,
        3600 * coalesce(channel_settings.flat_line_hours, 6) as flat_line_s,
        coalesce(channel_settings.flat_line_min_kw, 0.1) as flat_line_min_kw,
        channel_grids.interval_s as grid_s,
        channel_grids.phase_s,
    from readings_counted
    left join channel_settings
        on readings_counted.channel_id = channel_settings.channel_id
    left join channel_grids
        on readings_counted.channel_id = channel_grids.channel_id
),

localized as (
    select
        judged.*,
        judged.starts_s + interval_s as ends_s,
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

laid_out as (
    select
        *,
        lag(struct_pack(known_kw := known_kw, mean_kw := mean_kw, ends_s := ends_s, went_back := went_back)) over (
            partition by channel_id
            order by starts_s
        ) as before,
    from localized
),

-- A flat line: readings without a pause whose mean power, and power where it is known, is the same to the last digit.
opened as (
    select
        *,
        before.ends_s = starts_s as is_next,
        not coalesce(
            is_next and before.mean_kw = mean_kw and before.known_kw is not distinct from known_kw,
            false
        ) as opens_line,
    from laid_out
),

numbered as (
    select
        *,
        sum(cast(opens_line as integer)) over (
            partition by channel_id
            order by starts_s
            rows unbounded preceding
        ) as line,
    from opened
),

lines as (
    select channel_id, line, max(ends_s) - min(starts_s) as line_s,
    from numbered
    where mean_kw > flat_line_min_kw
    group by channel_id, line
    having line_s >= 900
),

marked as (
    select
        numbered.channel_id,
        numbered.timestamp,
        numbered.interval_s,
        case
            when numbered.mean_kw > day_highs.third_kw * numbered.spike_ratio
                and numbered.mean_kw >= numbered.spike_min_kw
                then 256
            else 0
        end
        | case when lines.line_s >= numbered.flat_line_s then 512 else 0 end
        | case when numbered.is_next and numbered.before.went_back and numbered.is_doubtful then 1024 else 0 end
        | case
            when numbered.interval_s = numbered.grid_s
                and numbered.grid_s < 86400
                and numbered.starts_s % numbered.grid_s <> numbered.phase_s
                then 2048
            else 0
        end as flags,
    from numbered
    left join day_highs
        on numbered.channel_id = day_highs.channel_id
        and numbered.local_day = day_highs.local_day
    left join lines
        on numbered.channel_id = lines.channel_id
        and numbered.line = lines.line
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
    select channel_id, timestamp, interval_s, flags from interleaved
),

final as (
    select channel_id, timestamp, interval_s, cast(bit_or(flags) as integer) as flags,
    from together
    group by channel_id, timestamp, interval_s
)

select * from final
