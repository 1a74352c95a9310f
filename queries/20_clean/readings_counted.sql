-- The readings to count with: one row per channel and instant, no interval counted twice, impossible values null.
-- Where intervals of different length overlap: a coarse reading gives way when finer readings with energy cover
-- its whole interval; else the coarse reading counts and every finer reading that overlaps it is left out.
-- Between overlapping readings of one length, the grid that starts nearest after a multiple of it (UTC) counts.
-- A reading without energy never displaces another and gives way to any finer one. So nothing is counted twice,
-- and nothing is lost as long as the intervals nest (60 s in 900 s in 3,600 s in 86,400 s).
-- readings_excluded names what is left out. Further fields of the lake follow at the end.
--
-- grain:          one row per channel_id, timestamp
-- inner:          of the rollups, which need no flags; readings_clean has both
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
--                              4096 it was fetched before its interval ended, 8192 not of the configured length
-- period          varchar      the file the row is in: its month (or date, or year) in UTC
-- frequency_hz    double       mean frequency; null when not measured or impossible; 0 is an outage, a fact
with counted as (
    select readings_checked.*
    from readings_checked
    -- Not an anti join: through a left join a filter on the channel reaches both sides.
    left join readings_excluded
        on readings_checked.channel_id = readings_excluded.channel_id
        and readings_checked.timestamp = readings_excluded.timestamp
        and readings_checked.interval_s = readings_excluded.interval_s
    where readings_excluded.channel_id is null
)

select * from counted
