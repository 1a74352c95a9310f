-- The points of each channel's grid that no stored reading of the grid provides with energy, estimated where that
-- is allowed. The same as the table grid_patches, worked out anew from grid_gaps and the clean readings.
-- What is missing in long gaps is the mean of the three nearest days of the same local weekday, within eight weeks,
-- whose readings at the local times of the gap all have energy and no flag; of two equally near days the earlier
-- comes first. With fewer than three such days nothing is estimated. A gap is taken day by day.
-- Under a known total the points get their own displaced reading where there is one, and share the rest in the
-- shape of the estimate, else evenly. Where displaced readings alone exceed the total, they share it.
--
-- grain:          one row per channel_id, timestamp
-- inner:          the table grid_patches is made from it
-- time:           timestamp
-- channel_id      varchar      the channel
-- timestamp       timestamptz  start of the interval, UTC
-- interval_s      integer      length of the interval in seconds
-- energy_kwh      double       energy of the interval, measured and estimated; null when not estimable
-- power_kw        double       mean power; of an estimate, its energy by its time
-- voltage_v       double       mean voltage of what is stored
-- current_a       double       mean current of what is stored
-- power_factor    double       mean power factor of what is stored
-- temperature_c   double       mean temperature of what is stored
-- estimated_kwh   double       energy that no measured reading counts; null when nothing was estimated
-- missing_s       integer      seconds of the interval without measured energy
-- method          varchar      linear, reference_day, linear_scaled or reference_day_scaled (to a known total);
--                              null when nothing was estimated
-- quality         smallint     ESPI code: 8 reference day, 9 linear, 10 part unknown, 11 regridded; null when empty
-- flags           integer      flags of the stored rows behind it
-- period          varchar      month (or date, or year) in UTC, as the data files are cut
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

gaps as materialized (
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
    where grid_gaps.timestamp >= readings_span.from_at and grid_gaps.timestamp < readings_span.to_at
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
    where long_s > 0 and is_estimated
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

reference as (
    select channel_id, starts_s, sum(energy_kwh order by place) / 3 as reference_kwh,
    from nearest
    group by channel_id, starts_s
    having count(*) = 3
),

estimated as (
    select
        gaps.*,
        case when gaps.long_s > 0 then reference.reference_kwh * gaps.long_s / gaps.interval_s end as by_days_kwh,
        case
            when not gaps.is_estimated then null
            when by_days_kwh is not null then coalesce(gaps.linear_kwh, 0) + by_days_kwh
            else gaps.linear_kwh
        end as estimate_kwh,
        case
            when estimate_kwh is null then null
            when by_days_kwh is not null then 'reference_day'
            else 'linear'
        end as estimate_method,
    from gaps
    left join reference
        on gaps.channel_id = reference.channel_id
        and gaps.starts_s = reference.starts_s
),

totalled as (
    select
        *,
        sum(own_kwh) over points as own_sum_kwh,
        total_kwh - coalesce(own_sum_kwh, 0) as rest_kwh,
        count(*) over points as points,
        points - count(own_kwh) over points as open_points,
        sum(case when own_kwh is null then estimate_kwh end) over points as shape_kwh,
        count(case when own_kwh is null then estimate_kwh end) over points as shaped_points,
        own_sum_kwh > 0 and (rest_kwh < 0 or open_points = 0) as is_exceeded,
        shaped_points = open_points and rest_kwh * shape_kwh > 0 as is_shaped,
    from estimated
    where total_at is not null
    window points as (
        partition by channel_id, total_at order by starts_s
        rows between unbounded preceding and unbounded following
    )
),

shared as (
    select
        * exclude (estimate_method, by_days_kwh),
        case
            when is_exceeded then coalesce(own_kwh * total_kwh / own_sum_kwh, 0)
            when own_kwh is not null then own_kwh
            when is_shaped then estimate_kwh * rest_kwh / shape_kwh
            else rest_kwh / open_points
        end as final_kwh,
        case when is_shaped and not is_exceeded and own_kwh is null then estimate_method || '_scaled' end
            as final_method,
        null as final_estimated_kwh,
        case when own_kwh = final_kwh then power_kw end as final_power_kw,
        false as is_part,
    from totalled
),

filled as (
    select
        * exclude (estimate_method, by_days_kwh),
        case
            when measured_kwh is not null or estimate_kwh is not null
                then coalesce(measured_kwh, 0) + coalesce(estimate_kwh, 0)
        end as final_kwh,
        estimate_method as final_method,
        estimate_kwh as final_estimated_kwh,
        missing_s > case when is_estimated then linear_s else 0 end
        + case when estimate_method = 'reference_day' then long_s else 0 end as is_part,
        case when is_part or estimate_kwh is null then power_kw end as final_power_kw,
    from estimated
    where total_at is null
),

patched as (
    select * from filled
    union all by name
    select * exclude (own_sum_kwh, rest_kwh, points, open_points, shape_kwh, shaped_points, is_exceeded, is_shaped)
    from shared
),

final as (
    select
        channel_id,
        timestamp,
        interval_s,
        final_kwh as energy_kwh,
        case
            when final_power_kw is not null then final_power_kw
            when final_kwh is null or is_part then power_kw
            else final_kwh * 3600 / interval_s
        end as power_kw,
        voltage_v,
        current_a,
        power_factor,
        temperature_c,
        final_estimated_kwh as estimated_kwh,
        missing_s,
        final_method as method,
        cast(
            case
                when final_kwh is null then null
                when is_part then 10
                when starts_with(final_method, 'reference_day') then 8
                when starts_with(final_method, 'linear') then 9
                else 11
            end as smallint
        ) as quality,
        flags,
        left(strftime(timezone('UTC', timestamp), '%Y-%m-%d'), (select max(length(period)) from grid_periods))
            as period,
    from patched
)

select * from final
