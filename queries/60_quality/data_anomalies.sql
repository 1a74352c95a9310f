-- What is wrong, and since when: runs of readings of a channel that break one rule. Two that are a day apart or less are
-- of one run. Nothing is missing from the readings for it: impossible values are null there, all others are kept.
--
-- grain:              one row per channel_id, rule, started_at
-- time:               started_at
-- channel_id          varchar      the channel
-- channel_name        varchar      its name; null when the channel is unknown
-- organization_id     varchar      the organization it belongs to
-- organization_name   varchar      the organization's name
-- rule                varchar      the rule, see quality_rules
-- meaning             varchar      what was found
-- is_nulled           boolean      true when the values are set to null, false when they are kept
-- started_at          timestamptz  start of the first reading, UTC
-- ended_at            timestamptz  end of the last reading, UTC
-- is_ongoing          boolean      true when the last reading is within a day of the channel's newest
-- reading_count       bigint       readings that break the rule
-- energy_kwh          double       energy they count for; null when their energy is null
with flagged as (
    select channel_id, timestamp, interval_s, energy_kwh, flags,
    from readings_clean
    where flags <> 0
),

fired as (
    select
        flagged.channel_id,
        quality_rules.rule,
        quality_rules.meaning,
        quality_rules.is_nulled,
        flagged.energy_kwh,
        epoch_us(flagged.timestamp) // 1000000 as starts_s,
        starts_s + flagged.interval_s as ends_s,
    from flagged
    inner join quality_rules
        on flagged.flags & quality_rules.flag <> 0
),

opened as (
    select
        *,
        coalesce(
            starts_s - max(ends_s) over (
                partition by channel_id, rule
                order by starts_s, ends_s
                rows between unbounded preceding and 1 preceding
            ) > 86400,
            true
        ) as opens_run,
    from fired
),

numbered as (
    select
        *,
        sum(cast(opens_run as integer)) over (
            partition by channel_id, rule
            order by starts_s, ends_s
            rows unbounded preceding
        ) as run,
    from opened
),

runs as (
    select
        channel_id,
        rule,
        meaning,
        is_nulled,
        make_timestamptz(1000000 * min(starts_s)) as started_at,
        make_timestamptz(1000000 * max(ends_s)) as ended_at,
        max(ends_s) as ends_s,
        count(*) as reading_count,
        sum(energy_kwh) as energy_kwh,
    from numbered
    group by channel_id, rule, meaning, is_nulled, run
),

final as (
    select
        runs.channel_id,
        channel_sites.channel_name,
        channel_sites.organization_id,
        channel_sites.organization_name,
        runs.rule,
        runs.meaning,
        runs.is_nulled,
        runs.started_at,
        runs.ended_at,
        coalesce(runs.ends_s + 86400 >= epoch_us(channel_grids.last_end_at) // 1000000, true) as is_ongoing,
        runs.reading_count,
        runs.energy_kwh,
    from runs
    left join channel_sites
        on runs.channel_id = channel_sites.channel_id
    left join channel_grids
        on runs.channel_id = channel_grids.channel_id
)

select * from final
