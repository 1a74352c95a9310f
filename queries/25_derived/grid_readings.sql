-- The stored readings beside the grid of their channel: those that count, and those of the grid itself that a
-- coarser reading displaced. The readings of whole files are left out: nothing is to be found there.
--
-- grain:          one row per channel_id, starts_s, length_s
-- inner:          of grid_knots and found_grid_gaps
-- channel_id      varchar  the channel
-- starts_s        bigint   start of the reading, epoch seconds
-- ends_s          bigint   its end
-- length_s        integer  its length in seconds
-- energy_kwh      double   energy in the interval; null when not measured or impossible
-- power_kw        double   mean power
-- voltage_v       double   mean voltage
-- current_a       double   mean current
-- power_factor    double   mean power factor
-- temperature_c   double   mean temperature
-- flags           integer  flags, see readings_checked
-- step_s          bigint   see grid_bounds, as the next seven
-- phase_s         integer  seconds from a multiple of the interval to each grid point
-- has_energy      boolean  true when the channel ever measured energy
-- first_s         bigint   start of the first reading
-- last_s          bigint   end of the last stored row
-- known_from_s    bigint   start of the first reading with energy
-- known_until_s   bigint   end of the last reading with energy
-- short_s         integer  length of gap up to which power is interpolated
-- is_counted      boolean  true when it counts, see readings_counted
-- is_on_grid      boolean  true when it starts on a grid point
-- is_own          boolean  true when it is an interval of the grid
-- is_provided     boolean  true when nothing has to be made for its interval
-- is_total        boolean  true when it counts for several whole intervals of the grid
with grids as (
    select * from grid_bounds
),

final as (
    select
        readings_checked.channel_id,
        epoch_us(readings_checked.timestamp) // 1000000 as starts_s,
        starts_s + readings_checked.interval_s as ends_s,
        readings_checked.interval_s as length_s,
        readings_checked.energy_kwh,
        readings_checked.power_kw,
        readings_checked.voltage_v,
        readings_checked.current_a,
        readings_checked.power_factor,
        readings_checked.temperature_c,
        readings_checked.flags,
        grids.* exclude (channel_id),
        readings_excluded.reason is null as is_counted,
        (starts_s - grids.phase_s) % grids.step_s = 0 as is_on_grid,
        is_on_grid and length_s = grids.step_s as is_own,
        is_counted
        and is_own
        and (readings_checked.energy_kwh is not null or not grids.has_energy) as is_provided,
        is_counted
        and readings_checked.energy_kwh is not null
        and is_on_grid
        and length_s > grids.step_s
        and length_s % grids.step_s = 0 as is_total,
    from readings_checked
    inner join grids
        on readings_checked.channel_id = grids.channel_id
    left join readings_excluded
        on readings_checked.channel_id = readings_excluded.channel_id
        and readings_checked.timestamp = readings_excluded.timestamp
        and readings_checked.interval_s = readings_excluded.interval_s
    left join whole_files
        on readings_checked.channel_id = whole_files.channel_id
        and readings_checked.period = whole_files.period
    where
        whole_files.channel_id is null
        and (readings_excluded.reason is null or (readings_excluded.reason = 'displaced' and is_own))
)

select * from final
