-- The cost of a channel is the same in every rollup and in its intervals, wherever all of it is known.
with layers as (
    select 'hour' as unit, channel_id, sum(cost) as cost, count(energy_total_kwh) = count(cost) as is_known,
    from energy_hourly
    group by channel_id
    union all
    select 'day', channel_id, sum(cost), count(energy_total_kwh) = count(cost)
    from energy_daily
    group by channel_id
    union all
    select 'week', channel_id, sum(cost), count(energy_total_kwh) = count(cost)
    from energy_weekly
    group by channel_id
    union all
    select 'month', channel_id, sum(cost), count(energy_total_kwh) = count(cost)
    from energy_monthly
    group by channel_id
),

intervals as (
    select channel_id, sum(cost) as cost, count(*) = count(cost) as is_known,
    from cost
    group by channel_id
)

select layers.unit, intervals.channel_id, intervals.cost as interval_cost, layers.cost as rollup_cost,
from intervals
inner join layers
    on intervals.channel_id = layers.channel_id
where
    intervals.is_known <> layers.is_known
    or (intervals.is_known and abs(intervals.cost - layers.cost) > 1e-9 * abs(intervals.cost))
