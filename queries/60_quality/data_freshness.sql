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
-- fetched_at          timestamptz  when that was fetched, UTC
-- asked_at            timestamptz  when the lake last asked: the end of the newest run that asked channels, else the
--                                  newest fetch of any reading, UTC
-- behind_h            double       hours from measured_until to asked_at; null when nothing was ever measured
-- status              varchar      fresh; late: 6 hours behind or more; silent: 24 or more; never: nothing measured;
--                                  removed: the API no longer lists it
with latest as (
    select * from latest_readings
),

last_run as (
    select max(finished_at) as asked_at,
    from ingestion_runs
    where channels > 0 and outcome in ('done', 'partly')
),

last_fetch as (
    select max(fetched_at) as fetched_at,
    from latest
),

known as (
    select
        latest.*,
        make_timestamptz(epoch_us(latest.timestamp) + 1000000 * cast(latest.interval_s as bigint))
            as measured_until,
        coalesce(last_run.asked_at, last_fetch.fetched_at) as asked_at,
        channels.removed_at is not null as is_removed,
    from latest
    left join channels
        on latest.channel_id = channels.channel_id
    cross join last_run
    cross join last_fetch
),

final as (
    select
        channel_id,
        channel_name,
        organization_id,
        organization_name,
        time_zone,
        measured_until,
        fetched_at,
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
    from known
)

select * from final
