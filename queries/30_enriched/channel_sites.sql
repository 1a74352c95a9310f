-- Where a channel belongs: its names, its device, its organization and the time zone of its site.
--
-- grain:              one row per channel_id
-- channel_id          varchar  the channel
-- channel_name        varchar  its name
-- device_id           varchar  the device it is on
-- device_name         varchar  the device's name; null when the device is unknown
-- organization_id     varchar  the organization it belongs to
-- organization_name   varchar  the organization's name; null when the organization is unknown
-- time_zone           varchar  IANA zone of the organization; UTC when it has none
-- tariff_id           varchar  the tariff of its energy; null when it has none
-- currency            varchar  the tariff's currency
-- rate_calendar       integer  the tariff's days in tariff_days
with final as (
    select
        channels.channel_id,
        channels.channel_name,
        channels.device_id,
        devices.device_name,
        channels.organization_id,
        organizations.organization_name,
        coalesce(organizations.time_zone, 'UTC') as time_zone,
        channel_tariffs.tariff_id,
        channel_tariffs.currency,
        channel_tariffs.rate_calendar,
    from channels
    left join devices
        on channels.device_id = devices.device_id
    left join organizations
        on channels.organization_id = organizations.organization_id
    left join channel_tariffs
        on channels.channel_id = channel_tariffs.channel_id
)

select * from final
