-- The grid of each channel in numbers, inside the channels and the time that are looked at.
--
-- grain:          one row per channel_id
-- inner:          of grid_readings and found_grid_gaps
-- channel_id      varchar  the channel
-- step_s          bigint   its interval in seconds
-- phase_s         integer  seconds from a multiple of the interval (UTC) to each grid point
-- has_energy      boolean  true when it ever measured energy
-- first_s         bigint   start of the first reading, or of the time looked at, epoch seconds
-- last_s          bigint   end of the last stored row, or of the time looked at
-- known_from_s    bigint   the same for readings with energy, where the channel has any
-- known_until_s   bigint   the same for readings with energy, where the channel has any
-- short_s         integer  length of gap up to which power is interpolated
with bounds as (
    select
        channel_grids.channel_id,
        channel_grids.interval_s,
        channel_grids.phase_s,
        channel_grids.has_energy,
        greatest(channel_grids.first_at, readings_span.from_at) as first_at,
        least(channel_grids.stored_until, readings_span.to_at) as last_at,
        greatest(channel_grids.energy_from, readings_span.from_at) as energy_from,
        least(channel_grids.energy_until, readings_span.to_at) as energy_until,
    from channel_grids
    inner join readings_span
        on channel_grids.channel_id = readings_span.channel_id
),

final as (
    select
        bounds.channel_id,
        cast(bounds.interval_s as bigint) as step_s,
        bounds.phase_s,
        bounds.has_energy,
        epoch_us(bounds.first_at) // 1000000 as first_s,
        epoch_us(bounds.last_at) // 1000000 as last_s,
        case when bounds.has_energy then epoch_us(bounds.energy_from) // 1000000 else first_s end as known_from_s,
        case when bounds.has_energy then epoch_us(bounds.energy_until) // 1000000 else last_s end as known_until_s,
        least(coalesce(own.interpolation_max_s, others.interpolation_max_s, 7200), 86400) as short_s,
    from bounds
    left join channel_settings as own
        on bounds.channel_id = own.channel_id
    left join channel_settings as others
        on others.channel_id = ''
        and own.channel_id is null
)

select * from final
