-- Time for which a channel has no measured energy although it lies between its first reading and the end of what was
-- asked and answered, one row a gap, and what fills it. A channel that has no energy at all misses its rows instead.
--
-- grain:             one row per channel_id, gap_start
-- time:              gap_start
-- channel_id         varchar      the channel
-- gap_start          timestamptz  start of the first interval in which something is missing, UTC
-- gap_end            timestamptz  end of the last one, UTC
-- interval_s         integer      length of the intervals in seconds
-- missing_count      bigint       intervals in which something is missing
-- missing_s          bigint       seconds without measured energy
-- estimated_count    bigint       of the intervals, those with an estimate
-- estimated_kwh      double       energy that was estimated; null when nothing was
-- method             varchar      linear, reference_day, or both with a comma between; null when nothing was estimated
with missing as (
    select
        channel_id,
        timestamp,
        interval_s,
        missing_s,
        estimated_kwh,
        method,
        -- Consecutive intervals have the same number.
        epoch_us(timestamp) // 1000000
        - interval_s * row_number() over (partition by channel_id order by timestamp) as gap,
    from grid_patches
    where missing_s > 0
),

final as (
    select
        channel_id,
        min(timestamp) as gap_start,
        make_timestamptz(epoch_us(max(timestamp)) + 1000000 * cast(max(interval_s) as bigint)) as gap_end,
        max(interval_s) as interval_s,
        count(*) as missing_count,
        cast(sum(missing_s) as bigint) as missing_s,
        count(estimated_kwh) as estimated_count,
        sum(estimated_kwh) as estimated_kwh,
        string_agg(distinct method, ', ' order by method) as method,
    from missing
    group by channel_id, gap
)

select * from final
