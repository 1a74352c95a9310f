-- Two stored readings never share channel, instant and interval length.
select channel_id, timestamp, interval_s, count(*) as copies,
from readings
group by channel_id, timestamp, interval_s
having count(*) > 1
