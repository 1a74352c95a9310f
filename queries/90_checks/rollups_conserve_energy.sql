-- The energy of a channel is the same in the clean readings and in every rollup.
with layers as (
    select 'hour' as unit, channel_id, sum(energy_kwh) as energy_kwh from energy_hourly group by channel_id
    union all
    select 'day' as unit, channel_id, sum(energy_kwh) as energy_kwh from energy_daily group by channel_id
    union all
    select 'week' as unit, channel_id, sum(energy_kwh) as energy_kwh from energy_weekly group by channel_id
    union all
    select 'month' as unit, channel_id, sum(energy_kwh) as energy_kwh from energy_monthly group by channel_id
),

clean as (
    select channel_id, sum(energy_kwh) as energy_kwh,
    from readings_clean
    group by channel_id
)

select layers.unit, clean.channel_id, clean.energy_kwh as clean_kwh, layers.energy_kwh as rollup_kwh,
from clean
inner join layers
    on clean.channel_id = layers.channel_id
where
    (clean.energy_kwh is null) <> (layers.energy_kwh is null)
    or abs(clean.energy_kwh - layers.energy_kwh) > 1e-9 * abs(clean.energy_kwh)
