-- Which channels count for which organization: its own and those of every organization below it, each once.
-- A sub-meter (a setting) counts for none, because another channel measures its energy too, and so does a channel
-- whose organization is not known.
--
-- grain:               one row per organization_id, channel_id
-- inner:               of organization_rollup
-- organization_id      varchar  the organization the channel counts for
-- channel_id           varchar  the channel
-- depth                integer  0 = the channel's own organization, 1 = the one above it
-- carbon_kg_per_kwh    double   the channel's factor; null when not known
-- currency             varchar  currency of the channel's tariff; null without one
-- rate_calendar        integer  the channel's days in tariff_days; null without a tariff
-- rated_zone           varchar  the zone of the channel's site; null without a tariff
-- expected_interval_s  integer  length of the channel's intervals; null when it never measured energy
-- expected_from_s      bigint   start of its first reading, epoch seconds
-- expected_until_s     bigint   when it was uninstalled or no longer listed, not before its last reading; far away
--                               while neither happened
with listed as (
    select
        *,
        least(
            removed_at,
            -- One that was installed again is there.
            case when uninstalled_at > coalesce(installed_at, '-infinity') then uninstalled_at end
        ) as left_at,
    from channels
),

final as (
    select
        organization_tree.ancestor_id as organization_id,
        listed.channel_id,
        organization_tree.depth,
        channel_settings.carbon_kg_per_kwh,
        channel_sites.currency,
        channel_sites.rate_calendar,
        case when channel_sites.rate_calendar is not null then channel_sites.time_zone end as rated_zone,
        channel_grids.interval_s as expected_interval_s,
        epoch_us(channel_grids.first_at) // 1000000 as expected_from_s,
        case
            when channel_grids.channel_id is null then null
            when listed.left_at is null then 253402300800
            else epoch_us(greatest(listed.left_at, channel_grids.last_end_at)) // 1000000
        end as expected_until_s,
    from listed
    inner join organization_tree
        on listed.organization_id = organization_tree.organization_id
    left join channel_sites
        on listed.channel_id = channel_sites.channel_id
    left join channel_settings
        on listed.channel_id = channel_settings.channel_id
    left join channel_grids
        on listed.channel_id = channel_grids.channel_id
        and channel_grids.has_energy
    where not coalesce(channel_settings.is_submeter, false)
)

select * from final
