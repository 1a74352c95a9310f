-- Clean readings with the names people use and the site's local time.
-- A reading of a channel that the reference tables lack is here too, without names, in UTC.
-- Further fields of the lake follow at the end.
--
-- grain:              one row per channel_id, timestamp
-- time:               timestamp
-- channel_id          varchar      the channel
-- channel_name        varchar      its name; null when the channel is unknown
-- device_id           varchar      the device it is on
-- device_name         varchar      the device's name
-- organization_id     varchar      the organization it belongs to
-- organization_name   varchar      the organization's name
-- time_zone           varchar      IANA zone of the organization; UTC when it has none
-- timestamp           timestamptz  start of the interval, UTC
-- local_time          timestamp    the same instant on the site's wall clock; an hour repeats in autumn
-- utc_offset_s        integer      local minus UTC at that instant, in seconds
-- interval_s          integer      length of the interval in seconds
-- energy_kwh          double       energy in the interval; null when not measured or impossible
-- power_kw            double       mean power; null when not measured or impossible
-- voltage_v           double       mean voltage; 0 is an outage, a fact
-- current_a           double       mean current
-- power_factor        double       mean power factor
-- temperature_c       double       mean temperature
-- fetched_at          timestamptz  when the newest value of the row was fetched, UTC
-- quality             smallint     ESPI code: 0 valid, 10 questionable because a value was set to null
-- flags               integer      bit set, see readings_clean
-- period              varchar      the file the row is in: its month (or date, or year) in UTC
with calendar_days as not materialized (
    select
        *,
        utc_date - date '1970-01-01' as utc_day,
    from calendar
),

located as (
    select
        readings_clean.*,
        channel_sites.* exclude (channel_id, time_zone, tariff_id, currency, rate_calendar),
        coalesce(channel_sites.time_zone, 'UTC') as time_zone,
    from readings_clean
    left join channel_sites
        on readings_clean.channel_id = channel_sites.channel_id
),

offset_known as (
    select
        located.*,
        case
            when calendar_days.utc_day is null
                -- Beyond the calendar each row is converted by itself: slower, never lost.
                then epoch_us(timezone(located.time_zone, located.timestamp)) // 1000000
                    - epoch_us(located.timestamp) // 1000000
            when located.timestamp >= calendar_days.changes_at then calendar_days.offset_after_s
            else calendar_days.offset_s
        end as utc_offset_s,
    from located
    left join calendar_days
        on located.time_zone = calendar_days.time_zone
        and epoch_us(located.timestamp) // 86400000000 = calendar_days.utc_day
),

final as (
    select
        channel_id,
        channel_name,
        device_id,
        device_name,
        organization_id,
        organization_name,
        time_zone,
        timestamp,
        make_timestamp(epoch_us(timestamp) + 1000000 * utc_offset_s) as local_time,
        cast(utc_offset_s as integer) as utc_offset_s,
        interval_s,
        energy_kwh,
        power_kw,
        voltage_v,
        current_a,
        power_factor,
        temperature_c,
        fetched_at,
        quality,
        flags,
        period,
        * exclude (
            channel_id, channel_name, device_id, device_name, organization_id, organization_name, time_zone,
            timestamp, utc_offset_s, interval_s,
            energy_kwh, power_kw, voltage_v, current_a, power_factor, temperature_c,
            fetched_at, quality, flags, period
        ),
    from offset_known
)

select * from final
