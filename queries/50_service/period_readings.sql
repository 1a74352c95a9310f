-- The readings of a channel in a period of its site's calendar, as readings_enriched has them.
--
-- macro:              channel, period_name
-- example:            period_readings('162119', '2026-10')
-- inner:              of the macros that take a channel and a period
-- time:               timestamp
-- channel_id          varchar      the channel
-- timestamp           timestamptz  start of the interval, UTC
-- interval_s          integer      length of the interval in seconds
-- local_date          date         the day at the site
-- local_second        bigint       seconds after midnight on the site's wall clock
-- weekday             integer      1 = Monday to 7 = Sunday
-- is_holiday          boolean      true on a holiday of the site
-- is_business_day     boolean      true on a weekday with business hours that is no holiday
-- is_business_hour    boolean      true when the site is open; null when the channel is unknown
-- energy_kwh          double       energy in the interval; null when not measured or impossible
-- power_kw            double       mean power; null when not measured or impossible
-- carbon_kg           double       carbon of the energy; null without energy or factor
with final as (
    select
        channel_id,
        timestamp,
        interval_s,
        cast(local_time as date) as local_date,
        epoch_us(local_time) // 1000000 % 86400 as local_second,
        weekday,
        is_holiday,
        is_business_day,
        is_business_hour,
        energy_kwh,
        power_kw,
        carbon_kg,
    from readings_enriched
    where
        channel_id = channel
        -- A day more to both sides, whatever the zone: a bound of constants reaches the files.
        and timestamp >= make_timestamptz(epoch_us(period_start(period_name)) - 86400000000)
        and timestamp < make_timestamptz(epoch_us(period_end(period_name)) + 86400000000)
        and cast(local_time as date) >= period_start(period_name)
        and cast(local_time as date) < period_end(period_name)
)

select * from final
