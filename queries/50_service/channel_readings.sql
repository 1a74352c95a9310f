-- The clean readings of a channel between two instants, in intervals of one length: 3600 for hours of UTC. Energy is
-- summed, power and the other measures are averaged over time, peaks are kept. Nothing is estimated and nothing is
-- made finer: a reading longer than the resolution stays as it is. A resolution of null gives every reading.
--
-- macro:              channel, from_time, to_time, resolution_s
-- example:            channel_readings('162119', '2026-10-01', '2026-10-02T12:00:00Z', 3600)
-- channel_id          varchar      the channel
-- timestamp           timestamptz  start of the interval, UTC
-- local_time          timestamp    the same instant on the site's wall clock
-- utc_offset_s        integer      local minus UTC at that instant, in seconds
-- interval_s          integer      length of the interval in seconds
-- energy_kwh          double       energy; null when none of it was measured, never 0 instead
-- power_kw            double       mean power over the time it is known
-- min_power_kw        double       lowest mean power of a reading
-- peak_power_kw       double       highest mean power of a reading
-- voltage_v           double       mean voltage over the time it is known
-- current_a           double       mean current over the time it is known
-- power_factor        double       power factor weighted by energy; null without energy
-- temperature_c       double       mean temperature over the time it is known
-- reading_count       bigint       readings with energy
-- coverage            double       time with energy divided by the interval's length, 0 to 1
with chosen as (
    select
        *,
        epoch_us(timestamp) // 1000000 as starts_s,
        greatest(coalesce(cast(resolution_s as integer), interval_s), interval_s) as length_s,
    from readings_enriched
    where
        channel_id = channel
        and timestamp >= instant_of(from_time)
        and timestamp < instant_of(to_time)
),

slotted as (
    select
        *,
        case when length_s > interval_s then starts_s - starts_s % length_s else starts_s end as slot_s,
    from chosen
),

final as (
    select
        channel_id,
        make_timestamptz(1000000 * slot_s) as timestamp,
        -- Of the first reading: where the offset changes inside, the interval is labelled as it begins.
        make_timestamp(1000000 * (slot_s + arg_min(utc_offset_s, starts_s))) as local_time,
        arg_min(utc_offset_s, starts_s) as utc_offset_s,
        length_s as interval_s,
        sum(energy_kwh) as energy_kwh,
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
        count(energy_kwh) as reading_count,
        coalesce(sum(interval_s) filter (energy_kwh is not null), 0) / length_s as coverage,
    from slotted
    group by channel_id, slot_s, length_s
    order by slot_s
)

select * from final
