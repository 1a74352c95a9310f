-- A channel in a period of its site's calendar, in one row: total, mean, peak, percentiles, base load.
-- The percentiles are those of the readings' mean power. The base load is the 5th percentile of the nights
-- (reference/settings.json, else midnight to five). Without readings the row is there, with nulls and coverage 0.
--
-- macro:                channel, period_name
-- example:              energy_statistics('162119', '2026-10')
-- channel_id            varchar      the channel
-- channel_name          varchar      its name; null when the channel is unknown
-- organization_id       varchar      the organization it belongs to
-- organization_name     varchar      the organization's name
-- time_zone             varchar      the zone whose calendar is used; UTC when the organization has none
-- from_date             date         first day of the period
-- to_date               date         first day that is no longer in it
-- energy_kwh            double       measured energy; null when nothing was measured, never 0 instead
-- energy_estimated_kwh  double       energy of gaps that was estimated; null when nothing was
-- energy_total_kwh      double       measured and estimated; null when neither is known
-- avg_power_kw          double       energy divided by the measured time; mean of power over time without energy
-- min_power_kw          double       lowest mean power of an interval
-- peak_power_kw         double       highest mean power of an interval
-- peak_at               timestamptz  start of that interval, the earliest of equals, UTC
-- p05_power_kw          double       5 % of the readings have less power
-- p25_power_kw          double       a quarter has less
-- median_power_kw       double       half has less
-- p75_power_kw          double       three quarters have less
-- p95_power_kw          double       95 % have less
-- load_factor           double       avg_power_kw divided by peak_power_kw
-- base_load_kw          double       5th percentile of power at night; null without readings at night
-- carbon_kg             double       carbon of the measured energy; null when the factor is not known
-- reading_count         bigint       intervals with measured energy
-- expected_count        bigint       reading_count plus the intervals that are missing, at the finest length seen
-- coverage              double       measured time divided by the period's length, 0 to 1
with asked as (
    select * from channel_period(channel, period_name)
),

marked as (
    select
        chosen.*,
        case
            when asked.night_end_s < asked.night_start_s
                then chosen.local_second >= asked.night_start_s or chosen.local_second < asked.night_end_s
            else chosen.local_second >= asked.night_start_s and chosen.local_second < asked.night_end_s
        end as is_night,
    from period_readings(channel, period_name) as chosen
    cross join asked
),

summed as (
    select
        sum(energy_kwh) as energy_kwh,
        sum(case when energy_kwh is not null then interval_s end) as measured_s,
        count(energy_kwh) as reading_count,
        min(interval_s) as finest_s,
        sum(power_kw * interval_s) / sum(case when power_kw is not null then interval_s end) as mean_power_kw,
        min(power_kw) as min_power_kw,
        max(
            case
                when power_kw is not null
                    then struct_pack(power_kw := power_kw, before := -epoch_us(timestamp))
            end
        ) as peak,
        quantile_cont(power_kw, [0.05, 0.25, 0.5, 0.75, 0.95]) as percentiles,
        quantile_cont(power_kw, 0.05) filter (is_night) as base_load_kw,
        case when count(carbon_kg) = count(energy_kwh) then sum(carbon_kg) end as carbon_kg,
    from marked
),

estimated as (
    select sum(grid_patches.estimated_kwh) as energy_estimated_kwh,
    from grid_patches
    cross join asked
    where
        grid_patches.channel_id = channel
        and epoch_us(grid_patches.timestamp) >= 1000000 * asked.from_s
        and epoch_us(grid_patches.timestamp) < 1000000 * asked.to_s
),

final as (
    select
        asked.channel_id,
        asked.channel_name,
        asked.organization_id,
        asked.organization_name,
        asked.time_zone,
        asked.from_date,
        asked.to_date,
        summed.energy_kwh,
        estimated.energy_estimated_kwh,
        case
            when coalesce(summed.energy_kwh, estimated.energy_estimated_kwh) is not null
                then coalesce(summed.energy_kwh, 0) + coalesce(estimated.energy_estimated_kwh, 0)
        end as energy_total_kwh,
        coalesce(3600 * summed.energy_kwh / summed.measured_s, summed.mean_power_kw) as avg_power_kw,
        summed.min_power_kw,
        summed.peak.power_kw as peak_power_kw,
        make_timestamptz(-summed.peak.before) as peak_at,
        summed.percentiles[1] as p05_power_kw,
        summed.percentiles[2] as p25_power_kw,
        summed.percentiles[3] as median_power_kw,
        summed.percentiles[4] as p75_power_kw,
        summed.percentiles[5] as p95_power_kw,
        case when peak_power_kw > 0 then avg_power_kw / peak_power_kw end as load_factor,
        summed.base_load_kw,
        summed.carbon_kg,
        summed.reading_count,
        summed.reading_count + cast(
            coalesce(
                round(greatest(asked.to_s - asked.from_s - coalesce(summed.measured_s, 0), 0) / summed.finest_s),
                0
            ) as bigint
        ) as expected_count,
        cast(least(coalesce(summed.measured_s, 0) / (asked.to_s - asked.from_s), 1) as double) as coverage,
    from asked
    cross join summed
    cross join estimated
)

select * from final
