-- Every stored reading has a start on a whole second, an interval of at least a second and a fetch time.
select channel_id, period, timestamp, interval_s, fetched_at,
from readings
where
    timestamp is null
    or interval_s is null
    or interval_s < 1
    or fetched_at is null
    or epoch_us(timestamp) % 1000000 <> 0
