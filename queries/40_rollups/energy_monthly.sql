-- Energy per channel and month at the site.
-- A month with readings but no energy is present with null and coverage 0; one without any reading or estimate has no row.
--
-- grain:                 one row per channel_id, month
-- time:                  month
-- channel_id             varchar      the channel
-- channel_name           varchar      its name; null when the channel is unknown
-- organization_id        varchar      the organization it belongs to
-- organization_name      varchar      the organization's name
-- time_zone              varchar      the zone whose calendar is used; UTC when the organization has none
-- month                  date         the first day of the month, at the site
-- energy_kwh             double       energy of the month; null when nothing was measured, never 0 instead
-- avg_power_kw           double       energy divided by the measured time; mean of power over time without energy
-- min_power_kw           double       lowest mean power of an interval
-- peak_power_kw          double       highest mean power of an interval
-- peak_at                timestamptz  start of that interval, the earliest of equals, UTC
-- avg_voltage_v          double       mean voltage over time
-- min_voltage_v          double       lowest mean voltage of an interval
-- max_voltage_v          double       highest mean voltage of an interval
-- avg_power_factor       double       power factor weighted by energy; null without energy
-- reading_count          bigint       intervals with measured energy
-- expected_count         bigint       reading_count plus the intervals that are missing, at the finest length seen
-- coverage               double       measured time divided by the month's length, 0 to 1;
--                                     as the site's calendar has it
-- energy_measured_kwh    double       the same as energy_kwh
-- energy_estimated_kwh   double       energy estimated for intervals without measured energy; null when none was
-- energy_total_kwh       double       measured and estimated energy; null when neither is known
-- estimated_count        bigint       intervals of the channel's grid with estimated energy
-- load_factor            double       average power divided by peak power; null without a peak
-- carbon_kg              double       total energy times carbon per kWh; null when that is not known
-- cost                   double       energy charge of the total energy; null unless the rate of all of it is known
-- currency               varchar      currency of the cost; null without
with rollup as (
    select * from energy_rollup('month')
),

final as (
    select
        channel_id,
        channel_name,
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
    from rollup
)

select * from final
