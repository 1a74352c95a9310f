-- An organization with everything below it in a period of its own calendar, in one row. Without readings the row is
-- there, with nulls.
--
-- macro:                organization, period_name
-- example:              organization_summary('23271', '2026-10')
-- organization_id       varchar      the organization
-- organization_name     varchar      its name; null when it is not listed
-- time_zone             varchar      the zone whose calendar is used; UTC when the organization has none
-- from_date             date         first day of the period
-- to_date               date         first day that is no longer in it
-- energy_kwh            double       measured energy; null when nothing was measured, never 0 instead
-- energy_estimated_kwh  double       energy of gaps that was estimated; null when nothing was
-- energy_total_kwh      double       measured and estimated; null when neither is known
-- avg_power_kw          double       energy divided by the time in which any channel was measured
-- min_power_kw          double       lowest power of all channels together, where most of them are known
-- peak_power_kw         double       highest power of all channels together (coincident)
-- peak_at               timestamptz  start of that interval, the earliest of equals, UTC
-- load_factor           double       avg_power_kw divided by peak_power_kw
-- avg_power_factor      double       power factor weighted by energy; null without energy
-- carbon_kg             double       carbon of the total energy; null unless the factor of all of it is known
-- cost                  double       energy charge of the total energy; null unless the rate of all of it is known
-- currency              varchar      currency of the cost; null without
-- reading_count         bigint       intervals with measured energy, of all channels
-- estimated_count       bigint       intervals with estimated energy
-- expected_count        bigint       intervals of all channels that are expected; null when none is
-- coverage              double       measured time divided by expected time, of all channels, 0 to 1
-- channel_count         bigint       channels whose energy is expected in the period
with asked as (
    select
        cast(organization as varchar) as organization_id,
        period_start(period_name) as from_date,
        period_end(period_name) as to_date,
),

rollup as (
    select *
    from organization_rollup('span', period_start(period_name), period_end(period_name))
    where organization_id = organization
),

final as (
    select
        asked.organization_id,
        organizations.organization_name,
        coalesce(organizations.time_zone, 'UTC') as time_zone,
        asked.from_date,
        asked.to_date,
        rollup.energy_kwh,
        rollup.energy_estimated_kwh,
        rollup.energy_total_kwh,
        rollup.avg_power_kw,
        rollup.min_power_kw,
        rollup.peak_power_kw,
        rollup.peak_at,
        rollup.load_factor,
        rollup.avg_power_factor,
        rollup.carbon_kg,
        rollup.cost,
        rollup.currency,
        coalesce(rollup.reading_count, 0) as reading_count,
        coalesce(rollup.estimated_count, 0) as estimated_count,
        rollup.expected_count,
        rollup.coverage,
        rollup.channel_count,
    from asked
    left join organizations
        on asked.organization_id = organizations.organization_id
    left join rollup
        on asked.organization_id = rollup.organization_id
)

select * from final
