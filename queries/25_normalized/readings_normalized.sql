-- Each channel on a regular grid in UTC, at its own interval and phase, from its first reading to the end of its
-- coverage: the clean readings of that grid, and a row for every point that has none. Such a row is put together from
-- readings of other grids, or estimated, or empty; quality, method and estimated_kwh say which. Nothing is estimated
-- after the last reading. The energy of a channel is the same here as measured and estimated energy in the rollups.
-- A channel that never measured anything, or is not yet published, has its readings as they are.
-- Further fields of the lake follow at the end, null where the row is not a stored one.
--
-- grain:          one row per channel_id, timestamp
-- time:           timestamp
-- channel_id      varchar      the channel
-- timestamp       timestamptz  start of the interval, UTC
-- interval_s      integer      length of the interval in seconds
-- energy_kwh      double       energy in the interval, measured and estimated; null when neither is known
-- power_kw        double       mean power; of an estimate, its energy by its time
-- voltage_v       double       mean voltage; never estimated
-- current_a       double       mean current; never estimated
-- power_factor    double       mean power factor; never estimated
-- temperature_c   double       mean temperature; never estimated
-- fetched_at      timestamptz  when the stored row was fetched, UTC; null for a row that is not a stored one
-- quality         smallint     ESPI code: 0 valid, 8 estimated from reference days, 9 estimated by linear
--                              interpolation, 10 questionable (a value set to null, or part of the interval unknown),
--                              11 derived from readings of other lengths; null when empty
-- flags           integer      flags of the stored rows behind it, see readings_clean
-- period          varchar      month (or date, or year) in UTC, as the files are cut
-- frequency_hz    double       mean frequency; null where the row is not a stored one
-- estimated_kwh   double       the part of energy_kwh that no reading measured; null when nothing was estimated
-- method          varchar      linear or reference_day; with _scaled when the estimate shares out a measured total;
--                              null when nothing was estimated
with grids as (
    select
        channel_id,
        cast(interval_s as bigint) as step_s,
        phase_s,
        has_energy,
        epoch_us(stored_until) // 1000000 as stored_until_s,
        epoch_us(covered_until) // 1000000 as covered_until_s,
    from channel_grids
),

stored as (
    select
        readings_clean.channel_id,
        readings_clean.timestamp,
        readings_clean.interval_s,
        readings_clean.energy_kwh,
        readings_clean.power_kw,
        readings_clean.voltage_v,
        readings_clean.current_a,
        readings_clean.power_factor,
        readings_clean.temperature_c,
        readings_clean.fetched_at,
        readings_clean.quality,
        readings_clean.flags,
        readings_clean.period,
        readings_clean.frequency_hz,
        cast(null as double) as estimated_kwh,
        cast(null as varchar) as method,
        readings_clean.* exclude (
            channel_id, timestamp, interval_s,
            energy_kwh, power_kw, voltage_v, current_a, power_factor, temperature_c,
            fetched_at, quality, flags, period, frequency_hz
        ),
    from readings_clean
    left join grids
        on readings_clean.channel_id = grids.channel_id
    where
        coalesce(
            readings_clean.interval_s = grids.step_s
            and (epoch_us(readings_clean.timestamp) // 1000000 - grids.phase_s) % grids.step_s = 0
            and (readings_clean.energy_kwh is not null or not grids.has_energy),
            true
        )
),

patches as (
    select
        channel_id,
        timestamp,
        interval_s,
        energy_kwh,
        power_kw,
        voltage_v,
        current_a,
        power_factor,
        temperature_c,
        quality,
        flags,
        period,
        estimated_kwh,
        method,
    from grid_patches
),

-- Answered, but nothing stored any more: how far that reaches grows with every run, so it is in no file.
silent as (
    select
        channel_id,
        step_s,
        unnest(range(
            stored_until_s + (step_s - (stored_until_s - phase_s) % step_s) % step_s,
            covered_until_s - step_s + 1,
            step_s
        )) as starts_s,
    from grids
),

empty as (
    select
        channel_id,
        make_timestamptz(1000000 * starts_s) as timestamp,
        cast(step_s as integer) as interval_s,
        cast(0 as integer) as flags,
        left(
            strftime(timezone('UTC', make_timestamptz(1000000 * starts_s)), '%Y-%m-%d'),
            (select max(length(period)) from grid_periods)
        ) as period,
    from silent
),

final as (
    select * from stored
    union all by name
    select * from patches
    union all by name
    select * from empty
)

select * from final
