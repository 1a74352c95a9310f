-- Every estimate lies between the first and the last reading with energy of its channel.
select grid_patches.channel_id, grid_patches.timestamp, grid_patches.estimated_kwh,
from grid_patches
inner join channel_grids
    on grid_patches.channel_id = channel_grids.channel_id
where
    grid_patches.estimated_kwh is not null
    and (
        grid_patches.timestamp >= channel_grids.energy_until
        or epoch_us(grid_patches.timestamp) + 1000000 * cast(grid_patches.interval_s as bigint)
        <= epoch_us(channel_grids.energy_from)
    )
