-- A channel has one clean reading per instant at most.
select channel_id, timestamp, count(*) as copies,
from readings_clean
group by channel_id, timestamp
having count(*) > 1
