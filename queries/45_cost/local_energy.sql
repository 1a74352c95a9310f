-- The energy that is billed, measured or estimated, on the wall clock of its site.
--
-- grain:          one row per channel_id, timestamp, is_estimated
-- inner:          of priced_energy and the bills
-- time:           timestamp
-- channel_id      varchar      the channel
-- timestamp       timestamptz  start of the interval, UTC
-- interval_s      integer      length of the interval in seconds
-- energy_kwh      double       energy of the interval; null when neither measured nor estimated
-- is_estimated    boolean      true when it is estimated, false when it was measured
-- time_zone       varchar      the zone of the site; UTC when it has none
-- starts_s        bigint       start of the interval as epoch seconds
-- local_s         bigint       the same on the site's wall clock
-- tariff_id       varchar      the channel's tariff; null when it has none
-- currency        varchar      the tariff's currency
-- rate_calendar   integer      the tariff's days in tariff_days
with calendar_days as not materialized (
    select
        time_zone,
        utc_date - date '1970-01-01' as utc_day,
        offset_s,
        epoch_us(changes_at) // 1000000 as changes_s,
        offset_after_s,
    from calendar
),

energy as (
    select channel_id, timestamp, interval_s, energy_kwh, false as is_estimated,
    from readings_counted
    union all
    select channel_id, timestamp, interval_s, estimated_kwh, true as is_estimated,
    from grid_patches
),

located as (
    select
        energy.*,
        epoch_us(energy.timestamp) // 1000000 as starts_s,
        coalesce(channel_sites.time_zone, 'UTC') as time_zone,
        channel_sites.tariff_id,
        channel_sites.currency,
        channel_sites.rate_calendar,
    from energy
    left join channel_sites
        on energy.channel_id = channel_sites.channel_id
),

localized as (
    select
        located.*,
        case
            when calendar_days.utc_day is null
                -- Beyond the calendar each row is converted by itself: slower, never lost.
                then located.starts_s
                    + epoch_us(timezone(located.time_zone, located.timestamp)) // 1000000
                    - epoch_us(located.timestamp) // 1000000
            when located.starts_s >= calendar_days.changes_s
                then located.starts_s + calendar_days.offset_after_s
            else located.starts_s + calendar_days.offset_s
        end as local_s,
    from located
    left join calendar_days
        on located.time_zone = calendar_days.time_zone
        and located.starts_s // 86400 = calendar_days.utc_day
),

final as (
    select
        channel_id,
        timestamp,
        interval_s,
        energy_kwh,
        is_estimated,
        time_zone,
        starts_s,
        local_s,
        tariff_id,
        currency,
        rate_calendar,
    from localized
)

select * from final
