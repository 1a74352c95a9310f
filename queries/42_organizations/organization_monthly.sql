-- Energy per organization and month of its own calendar: all channels of the organization and of those below it.
-- A parent sees the sum of what is below it, once. A month with readings but no energy is present with null; one
-- without any reading has no row. Estimates are apart. A channel without organization counts for none.
-- Expected are the channels that ever measured energy, each from the period of its first reading on (until it was uninstalled or
-- is no longer listed): a channel that fell silent is missing, and shows in coverage.
--
-- grain:                one row per organization_id, month
-- time:                 month
-- organization_id       varchar      the organization
-- organization_name     varchar      its name; null when it is not listed
-- time_zone             varchar      the zone whose calendar is used; UTC when the organization has none
-- month                 date         the first day of the month
-- energy_kwh            double       measured energy; null when nothing was measured, never 0 instead
-- avg_power_kw          double       energy divided by the time in which any channel was measured
-- min_power_kw          double       lowest power of all channels together, where most of them are known
-- peak_power_kw         double       highest power of all channels together (coincident), of the coarsest interval
-- peak_at               timestamptz  start of that interval, the earliest of equals, UTC
-- avg_voltage_v         double       mean voltage over time and channels
-- min_voltage_v         double       lowest mean voltage of an interval of any channel
-- max_voltage_v         double       highest mean voltage of an interval of any channel
-- avg_power_factor      double       power factor weighted by energy; null without energy
-- reading_count         bigint       intervals with measured energy, of all channels
-- expected_count        bigint       intervals of all channels that are expected; null when none is
-- coverage              double       measured time divided by expected time, of all channels, 0 to 1
-- energy_measured_kwh   double       the same as energy_kwh
-- energy_estimated_kwh  double       energy of gaps that was estimated; null when nothing was
-- energy_total_kwh      double       measured and estimated; null when neither is known
-- estimated_count       bigint       intervals with estimated energy
-- load_factor           double       avg_power_kw divided by peak_power_kw
-- carbon_kg             double       carbon of the total energy; null unless the factor of all of it is known
-- cost                  double       energy charge of the total energy; null unless the rate of all of it is known
-- currency              varchar      currency of the cost; null without
-- channel_count         bigint       channels whose energy is expected in the month
with rollup as (
    select * from organization_rollup('month', null, null)
),

final as (
    select
        organization_id,
        organization_name,
        time_zone,
        first_date as month,
        energy_kwh,
        avg_power_kw,
        min_power_kw,
        peak_power_kw,
        peak_at,
        avg_voltage_v,
        min_voltage_v,
        max_voltage_v,
        avg_power_factor,
        reading_count,
        expected_count,
        coverage,
        energy_measured_kwh,
        energy_estimated_kwh,
        energy_total_kwh,
        estimated_count,
        load_factor,
        carbon_kg,
        cost,
        currency,
        channel_count,
    from rollup
)

select * from final
