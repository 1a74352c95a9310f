-- The newest reading of each channel that carries any measure. A channel that never measured anything is here
-- with nulls, so that a dead meter is visible.
--
-- grain:              one row per channel_id
-- channel_id          varchar      the channel
-- channel_name        varchar      its name; null when the channel is unknown
-- device_id           varchar      the device it is on
-- device_name         varchar      the device's name
-- organization_id     varchar      the organization it belongs to
-- organization_name   varchar      the organization's name
-- time_zone           varchar      IANA zone of the organization; UTC when it has none
-- timestamp           timestamptz  start of the newest interval with a measure, UTC; null when there is none
-- interval_s          integer      length of that interval in seconds
-- energy_kwh          double       energy in the interval
-- power_kw            double       mean power
-- voltage_v           double       mean voltage
-- current_a           double       mean current
-- power_factor        double       mean power factor
-- temperature_c       double       mean temperature
-- fetched_at          timestamptz  when it was fetched, UTC
with measured as (
    select *
    from readings_clean
    where coalesce(energy_kwh, power_kw, voltage_v, current_a, power_factor, temperature_c) is not null
),

newest as (
    select channel_id, max(timestamp) as timestamp,
    from measured
    group by channel_id
),

latest as (
    select measured.*
    from measured
    inner join newest
        on measured.channel_id = newest.channel_id
        and measured.timestamp = newest.timestamp
),

known as (
    select channel_id from channels
    union
    select channel_id from reading_files
),

final as (
    select
        known.channel_id,
        channel_sites.channel_name,
        channel_sites.device_id,
        channel_sites.device_name,
        channel_sites.organization_id,
        channel_sites.organization_name,
        coalesce(channel_sites.time_zone, 'UTC') as time_zone,
        latest.timestamp,
        latest.interval_s,
        latest.energy_kwh,
        latest.power_kw,
        latest.voltage_v,
        latest.current_a,
        latest.power_factor,
        latest.temperature_c,
        latest.fetched_at,
    from known
    left join channel_sites
        on known.channel_id = channel_sites.channel_id
    left join latest
        on known.channel_id = latest.channel_id
)

select * from final
