-- What lies in each data file, by interval length and phase. The same as the table grid_periods, worked out anew.
-- Readings that do not count are in it too: it says what was stored, not what is summed.
--
-- grain:           one row per channel_id, period, interval_s, phase_s
-- inner:           the table grid_periods is made from it
-- time:            first_at
-- channel_id       varchar      the channel
-- period           varchar      the file's month (or date, or year) in UTC
-- interval_s       integer      length of the intervals in seconds
-- phase_s          integer      seconds from a multiple of the length (UTC) to their start
-- first_at         timestamptz  start of the first row
-- stored_until     timestamptz  end of the last row, with values or not
-- reading_count    bigint       rows
-- measured_count   bigint       rows with any measure
-- measured_from    timestamptz  start of the first row with a measure
-- measured_until   timestamptz  end of the last row with a measure
-- energy_count     bigint       rows with energy
-- energy_from      timestamptz  start of the first row with energy
-- energy_until     timestamptz  end of the last row with energy
-- first_kw         double       mean power of the first row with energy, by its energy
-- last_kw          double       mean power of the last row with energy, by its energy
with stored as (
    select
        channel_id,
        period,
        interval_s,
        energy_kwh,
        epoch_us(timestamp) // 1000000 as starts_s,
        case when energy_kwh is not null then epoch_us(timestamp) // 1000000 end as energy_s,
        case
            when coalesce(energy_kwh, power_kw, voltage_v, current_a, power_factor, temperature_c) is not null
                then epoch_us(timestamp) // 1000000
        end as measured_s,
    from readings_checked
    where interval_s > 0
),

final as (
    select
        channel_id,
        period,
        interval_s,
        cast(starts_s % interval_s as integer) as phase_s,
        make_timestamptz(1000000 * min(starts_s)) as first_at,
        make_timestamptz(1000000 * (max(starts_s) + interval_s)) as stored_until,
        count(*) as reading_count,
        count(measured_s) as measured_count,
        make_timestamptz(1000000 * min(measured_s)) as measured_from,
        make_timestamptz(1000000 * (max(measured_s) + interval_s)) as measured_until,
        count(energy_s) as energy_count,
        make_timestamptz(1000000 * min(energy_s)) as energy_from,
        make_timestamptz(1000000 * (max(energy_s) + interval_s)) as energy_until,
        3600 * min_by(energy_kwh, energy_s) / interval_s as first_kw,
        3600 * max_by(energy_kwh, energy_s) / interval_s as last_kw,
    from stored
    group by channel_id, period, interval_s, starts_s % interval_s
)

select * from final
