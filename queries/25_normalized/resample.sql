-- The normalized readings of each channel in longer intervals of one length, counted from midnight UTC.
-- Energy is summed, power averaged over time, peaks are kept. A channel whose own interval is longer keeps it: nothing
-- is made finer than it was measured. A row belongs to the interval it starts in.
--
-- macro:                 seconds
-- example:               resample(3600)
-- channel_id             varchar      the channel
-- timestamp              timestamptz  start of the interval, UTC
-- interval_s             integer      length of the interval in seconds; a day is a multiple of it
-- energy_kwh             double       measured and estimated energy; null when neither is known
-- energy_measured_kwh    double       energy that was measured; null when none was
-- energy_estimated_kwh   double       energy that was estimated; null when none was
-- power_kw               double       mean power over the time it is known
-- min_power_kw           double       lowest mean power of a row
-- peak_power_kw          double       highest mean power of a row
-- voltage_v              double       mean voltage over the time it is known
-- current_a              double       mean current over the time it is known
-- power_factor           double       power factor weighted by energy; null without energy
-- temperature_c          double       mean temperature over the time it is known
-- measured_count         bigint       rows with energy and nothing estimated
-- estimated_count        bigint       rows with estimated energy
-- missing_count          bigint       rows without energy
with normalized as (
    select
        *,
        case
            when seconds > 0 and 86400 % seconds = 0 then greatest(cast(seconds as integer), interval_s)
            else error('resample takes seconds that divide a day, like 900 or 3600')
        end as length_s,
        epoch_us(timestamp) // 1000000 as starts_s,
    from readings_normalized
),

bucketed as (
    select
        *,
        case when length_s > interval_s then starts_s - starts_s % length_s else starts_s end as bucket_s,
    from normalized
),

final as (
    select
        channel_id,
        make_timestamptz(1000000 * bucket_s) as timestamp,
        length_s as interval_s,
        sum(energy_kwh) as energy_kwh,
        sum(case when estimated_kwh is null then energy_kwh else energy_kwh - estimated_kwh end)
            filter (estimated_kwh is null or energy_kwh > estimated_kwh) as energy_measured_kwh,
        sum(estimated_kwh) as energy_estimated_kwh,
        sum(power_kw * interval_s) / sum(interval_s) filter (power_kw is not null) as power_kw,
        min(power_kw) as min_power_kw,
        max(power_kw) as peak_power_kw,
        sum(voltage_v * interval_s) / sum(interval_s) filter (voltage_v is not null) as voltage_v,
        sum(current_a * interval_s) / sum(interval_s) filter (current_a is not null) as current_a,
        case
            when sum(energy_kwh) filter (power_factor is not null) > 0
                then sum(power_factor * energy_kwh) / sum(energy_kwh) filter (power_factor is not null)
        end as power_factor,
        sum(temperature_c * interval_s) / sum(interval_s) filter (temperature_c is not null) as temperature_c,
        count(energy_kwh) filter (estimated_kwh is null) as measured_count,
        count(estimated_kwh) as estimated_count,
        count(*) filter (energy_kwh is null) as missing_count,
    from bucketed
    group by channel_id, bucket_s, length_s
)

select * from final
