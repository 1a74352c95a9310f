-- The energy that is billed, measured or estimated, beside what its tariff says of it. What cost and the bills are
-- made from; for reading, cost is plainer.
-- The tariff's hours are those of the site's wall clock. An interval over which the rate changes has no rate, because
-- nobody knows how its energy is divided.
--
-- grain:          one row per channel_id, timestamp, is_estimated
-- inner:          of cost and the bills
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
-- version_no      integer      the version of the tariff; null without one for that day
-- period_no       integer      the period of the tariff, see tariff_slots
-- period_name     varchar      its name
-- rate            double       price per kWh; null when unknown: no tariff, tiers, or a change inside the interval
with final as (
    select
        local_energy.*,
        tariff_days.version_no,
        tariff_slots.period_no,
        tariff_slots.period_name,
        case
            when local_energy.local_s % 86400 + local_energy.interval_s <= tariff_slots.same_until_s
                then tariff_slots.rate
            when
                tariff_slots.same_until_s = 86400
                and tariff_days.next_rate = tariff_slots.rate
                and local_energy.local_s % 86400 + local_energy.interval_s - 86400 <= tariff_days.next_same_s
                then tariff_slots.rate
        end as rate,
    from local_energy
    left join tariff_days
        on local_energy.rate_calendar = tariff_days.rate_calendar
        and local_energy.local_s // 86400 = tariff_days.local_day
    left join tariff_slots
        on tariff_days.day_pattern = tariff_slots.day_pattern
        and local_energy.local_s % 86400 // 900 = tariff_slots.slot
)

select * from final
