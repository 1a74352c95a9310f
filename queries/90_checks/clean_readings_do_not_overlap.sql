-- No two clean readings with energy of one channel share any time, so no energy is counted twice.
with ends as (
    select
        channel_id,
        timestamp,
        interval_s,
        lead(timestamp) over (partition by channel_id order by timestamp) as next_timestamp,
    from readings_clean
    where energy_kwh is not null
)

select *
from ends
where epoch_us(next_timestamp) < epoch_us(timestamp) + 1000000 * cast(interval_s as bigint)
