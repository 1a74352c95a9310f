-- Every stored reading with impossible values set to null and flagged; nothing is dropped here.
-- Null stays null, zero stays zero. Further fields of the lake pass through at the end, unchecked.
--
-- grain:          one row per channel_id, timestamp, interval_s
-- inner:          of readings_counted and readings_clean
-- time:           timestamp
-- channel_id      varchar      the channel
-- timestamp       timestamptz  start of the interval, UTC
-- interval_s      integer      length of the interval in seconds
-- energy_kwh      double       energy in the interval; null when not measured or impossible
-- power_kw        double       mean power; null when not measured or impossible
-- voltage_v       double       mean voltage; 0 is an outage, a fact
-- current_a       double       mean current
-- power_factor    double       mean power factor
-- temperature_c   double       mean temperature
-- fetched_at      timestamptz  when the newest value of the row was fetched, UTC
-- quality         smallint     ESPI code: 0 valid, 10 questionable because a value was set to null
-- flags           integer      bit set of what was found: 1 negative energy, 2 negative power,
--                              4 a measure is NaN or infinite; 8 and up are kept for further rules
-- period          varchar      the file the row is in: its month (or date, or year) in UTC
with readings as (
    select * from readings
),

flagged as (
    select
        -- The path's own column repeats period.
        columns(lambda name: name not in ('month', 'date', 'year')),
        case when energy_kwh < 0 then 1 else 0 end
        | case when power_kw < 0 then 2 else 0 end
        | case
            when not (
                coalesce(isfinite(energy_kwh), true)
                and coalesce(isfinite(power_kw), true)
                and coalesce(isfinite(voltage_v), true)
                and coalesce(isfinite(current_a), true)
                and coalesce(isfinite(power_factor), true)
                and coalesce(isfinite(temperature_c), true)
            ) then 4
            else 0
        end as flags,
    from readings
),

final as (
    select
        channel_id,
        timestamp,
        interval_s,
        -- NaN sorts above infinity, so one comparison refuses both.
        case when energy_kwh >= 0 and energy_kwh < 'infinity'::double then energy_kwh end as energy_kwh,
        case when power_kw >= 0 and power_kw < 'infinity'::double then power_kw end as power_kw,
        case when isfinite(voltage_v) then voltage_v end as voltage_v,
        case when isfinite(current_a) then current_a end as current_a,
        case when isfinite(power_factor) then power_factor end as power_factor,
        case when isfinite(temperature_c) then temperature_c end as temperature_c,
        fetched_at,
        cast(case when flags = 0 then 0 else 10 end as smallint) as quality,
        cast(flags as integer) as flags,
        period,
        * exclude (
            channel_id, timestamp, interval_s,
            energy_kwh, power_kw, voltage_v, current_a, power_factor, temperature_c,
            fetched_at, flags, period
        ),
    from flagged
)

select * from final
