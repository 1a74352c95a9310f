-- How many readings of each channel broke which rule on each day at the site. Days without any reading have no row:
-- data_gaps tells of those.
--
-- grain:                   one row per channel_id, date
-- time:                    date
-- channel_id                   varchar  the channel
-- channel_name                 varchar  its name; null when the channel is unknown
-- organization_id              varchar  the organization it belongs to
-- organization_name            varchar  the organization's name
-- time_zone                    varchar  IANA zone of the organization; UTC when it has none
-- date                         date     the day at the site that the readings start in
-- reading_count                bigint   readings, with values or without
-- measured_count               bigint   of these, with energy
-- flagged_count                bigint   of these, breaking any rule
-- negative_energy_count        bigint   breaking the rule negative_energy
-- negative_power_count         bigint   breaking the rule negative_power
-- not_finite_count             bigint   breaking the rule not_finite
-- voltage_range_count          bigint   breaking the rule voltage_range
-- power_factor_range_count     bigint   breaking the rule power_factor_range
-- frequency_range_count        bigint   breaking the rule frequency_range
-- power_limit_count            bigint   breaking the rule power_limit
-- energy_power_mismatch_count  bigint   breaking the rule energy_power_mismatch
-- spike_count                  bigint   breaking the rule spike
-- flat_line_count              bigint   breaking the rule flat_line
-- counter_reset_count          bigint   breaking the rule counter_reset
-- off_grid_count               bigint   breaking the rule off_grid
-- future_count                 bigint   breaking the rule future
-- other_interval_count         bigint   breaking the rule other_interval
-- interleaved_grids_count      bigint   breaking the rule interleaved_grids
with judged as (
    select
        channel_id,
        channel_name,
        organization_id,
        organization_name,
        time_zone,
        cast(local_time as date) as date,
        energy_kwh,
        flags,
    from readings_enriched
),

final as (
    select
        channel_id,
        channel_name,
        organization_id,
        organization_name,
        time_zone,
        date,
        count(*) as reading_count,
        count(energy_kwh) as measured_count,
        count(*) filter (flags <> 0) as flagged_count,
        count(*) filter (flags & 1 <> 0) as negative_energy_count,
        count(*) filter (flags & 2 <> 0) as negative_power_count,
        count(*) filter (flags & 4 <> 0) as not_finite_count,
        count(*) filter (flags & 8 <> 0) as voltage_range_count,
        count(*) filter (flags & 16 <> 0) as power_factor_range_count,
        count(*) filter (flags & 32 <> 0) as frequency_range_count,
        count(*) filter (flags & 64 <> 0) as power_limit_count,
        count(*) filter (flags & 128 <> 0) as energy_power_mismatch_count,
        count(*) filter (flags & 256 <> 0) as spike_count,
        count(*) filter (flags & 512 <> 0) as flat_line_count,
        count(*) filter (flags & 1024 <> 0) as counter_reset_count,
        count(*) filter (flags & 2048 <> 0) as off_grid_count,
        count(*) filter (flags & 4096 <> 0) as future_count,
        count(*) filter (flags & 8192 <> 0) as other_interval_count,
        count(*) filter (flags & 16384 <> 0) as interleaved_grids_count,
    from judged
    group by channel_id, channel_name, organization_id, organization_name, time_zone, date
)

select * from final
