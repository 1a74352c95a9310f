-- How far each channel's data reaches, and how far behind the lake that is. The clock is not read: behind is counted
-- to the moment the lake last asked, so that a lake that is not asked today makes no false alarm; ingestion_runs
-- tells when that was. A channel that never measured anything is here too.
--
-- grain:              one row per channel_id
-- channel_id          varchar      the channel
-- channel_name        varchar      its name; null when the channel is unknown
-- organization_id     varchar      the organization it belongs to
-- organization_name   varchar      the organization's name
-- time_zone           varchar      IANA zone of the organization; UTC when it has none
-- measured_until      timestamptz  end of the newest interval with a measure, UTC; null when there is none
-- covered_until       timestamptz  end of what was asked and answered, with values or not, UTC; null when nothing was
-- asked_at            timestamptz  when the lake last asked: the end of the newest run that asked channels, else the
--                                  newest covered_until of any channel, UTC
-- behind_h            double       hours from measured_until to asked_at; null when nothing was ever measured
-- status              varchar      fresh; late: 6 hours behind or more; silent: 24 or more; never: nothing measured;
--                                  removed: the API no longer lists it
with known as (
    select channel_id from channels
    union
    select channel_id from channel_grids
),

last_run as (
    select max(finished_at) as asked_at,
    from ingestion_runs
    where channels > 0 and outcome in ('done', 'partly')
),

last_answer as (
    select max(covered_until) as covered_until,
    from channel_coverage
),

reached as (
    select
        known.channel_id,
        channel_sites.channel_name,
        channel_sites.organization_id,
        channel_sites.organization_name,
        coalesce(channel_sites.time_zone, 'UTC') as time_zone,
        channel_grids.last_end_at as measured_until,
        channel_coverage.covered_until,
        coalesce(last_run.asked_at, last_answer.covered_until) as asked_at,
        channels.removed_at is not null as is_removed,
    from known
    left join channel_sites
        on known.channel_id = channel_sites.channel_id
    left join channels
        on known.channel_id = channels.channel_id
    left join channel_grids
        on known.channel_id = channel_grids.channel_id
    left join channel_coverage
        on known.channel_id = channel_coverage.channel_id
    cross join last_run
    cross join last_answer
),

final as (
    select
        channel_id,
        channel_name,
        organization_id,
        organization_name,
        time_zone,
        measured_until,
        covered_until,
        asked_at,
        case
            when measured_until is not null
                then greatest(epoch_us(asked_at) - epoch_us(measured_until), 0) / 3600000000
        end as behind_h,
        case
            when is_removed then 'removed'
            when measured_until is null then 'never'
            when behind_h >= 24 then 'silent'
            when behind_h >= 6 then 'late'
            else 'fresh'
        end as status,
    from reached
)

select * from final
