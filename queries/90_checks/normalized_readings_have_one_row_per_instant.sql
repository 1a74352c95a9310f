-- A channel has one normalized reading per instant at most.
select channel_id, timestamp, count(*) as copies,
from readings_normalized
group by channel_id, timestamp
having count(*) > 1
