-- The mean day of a channel by weekday and hour of the site's clock, over a period. Power is averaged over time:
-- energy divided by the measured time. Readings longer than an hour say nothing of an hour and are left out.
--
-- macro:              channel, period_name
-- example:            load_profile('162119', '2026-10')
-- channel_id          varchar  the channel
-- weekday             integer  1 = Monday to 7 = Sunday
-- local_hour          integer  0 to 23; the hour that comes twice in autumn counts for one
-- avg_power_kw        double   mean power; without energy the mean of power over time
-- min_power_kw        double   lowest mean power of an interval
-- peak_power_kw       double   highest mean power of an interval
-- energy_kwh          double   all measured energy of these hours; null when nothing was measured
-- day_count           bigint   days that have a reading in the hour
-- reading_count       bigint   intervals with measured energy
with chosen as (
    select
        *,
        cast(local_second // 3600 as integer) as local_hour,
    from period_readings(channel, period_name)
    where interval_s <= 3600
),

final as (
    select
        channel_id,
        weekday,
        local_hour,
        coalesce(
            3600 * sum(energy_kwh) / sum(case when energy_kwh is not null then interval_s end),
            sum(power_kw * interval_s) / sum(case when power_kw is not null then interval_s end)
        ) as avg_power_kw,
        min(power_kw) as min_power_kw,
        max(power_kw) as peak_power_kw,
        sum(energy_kwh) as energy_kwh,
        count(distinct local_date) as day_count,
        count(energy_kwh) as reading_count,
    from chosen
    group by channel_id, weekday, local_hour
    order by weekday, local_hour
)

select * from final
