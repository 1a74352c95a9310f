-- The grid points that are estimated from other days, where that can be done at all: in long gaps.
--
-- grain:       one row per channel_id, timestamp
-- inner:       only the readings of these channels are read when grid_patches is made
-- time:        timestamp
-- channel_id   varchar      the channel
-- timestamp    timestamptz  start of the interval, UTC
with final as (
    select channel_id, timestamp,
    from grid_gaps
    where long_s > 0
)

select * from final
