-- The points of each channel's grid that no stored reading of the grid provides with energy, estimated where that
-- is allowed. The same as the table grid_patches, worked out anew from grid_gaps and the clean readings.
-- What is missing in short gaps is interpolated, see found_grid_gaps; in long ones it is that of similar days, see
-- grid_reference_days. Where these are too few, nothing is estimated.
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
with gaps as (
    select grid_gaps.*, coalesce(own.is_estimated, others.is_estimated, true) as is_estimated,
    from grid_gaps
    inner join readings_span
        on grid_gaps.channel_id = readings_span.channel_id
    left join channel_settings as own
        on grid_gaps.channel_id = own.channel_id
    left join channel_settings as others
        on others.channel_id = ''
        and own.channel_id is null
    where grid_gaps.timestamp >= readings_span.from_at and grid_gaps.timestamp < readings_span.to_at
),

estimated as (
    select
        gaps.*,
        case when gaps.long_s > 0 then grid_reference_days.reference_kwh * gaps.long_s / gaps.interval_s end
            as by_days_kwh,
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
    left join grid_reference_days
        on gaps.channel_id = grid_reference_days.channel_id
        and gaps.timestamp = grid_reference_days.timestamp
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
        partition by channel_id, total_at order by timestamp
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
