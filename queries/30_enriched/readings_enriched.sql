-- Clean readings with the names people use, the site's local time and what follows from them.
-- A reading of a channel that the reference tables lack is here too, without names, in UTC.
-- Business hours and holidays are those of reference/settings.json. A reading belongs to the hour it begins in.
-- Apparent power is what the meter measured (field S) where the lake has it, else active power divided by the power
-- factor, which is the definition of the power factor (IEEE 1459); else voltage times current on a channel of a
-- single phase. The voltage and current of a three-phase channel are means of its phases: alone they tell nothing.
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
-- organization_path   varchar      names of the organizations above it and its own: 'Group / North / Site 7'
-- ancestor_ids        varchar      the same by ids: '/1/20/307/'; like '%/20/%' finds all below 20
-- weekday             integer      1 = Monday to 7 = Sunday, at the site
-- is_holiday          boolean      true on a holiday of the site
-- is_business_day     boolean      true on a weekday with business hours that is no holiday; null when the channel is
--                                  unknown
-- is_business_hour    boolean      true when the site is open: by weekday and hour, and not on a holiday; null when
--                                  the channel is unknown
-- carbon_kg           double       carbon of the measured energy; null without energy or factor
-- apparent_power_kva  double       measured, or derived as said above; null when neither is possible
-- frequency_hz        double       mean frequency; null when not stored or impossible
with calendar_days as not materialized (
    select
        *,
        utc_date - date '1970-01-01' as utc_day,
    from calendar
),

site_holidays as (
    select
        organization_tree.organization_id,
        holidays.date,
    from organization_tree
    inner join holidays
        on holidays.organization_id in ('', organization_tree.organization_id)
    group by organization_tree.organization_id, holidays.date
),

sites as (
    select
        channel_sites.* exclude (tariff_id, currency, rate_calendar),
        organization_paths.organization_path,
        organization_paths.ancestor_ids,
        channels.displayed_phase in ('1', '2', '3') as has_one_phase,
        channel_settings.business_days,
        channel_settings.business_start_s,
        channel_settings.business_end_s,
        channel_settings.carbon_kg_per_kwh,
    from channel_sites
    left join organization_paths
        on channel_sites.organization_id = organization_paths.organization_id
    left join channels
        on channel_sites.channel_id = channels.channel_id
    left join channel_settings
        on channel_sites.channel_id = channel_settings.channel_id
),

located as (
    select
        readings_clean.*,
        sites.* exclude (channel_id, time_zone),
        coalesce(sites.time_zone, 'UTC') as time_zone,
    from readings_clean
    left join sites
        on readings_clean.channel_id = sites.channel_id
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

localized as (
    select
        *,
        make_timestamp(epoch_us(timestamp) + 1000000 * utc_offset_s) as local_time,
        cast(local_time as date) as local_date,
        epoch_us(local_time) // 1000000 % 86400 as local_second,
        -- Hours past midnight of a day that closes on the next one belong to that day.
        case
            when business_end_s < business_start_s and local_second < business_end_s then local_date - 1
            else local_date
        end as business_date,
        case
            when business_end_s < business_start_s
                then local_second >= business_start_s or local_second < business_end_s
            else local_second >= business_start_s and local_second < business_end_s
        end as is_open_hour,
        case
            when power_factor <> 0 then abs(power_kw / power_factor)
            when has_one_phase then voltage_v * current_a / 1000
        end as derived_kva,
    from offset_known
),

final as (
    select
        localized.channel_id,
        channel_name,
        device_id,
        device_name,
        localized.organization_id,
        organization_name,
        time_zone,
        timestamp,
        local_time,
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
        organization_path,
        ancestor_ids,
        cast(isodow(local_date) as integer) as weekday,
        holiday.date is not null as is_holiday,
        (business_days >> cast(isodow(local_date) - 1 as integer)) & 1 = 1 and holiday.date is null
            as is_business_day,
        is_open_hour
        and (business_days >> cast(isodow(business_date) - 1 as integer)) & 1 = 1
        and business_holiday.date is null as is_business_hour,
        energy_kwh * carbon_kg_per_kwh as carbon_kg,
        -- What the meter measured comes first where there is such a column.
        coalesce(*columns(lambda name: name in ('apparent_power_kva', 'derived_kva'))) as apparent_power_kva,
        -- frequency_hz, which every lake has, and further fields.
        columns(lambda name: name not in (
            'channel_id', 'channel_name', 'device_id', 'device_name', 'organization_id', 'organization_name',
            'time_zone', 'timestamp', 'local_time', 'utc_offset_s', 'interval_s',
            'energy_kwh', 'power_kw', 'voltage_v', 'current_a', 'power_factor', 'temperature_c',
            'fetched_at', 'quality', 'flags', 'period', 'organization_path', 'ancestor_ids',
            'has_one_phase', 'business_days', 'business_start_s', 'business_end_s', 'carbon_kg_per_kwh',
            'local_date', 'local_second', 'business_date', 'is_open_hour', 'derived_kva', 'apparent_power_kva',
            'date'
        )),
    from localized
    left join site_holidays as holiday
        on localized.organization_id = holiday.organization_id
        and localized.local_date = holiday.date
    left join site_holidays as business_holiday
        on localized.organization_id = business_holiday.organization_id
        and localized.business_date = business_holiday.date
)

select * from final
