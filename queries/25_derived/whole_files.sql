-- The data files that hold a channel's grid and nothing else, without a gap: no reading of theirs has to be looked at
-- to find gaps. Only of channels that have one grid everywhere, so that nothing can overlap.
--
-- grain:       one row per channel_id, period
-- inner:       when grid_gaps is made, these files are not read
-- channel_id   varchar  the channel
-- period       varchar  the file's month (or date, or year) in UTC
-- from_s       bigint   start of the first reading, epoch seconds
-- until_s      bigint   end of the last reading, epoch seconds
-- interval_s   integer  length of the readings in seconds
-- first_kw     double   mean power of the first reading
-- last_kw      double   mean power of the last reading
with regular as (
    select grid_periods.channel_id,
    from grid_periods
    inner join channel_grids
        on grid_periods.channel_id = channel_grids.channel_id
    group by grid_periods.channel_id
    having bool_and(
        grid_periods.interval_s = channel_grids.interval_s and grid_periods.phase_s = channel_grids.phase_s
    )
),

final as (
    select
        grid_periods.channel_id,
        grid_periods.period,
        epoch_us(grid_periods.energy_from) // 1000000 as from_s,
        epoch_us(grid_periods.energy_until) // 1000000 as until_s,
        grid_periods.interval_s,
        grid_periods.first_kw,
        grid_periods.last_kw,
    from grid_periods
    inner join regular
        on grid_periods.channel_id = regular.channel_id
    where
        grid_periods.energy_count = grid_periods.reading_count
        and epoch_us(grid_periods.energy_until) - epoch_us(grid_periods.energy_from)
        = 1000000 * grid_periods.energy_count * grid_periods.interval_s
)

select * from final
