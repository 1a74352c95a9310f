-- The energy of a channel in the normalized readings is what the rollups call its total.
with normalized as (
    select
        channel_id,
        sum(energy_kwh) as energy_kwh,
        sum(estimated_kwh) as estimated_kwh,
    from readings_normalized
    group by channel_id
),

rollup as (
    select
        channel_id,
        sum(energy_total_kwh) as energy_kwh,
        sum(energy_estimated_kwh) as estimated_kwh,
    from energy_daily
    group by channel_id
)

select
    channel_id,
    normalized.energy_kwh as normalized_kwh,
    rollup.energy_kwh as rollup_kwh,
    normalized.estimated_kwh as normalized_estimated_kwh,
    rollup.estimated_kwh as rollup_estimated_kwh,
from normalized
full join rollup using (channel_id)
where
    (normalized.energy_kwh is null) <> (rollup.energy_kwh is null)
    or abs(normalized.energy_kwh - rollup.energy_kwh) > 1e-9 * abs(rollup.energy_kwh)
    or (normalized.estimated_kwh is null) <> (rollup.estimated_kwh is null)
    or abs(normalized.estimated_kwh - rollup.estimated_kwh) > 1e-9 * abs(rollup.estimated_kwh)
