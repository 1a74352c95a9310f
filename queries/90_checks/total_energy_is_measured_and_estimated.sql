-- In every rollup the total energy is the measured and the estimated energy, and null only when both are.
with rollups as (
    select 'hour' as unit, channel_id, cast(hour_start as varchar) as period,
        energy_measured_kwh, energy_estimated_kwh, energy_total_kwh, estimated_count,
    from energy_hourly
    union all
    select 'day' as unit, channel_id, cast(date as varchar) as period,
        energy_measured_kwh, energy_estimated_kwh, energy_total_kwh, estimated_count,
    from energy_daily
    union all
    select 'week' as unit, channel_id, cast(week as varchar) as period,
        energy_measured_kwh, energy_estimated_kwh, energy_total_kwh, estimated_count,
    from energy_weekly
    union all
    select 'month' as unit, channel_id, cast(month as varchar) as period,
        energy_measured_kwh, energy_estimated_kwh, energy_total_kwh, estimated_count,
    from energy_monthly
)

select *
from rollups
where
    (energy_total_kwh is null) <> (energy_measured_kwh is null and energy_estimated_kwh is null)
    or abs(energy_total_kwh - coalesce(energy_measured_kwh, 0) - coalesce(energy_estimated_kwh, 0))
    > 1e-9 * abs(energy_total_kwh)
    or (estimated_count > 0) <> (energy_estimated_kwh is not null)
