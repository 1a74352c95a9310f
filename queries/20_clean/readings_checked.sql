-- Every stored reading with impossible values set to null and flagged; nothing is dropped here.
-- Null stays null, zero stays zero. Thresholds are those of channel_settings; a channel without a row there has the
-- defaults. Further fields of the lake pass through at the end, unchecked.
--
-- grain:          one row per channel_id, timestamp, interval_s
-- time:           timestamp
-- channel_id      varchar      the channel
-- timestamp       timestamptz  start of the interval, UTC
-- interval_s      integer      length of the interval in seconds
-- energy_kwh      double       energy in the interval; null when not measured or impossible
-- power_kw        double       mean power; null when not measured or impossible
-- voltage_v       double       mean voltage; null when not measured or impossible; 0 is an outage, a fact
-- current_a       double       mean current
-- power_factor    double       mean power factor; null when not measured or impossible
-- temperature_c   double       mean temperature
-- fetched_at      timestamptz  when the newest value of the row was fetched, UTC
-- quality         smallint     ESPI code: 0 valid, 10 questionable because a flag is set
-- flags           integer      bit set of what was found. The value is null: 1 negative energy, 2 negative power,
--                              4 a measure is NaN or infinite, 8 voltage out of range, 16 power factor beyond ±1,
--                              32 frequency out of range, 64 power or energy above the limit. The value is kept:
--                              128 energy and power disagree, 1024 the counter went back (1 says of which),
--                              4096 it was fetched before its interval ended, 8192 not of the configured length
-- period          varchar      the file the row is in: its month (or date, or year) in UTC
-- frequency_hz    double       mean frequency; null when not measured or impossible; 0 is an outage, a fact
with readings as (
    -- The path's own column repeats period.
    select columns(lambda name: name not in ('month', 'date', 'year')) from readings
),

limited as (
    select
        readings.* exclude (energy_kwh, power_kw, voltage_v, current_a, power_factor, temperature_c, frequency_hz),
        -- NaN sorts above infinity, so one comparison refuses both.
        case when abs(energy_kwh) < 'infinity'::double then energy_kwh end as finite_kwh,
        case when abs(power_kw) < 'infinity'::double then power_kw end as finite_kw,
        case when abs(voltage_v) < 'infinity'::double then voltage_v end as finite_v,
        case when abs(current_a) < 'infinity'::double then current_a end as current_a,
        case when abs(power_factor) < 'infinity'::double then power_factor end as finite_factor,
        case when abs(temperature_c) < 'infinity'::double then temperature_c end as temperature_c,
        case when abs(frequency_hz) < 'infinity'::double then frequency_hz end as finite_hz,
        coalesce(
            greatest(
                abs(energy_kwh), abs(power_kw), abs(voltage_v), abs(current_a), abs(power_factor),
                abs(temperature_c), abs(frequency_hz)
            ) >= 'infinity'::double,
            false
        ) as has_infinite,
        finite_kw * readings.interval_s / 3600 as power_kwh,
        coalesce(channel_settings.min_power_kw, 0) as min_kw,
        channel_settings.max_power_kw as max_kw,
        coalesce(channel_settings.min_voltage_v, 50) as min_v,
        coalesce(channel_settings.max_voltage_v, 600) as max_v,
        coalesce(channel_settings.max_power_factor, 1) as max_factor,
        coalesce(channel_settings.nominal_frequency_hz, 60) as nominal_hz,
        coalesce(channel_settings.max_frequency_deviation_hz, 5) as max_deviation_hz,
        coalesce(channel_settings.max_energy_deviation_ratio, 0.05) as max_deviation_ratio,
        coalesce(channel_settings.max_energy_deviation_kwh, 0.01) as max_deviation_kwh,
        channel_settings.expected_interval_s as wanted_s,
    from readings
    left join channel_settings
        on readings.channel_id = channel_settings.channel_id
),

judged as (
    select
        *,
        coalesce(finite_kwh * 3600 < min_kw * interval_s, false) as is_below_kwh,
        coalesce(finite_kw < min_kw, false) as is_below_kw,
        coalesce(finite_kwh * 3600 > max_kw * interval_s, false) as is_above_kwh,
        coalesce(finite_kw > max_kw, false) as is_above_kw,
        coalesce(finite_v <> 0 and not finite_v between min_v and max_v, false) as is_odd_v,
        coalesce(abs(finite_factor) > max_factor, false) as is_odd_factor,
        coalesce(finite_hz <> 0 and abs(finite_hz - nominal_hz) > max_deviation_hz, false) as is_odd_hz,
    from limited
),

flagged as (
    select
        *,
        case when is_below_kwh then 1 else 0 end
        | case when is_below_kw then 2 else 0 end
        | case when has_infinite then 4 else 0 end
        | case when is_odd_v then 8 else 0 end
        | case when is_odd_factor then 16 else 0 end
        | case when is_odd_hz then 32 else 0 end
        | case when is_above_kwh or is_above_kw then 64 else 0 end
        | case
            when abs(finite_kwh - power_kwh) > max_deviation_kwh
                and abs(finite_kwh - power_kwh) > max_deviation_ratio * greatest(abs(finite_kwh), abs(power_kwh))
                and not (is_below_kwh or is_below_kw or is_above_kwh or is_above_kw)
                then 128
            else 0
        end
        | case when is_below_kwh and not coalesce(finite_kw < 0, false) then 1024 else 0 end
        | case
            when epoch_us(timestamp) + 1000000 * cast(interval_s as bigint) > epoch_us(fetched_at) then 4096
            else 0
        end
        | case when interval_s <> wanted_s then 8192 else 0 end as flags,
    from judged
),

final as (
    select
        channel_id,
        timestamp,
        interval_s,
        case when not (is_below_kwh or is_above_kwh) then finite_kwh end as energy_kwh,
        case when not (is_below_kw or is_above_kw) then finite_kw end as power_kw,
        case when not is_odd_v then finite_v end as voltage_v,
        current_a,
        case when not is_odd_factor then finite_factor end as power_factor,
        temperature_c,
        fetched_at,
        cast(case when flags = 0 then 0 else 10 end as smallint) as quality,
        cast(flags as integer) as flags,
        period,
        case when not is_odd_hz then finite_hz end as frequency_hz,
        * exclude (
            channel_id, timestamp, interval_s, current_a, temperature_c, fetched_at, period, flags,
            finite_kwh, finite_kw, finite_v, finite_factor, finite_hz, has_infinite, power_kwh,
            min_kw, max_kw, min_v, max_v, max_factor, nominal_hz, max_deviation_hz,
            max_deviation_ratio, max_deviation_kwh, wanted_s,
            is_below_kwh, is_below_kw, is_above_kwh, is_above_kw, is_odd_v, is_odd_factor, is_odd_hz
        ),
    from flagged
)

select * from final
