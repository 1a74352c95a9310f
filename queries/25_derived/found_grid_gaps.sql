-- The grid points that no counted reading provides, with what is known about each from its neighbourhood. The same
-- as the table grid_gaps, worked out anew.
-- A gap is time without energy between two readings of any length. In a short one (up to interpolation_max_s, a day
-- at most) power is interpolated between the middles of its neighbours. Power measured without energy counts as
-- interpolated, too. A coarser reading that counts is a known total: its points get the shape that the gap between
-- the finer readings around it would have.
--
-- grain:          one row per channel_id, timestamp
-- inner:          the table grid_gaps is made from it
-- time:           timestamp
-- channel_id      varchar      the channel
-- timestamp       timestamptz  start of the interval, UTC
-- interval_s      integer      length of the interval in seconds
-- measured_kwh    double       energy of the readings of other grids that fall into it
-- missing_s       integer      seconds without measured energy
-- linear_s        integer      of these, seconds in short gaps
-- linear_kwh      double       energy of short gaps, by linear interpolation; within a total: its shape
-- long_s          integer      seconds that must be estimated from other days
-- total_at        timestamptz  start of the coarser reading that counts for it; null when none does
-- total_kwh       double       energy of that reading
-- own_kwh         double       energy of the reading of the own grid that this reading displaced
-- power_kw        double       mean power of what is stored
-- voltage_v       double       mean voltage of what is stored
-- current_a       double       mean current of what is stored
-- power_factor    double       mean power factor of what is stored
-- temperature_c   double       mean temperature of what is stored
-- flags           integer      flags of the stored rows behind it
with odd as materialized (
    select * from grid_readings where not is_provided
),

knots as materialized (
    select * from grid_knots
),

spaced as (
    select
        channel_id,
        lag(ends_s) over following as from_s,
        starts_s as to_s,
        lag(last_mid_s) over following as before_mid_s,
        lag(last_kw) over following as before_kw,
        first_mid_s as mid_s,
        first_kw as kw,
    from knots
    window following as (partition by channel_id order by starts_s, ends_s)
),

gaps as (
    select
        spaced.*,
        grid_bounds.step_s,
        grid_bounds.phase_s,
        grid_bounds.has_energy as is_between,
        grid_bounds.has_energy
        and kw is not null
        and before_kw is not null
        and to_s - from_s <= grid_bounds.short_s as is_short,
    from spaced
    inner join grid_bounds
        on spaced.channel_id = grid_bounds.channel_id
    where spaced.to_s > spaced.from_s
    union all by name
    -- Stored rows before the first energy and after the last: never estimated.
    select
        channel_id,
        step_s,
        phase_s,
        unnest([first_s, known_until_s]) as from_s,
        unnest([least(known_from_s, last_s), last_s]) as to_s,
        false as is_between,
        false as is_short,
    from grid_bounds
    where has_energy
),

pieces as (
    select *, unnest(range(from_s - (from_s - phase_s) % step_s, to_s, step_s)) as point_s,
    from gaps
),

missing as (
    select
        channel_id,
        point_s,
        greatest(from_s, point_s) as begins_s,
        least(to_s, point_s + step_s) - begins_s as missing_s,
        case when is_short then missing_s end as linear_s,
        case
            when is_short
                then missing_s / 3600 * (
                    before_kw + (kw - before_kw) * (begins_s + missing_s / 2 - before_mid_s) / (mid_s - before_mid_s)
                )
        end as linear_kwh,
        case when is_between and not is_short then missing_s end as long_s,
    from pieces
    union all by name
    select
        channel_id,
        starts_s as point_s,
        starts_s as begins_s,
        step_s as missing_s,
        step_s as linear_s,
        power_kw * step_s / 3600 as linear_kwh,
    from odd
    where is_counted and is_own and has_energy and energy_kwh is null and power_kw is not null
        and starts_s between known_from_s and known_until_s - 1
),

-- Known totals, each between the finer readings around it.
surrounded as (
    select
        channel_id,
        starts_s,
        is_fine,
        max(case when is_fine then struct_pack(ends_s := ends_s, mid_s := last_mid_s, kw := last_kw) end) over (
            partition by channel_id
            order by starts_s, ends_s
            rows between unbounded preceding and 1 preceding
        ) as before,
        min(case when is_fine then struct_pack(starts_s := starts_s, mid_s := first_mid_s, kw := first_kw) end) over (
            partition by channel_id
            order by starts_s, ends_s
            rows between 1 following and unbounded following
        ) as after,
    from knots
    where channel_id in (select channel_id from odd where is_total)
    qualify not is_fine and ends_s > starts_s
),

totals as (
    select
        surrounded.channel_id,
        surrounded.starts_s,
        surrounded.before,
        surrounded.after,
        coalesce(surrounded.after.starts_s - surrounded.before.ends_s <= odd.short_s, false) as is_short,
    from odd
    inner join surrounded
        on odd.channel_id = surrounded.channel_id
        and odd.starts_s = surrounded.starts_s
    where odd.is_total
),

spread as (
    select *, unnest(range(starts_s - (starts_s - phase_s) % step_s, ends_s, step_s)) as point_s,
    from odd
    where is_counted and not is_own
),

elsewhere as (
    select
        spread.channel_id,
        spread.point_s,
        spread.starts_s as begins_s,
        least(spread.ends_s, spread.point_s + spread.step_s) - greatest(spread.starts_s, spread.point_s) as overlap_s,
        case when not spread.is_total then spread.energy_kwh * overlap_s / spread.length_s end as measured_kwh,
        case when spread.is_total then spread.starts_s end as total_s,
        case when spread.is_total then spread.energy_kwh end as total_kwh,
        case
            when totals.is_short
                then spread.step_s / 3600 * (
                    totals.before.kw + (totals.after.kw - totals.before.kw)
                    * (spread.point_s + spread.step_s / 2 - totals.before.mid_s)
                    / (totals.after.mid_s - totals.before.mid_s)
                )
        end as linear_kwh,
        case when not totals.is_short then spread.step_s end as long_s,
        spread.power_kw,
        spread.voltage_v,
        spread.current_a,
        spread.power_factor,
        spread.temperature_c,
        spread.flags,
    from spread
    left join totals
        on spread.is_total
        and spread.channel_id = totals.channel_id
        and spread.starts_s = totals.starts_s
),

-- Rows of the grid itself: without energy, or displaced by the total.
own as (
    select
        channel_id,
        starts_s as point_s,
        starts_s as begins_s,
        case when not is_counted then energy_kwh end as own_kwh,
        struct_pack(
            power_kw := power_kw,
            voltage_v := voltage_v,
            current_a := current_a,
            power_factor := power_factor,
            temperature_c := temperature_c,
            flags := flags
        ) as own,
    from odd
    where is_own and has_energy and (energy_kwh is null or not is_counted)
),

parts as (
    select * from missing
    union all by name
    select * from elsewhere
    union all by name
    select * from own
),

-- Sums in the order of time: the same to the last bit however much of the lake is looked at.
points as (
    select
        channel_id,
        point_s,
        sum(measured_kwh order by begins_s) as measured_kwh,
        coalesce(sum(missing_s), 0) as missing_s,
        coalesce(sum(linear_s), 0) as linear_s,
        sum(linear_kwh order by begins_s) as linear_kwh,
        coalesce(sum(long_s), 0) as long_s,
        max(total_s) as total_s,
        max(total_kwh) as total_kwh,
        max(own_kwh) as own_kwh,
        any_value(own) as own,
        sum(power_kw * overlap_s order by begins_s)
        / sum(case when power_kw is not null then overlap_s end) as power_kw,
        sum(voltage_v * overlap_s order by begins_s)
        / sum(case when voltage_v is not null then overlap_s end) as voltage_v,
        sum(current_a * overlap_s order by begins_s)
        / sum(case when current_a is not null then overlap_s end) as current_a,
        sum(power_factor * overlap_s order by begins_s)
        / sum(case when power_factor is not null then overlap_s end) as power_factor,
        sum(temperature_c * overlap_s order by begins_s)
        / sum(case when temperature_c is not null then overlap_s end) as temperature_c,
        bit_or(flags) as flags,
    from parts
    group by channel_id, point_s
),

final as (
    select
        points.channel_id,
        make_timestamptz(1000000 * points.point_s) as timestamp,
        cast(grid_bounds.step_s as integer) as interval_s,
        points.measured_kwh,
        cast(points.missing_s as integer) as missing_s,
        cast(points.linear_s as integer) as linear_s,
        points.linear_kwh,
        -- A point that has its own reading under a total needs no estimate.
        cast(
            case when points.total_s is not null and points.own_kwh is not null then 0 else points.long_s end as integer
        ) as long_s,
        make_timestamptz(1000000 * points.total_s) as total_at,
        points.total_kwh,
        case when points.total_s is not null then points.own_kwh end as own_kwh,
        case when points.own is null then points.power_kw else points.own.power_kw end as power_kw,
        case when points.own is null then points.voltage_v else points.own.voltage_v end as voltage_v,
        case when points.own is null then points.current_a else points.own.current_a end as current_a,
        case when points.own is null then points.power_factor else points.own.power_factor end as power_factor,
        case when points.own is null then points.temperature_c else points.own.temperature_c end as temperature_c,
        cast(coalesce(points.own.flags, 0) | coalesce(points.flags, 0) as integer) as flags,
    from points
    inner join grid_bounds
        on points.channel_id = grid_bounds.channel_id
    where points.missing_s > 0 or points.measured_kwh is not null or points.total_s is not null
)

select * from final
