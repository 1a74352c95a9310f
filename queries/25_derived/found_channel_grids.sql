-- The regular grid of each channel. The same as the table channel_grids, worked out anew from grid_periods.
-- The interval is the configured one, else the most common among the readings with energy (with any measure, where
-- a channel has no energy); of two equally common ones the shorter. The phase is chosen in the same way.
--
-- grain:          one row per channel_id
-- inner:          the table channel_grids is made from it
-- channel_id      varchar      the channel
-- interval_s      integer      its interval in seconds
-- phase_s         integer      seconds from a multiple of the interval (UTC) to each grid point
-- has_energy      boolean      true when it ever measured energy
-- first_at        timestamptz  start of the first reading with a measure
-- last_end_at     timestamptz  end of the last reading with a measure
-- energy_from     timestamptz  start of the first reading with energy; null without
-- energy_until    timestamptz  end of the last reading with energy
-- stored_until    timestamptz  end of the last stored row, with values or not
-- covered_until   timestamptz  end of what was asked and answered
with spans as (
    select
        channel_id,
        sum(energy_count) > 0 as has_energy,
        min(measured_from) as first_at,
        max(measured_until) as last_end_at,
        min(energy_from) as energy_from,
        max(energy_until) as energy_until,
        max(stored_until) as stored_until,
    from grid_periods
    group by channel_id
    having sum(measured_count) > 0
),

counted as (
    select
        grid_periods.channel_id,
        grid_periods.interval_s,
        grid_periods.phase_s,
        case when spans.has_energy then grid_periods.energy_count else grid_periods.measured_count end as readings,
    from grid_periods
    inner join spans
        on grid_periods.channel_id = spans.channel_id
),

intervals as (
    select channel_id, interval_s, sum(readings) as readings,
    from counted
    group by channel_id, interval_s
),

common_intervals as (
    select channel_id, min_by(interval_s, (-readings, interval_s)) as interval_s,
    from intervals
    group by channel_id
),

chosen as (
    select
        spans.*,
        coalesce(own.expected_interval_s, others.expected_interval_s, common_intervals.interval_s) as interval_s,
    from spans
    inner join common_intervals
        on spans.channel_id = common_intervals.channel_id
    left join channel_settings as own
        on spans.channel_id = own.channel_id
    left join channel_settings as others
        on others.channel_id = ''
        and own.channel_id is null
),

phases as (
    select channel_id, interval_s, phase_s, sum(readings) as readings,
    from counted
    group by channel_id, interval_s, phase_s
),

common_phases as (
    select channel_id, interval_s, min_by(phase_s, (-readings, phase_s)) as phase_s,
    from phases
    group by channel_id, interval_s
),

final as (
    select
        chosen.channel_id,
        chosen.interval_s,
        coalesce(common_phases.phase_s, 0) as phase_s,
        chosen.has_energy,
        chosen.first_at,
        chosen.last_end_at,
        chosen.energy_from,
        chosen.energy_until,
        chosen.stored_until,
        greatest(chosen.stored_until, channel_coverage.covered_until) as covered_until,
    from chosen
    left join common_phases
        on chosen.channel_id = common_phases.channel_id
        and chosen.interval_s = common_phases.interval_s
    left join channel_coverage
        on chosen.channel_id = channel_coverage.channel_id
)

select * from final
