-- The readings to work with: one row per channel and instant, no interval counted twice, impossible values null,
-- suspicious ones kept and marked. The rows and values are those of readings_counted; the flags say more.
-- Further fields of the lake follow at the end.
--
-- grain:          one row per channel_id, timestamp
-- time:           timestamp
-- channel_id      varchar      the channel
-- timestamp       timestamptz  start of the interval, UTC
-- interval_s      integer      length of the interval in seconds
-- energy_kwh      double       energy in the interval; null when not measured or impossible, never 0 instead
-- power_kw        double       mean power; null when not measured or impossible
-- voltage_v       double       mean voltage; 0 is an outage, a fact
-- current_a       double       mean current
-- power_factor    double       mean power factor
-- temperature_c   double       mean temperature
-- fetched_at      timestamptz  when the newest value of the row was fetched, UTC
-- quality         smallint     ESPI code: 0 valid, 10 questionable because a flag is set
-- flags           integer      bit set, see docs/quality.md. The value is null: 1 negative energy, 2 negative power,
--                              4 a measure is NaN or infinite, 8 voltage out of range, 16 power factor beyond ±1,
--                              32 frequency out of range, 64 power or energy above the limit. The value is kept:
--                              128 energy and power disagree, 1024 the counter went back,
--                              4096 it was fetched before its interval ended, 8192 not of the configured length,
--                              256 spike, 512 flat line, 2048 off the grid of its channel, 16384 of interleaved grids
-- period          varchar      the file the row is in: its month (or date, or year) in UTC
-- frequency_hz    double       mean frequency; null when not measured or impossible; 0 is an outage, a fact
with counted as (
    select readings_counted.*, coalesce(suspects.flags, 0) as marks,
    from readings_counted
    left join suspects
        on readings_counted.channel_id = suspects.channel_id
        and readings_counted.timestamp = suspects.timestamp
        and readings_counted.interval_s = suspects.interval_s
),

final as (
    select
        * exclude (marks)
        replace (
            cast(case when flags | marks = 0 then 0 else 10 end as smallint) as quality,
            flags | marks as flags
        ),
    from counted
)

select * from final
