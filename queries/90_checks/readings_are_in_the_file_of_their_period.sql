-- A reading is stored in the file of the UTC day, month or year it starts in.
select channel_id, period, timestamp, interval_s,
from readings
where left(strftime(timezone('UTC', timestamp), '%Y-%m-%d'), length(period)) <> period
