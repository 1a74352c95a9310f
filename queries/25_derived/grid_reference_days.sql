-- What the intervals of long gaps used on similar days: the mean of the three nearest days of the same local weekday,
-- within eight weeks, whose readings at the local times of the gap all have energy and no flag; of two equally near
-- days the earlier comes first. A gap is taken day by day. With fewer than three such days there is no row.
--
-- grain:          one row per channel_id, timestamp
-- inner:          of found_grid_patches
-- time:           timestamp
-- channel_id      varchar      the channel
-- timestamp       timestamptz  start of the interval, UTC
-- reference_kwh   double       energy of the whole interval on a similar day
with settings as (
    select
        channel_grids.channel_id,
        channel_grids.interval_s,
        channel_grids.phase_s,
        coalesce(own.is_estimated, others.is_estimated, true) as is_estimated,
        coalesce(own.time_zone, 'UTC') as time_zone,
    from channel_grids
    left join channel_settings as own
        on channel_grids.channel_id = own.channel_id
    left join channel_settings as others
        on others.channel_id = ''
        and own.channel_id is null
),

zone_days as (
    select
        time_zone,
        utc_date - date '1970-01-01' as utc_day,
        offset_s,
        epoch_us(changes_at) // 1000000 as changes_s,
        offset_after_s,
    from calendar
),

gaps as (
    select
        grid_gaps.*,
        epoch_us(grid_gaps.timestamp) // 1000000 as starts_s,
        settings.is_estimated,
        settings.time_zone,
    from grid_gaps
    inner join settings
        on grid_gaps.channel_id = settings.channel_id
    inner join readings_span
        on grid_gaps.channel_id = readings_span.channel_id
    where
        grid_gaps.long_s > 0
        and grid_gaps.timestamp >= readings_span.from_at
        and grid_gaps.timestamp < readings_span.to_at
),

sought as (
    select
        channel_id,
        starts_s,
        time_zone,
        -- Consecutive points of one gap (or of one total) have one number.
        starts_s - interval_s * row_number() over (partition by channel_id, total_at order by starts_s) as gap,
        total_at,
    from gaps
    where is_estimated
),

localized as (
    select
        sought.*,
        case
            when zone_days.utc_day is null
                then epoch_us(timezone(sought.time_zone, make_timestamptz(1000000 * sought.starts_s))) // 1000000
            when sought.starts_s >= zone_days.changes_s then sought.starts_s + zone_days.offset_after_s
            else sought.starts_s + zone_days.offset_s
        end as local_s,
    from sought
    left join zone_days
        on sought.time_zone = zone_days.time_zone
        and sought.starts_s // 86400 = zone_days.utc_day
),

wanted as materialized (
    select
        *,
        local_s // 86400 as local_day,
        local_s % 86400 as day_s,
        count(*) over (partition by channel_id, total_at, gap, local_s // 86400) as points,
    from localized
),

offsets as (
    select days, abs(days) as distance
    from (select unnest([-56, -49, -42, -35, -28, -21, -14, -7, 7, 14, 21, 28, 35, 42, 49, 56]) as days)
),

candidates as (
    select distinct wanted.channel_id, wanted.local_day + offsets.days as local_day,
    from wanted
    cross join offsets
),

measured as (
    select
        readings_clean.channel_id,
        epoch_us(readings_clean.timestamp) // 1000000 as starts_s,
        readings_clean.energy_kwh,
        settings.time_zone,
    from readings_clean
    inner join settings
        on readings_clean.channel_id = settings.channel_id
    where
        readings_clean.interval_s = settings.interval_s
        and (epoch_us(readings_clean.timestamp) // 1000000 - settings.phase_s) % settings.interval_s = 0
        and readings_clean.energy_kwh is not null
        and readings_clean.flags = 0
        and readings_clean.channel_id in (select channel_id from wanted)
),

measured_locally as (
    select
        measured.channel_id,
        measured.starts_s,
        measured.energy_kwh,
        case
            when zone_days.utc_day is null
                then epoch_us(timezone(measured.time_zone, make_timestamptz(1000000 * measured.starts_s))) // 1000000
            when measured.starts_s >= zone_days.changes_s then measured.starts_s + zone_days.offset_after_s
            else measured.starts_s + zone_days.offset_s
        end as local_s,
    from measured
    left join zone_days
        on measured.time_zone = zone_days.time_zone
        and measured.starts_s // 86400 = zone_days.utc_day
),

-- The autumn day has some local times twice: their mean.
day_profiles as (
    select
        measured_locally.channel_id,
        candidates.local_day,
        measured_locally.local_s % 86400 as day_s,
        sum(measured_locally.energy_kwh order by measured_locally.starts_s) / count(*) as energy_kwh,
    from measured_locally
    inner join candidates
        on measured_locally.channel_id = candidates.channel_id
        and measured_locally.local_s // 86400 = candidates.local_day
    group by measured_locally.channel_id, candidates.local_day, measured_locally.local_s % 86400
),

matches as (
    select
        wanted.channel_id,
        wanted.starts_s,
        wanted.total_at,
        wanted.gap,
        wanted.local_day,
        wanted.points,
        offsets.days,
        offsets.distance,
        day_profiles.energy_kwh,
    from wanted
    cross join offsets
    inner join day_profiles
        on wanted.channel_id = day_profiles.channel_id
        and wanted.local_day + offsets.days = day_profiles.local_day
        and wanted.day_s = day_profiles.day_s
),

complete_days as (
    select
        *,
        count(*) over (partition by channel_id, total_at, gap, local_day, days) as matched,
    from matches
    qualify matched = points
),

nearest as (
    select
        *,
        dense_rank() over (partition by channel_id, total_at, gap, local_day order by distance, days) as place,
    from complete_days
    qualify place <= 3
),

final as (
    select
        channel_id,
        make_timestamptz(1000000 * starts_s) as timestamp,
        sum(energy_kwh order by place) / 3 as reference_kwh,
    from nearest
    group by channel_id, starts_s
    having count(*) = 3
)

select * from final
