-- The energy of an organization, measured and estimated, is that of its channels and of the channels below it, each
-- counted once.
with layers as (
    select
        'hour' as unit,
        organization_id,
        sum(energy_measured_kwh) as measured_kwh,
        sum(energy_estimated_kwh) as estimated_kwh,
    from organization_hourly
    group by organization_id
    union all
    select 'month', organization_id, sum(energy_measured_kwh), sum(energy_estimated_kwh)
    from organization_monthly
    group by organization_id
),

channel_energy as (
    select channel_id, sum(energy_measured_kwh) as measured_kwh, sum(energy_estimated_kwh) as estimated_kwh,
    from energy_monthly
    group by channel_id
),

members as (
    select
        organization_members.organization_id,
        sum(channel_energy.measured_kwh) as measured_kwh,
        sum(channel_energy.estimated_kwh) as estimated_kwh,
    from organization_members
    inner join channel_energy
        on organization_members.channel_id = channel_energy.channel_id
    group by organization_members.organization_id
)

select
    layers.unit,
    members.organization_id,
    members.measured_kwh,
    layers.measured_kwh as rollup_measured_kwh,
    members.estimated_kwh,
    layers.estimated_kwh as rollup_estimated_kwh,
from members
left join layers
    on members.organization_id = layers.organization_id
where
    layers.unit is null
    or (members.measured_kwh is null) <> (layers.measured_kwh is null)
    or (members.estimated_kwh is null) <> (layers.estimated_kwh is null)
    or abs(members.measured_kwh - layers.measured_kwh) > 1e-9 * abs(members.measured_kwh)
    or abs(members.estimated_kwh - layers.estimated_kwh) > 1e-9 * abs(members.estimated_kwh)
