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
-- quality         smallint     ESPI code: 0 valid, 10 questionable because a value was set to null
-- flags           integer      bit set of what was found: 1 negative energy, 2 negative power,
--                              4 a measure is NaN or infinite; 8 and up are kept for further rules
-- period          varchar      the file the row is in: its month (or date, or year) in UTC
with counted as (
    select * from readings_counted
)

select * from counted
