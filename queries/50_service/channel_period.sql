-- A channel and a period of its site's calendar: the instants between which it lies, and the settings that matter
-- for it. Always one row, also for a channel that nobody knows.
--
-- macro:              channel, period_name
-- example:            channel_period('162119', '2026-10')
-- inner:              of the macros that take a channel and a period
-- channel_id          varchar  the channel
-- channel_name        varchar  its name; null when the channel is unknown
-- organization_id     varchar  the organization it belongs to
-- organization_name   varchar  the organization's name
-- time_zone           varchar  the zone of the site; UTC when it has none
-- from_date           date     first day of the period
-- to_date             date     first day that is no longer in it
-- from_s              bigint   first instant of the period at the site, epoch seconds
-- to_s                bigint   first instant after it
-- night_start_s       bigint   begin of the night in seconds after midnight
-- night_end_s         bigint   end of the night; before the begin = on the next day
with asked as (
    select
        cast(channel as varchar) as channel_id,
        period_start(period_name) as from_date,
        period_end(period_name) as to_date,
),

sited as (
    select
        asked.*,
        channel_sites.channel_name,
        channel_sites.organization_id,
        channel_sites.organization_name,
        coalesce(channel_sites.time_zone, 'UTC') as time_zone,
        channel_settings.night_start_s,
        channel_settings.night_end_s,
        86400 * (asked.from_date - date '1970-01-01') as opens_s,
        86400 * (asked.to_date - date '1970-01-01') as closes_s,
    from asked
    left join channel_sites
        on asked.channel_id = channel_sites.channel_id
    left join channel_settings
        on asked.channel_id = channel_settings.channel_id
),

final as (
    select
        sited.channel_id,
        sited.channel_name,
        sited.organization_id,
        sited.organization_name,
        sited.time_zone,
        sited.from_date,
        sited.to_date,
        greatest(first_offset.starts_s, sited.opens_s - first_offset.offset_s) as from_s,
        greatest(last_offset.starts_s, sited.closes_s - last_offset.offset_s) as to_s,
        cast(coalesce(sited.night_start_s, 0) as bigint) as night_start_s,
        cast(coalesce(sited.night_end_s, 18000) as bigint) as night_end_s,
    from sited
    asof left join zone_offsets as first_offset
        on sited.time_zone = first_offset.time_zone
        and sited.opens_s < first_offset.local_ends_s
    asof left join zone_offsets as last_offset
        on sited.time_zone = last_offset.time_zone
        and sited.closes_s < last_offset.local_ends_s
)

select * from final
