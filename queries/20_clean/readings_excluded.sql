-- The stored readings that must not count because another reading counts for the same time.
-- Searched with windows inside each channel, and only in the files that reading_files calls tangled (of channels under `overlaps`), so that a
-- filter on the channel reaches the files and a lake without overlaps pays nothing.
--
-- grain:       one row per channel_id, timestamp, interval_s
-- time:        timestamp
-- channel_id   varchar      the channel
-- timestamp    timestamptz  start of the interval, UTC
-- interval_s   integer      length of the interval in seconds
-- reason       varchar      covered: finer readings cover the whole interval, or it has no energy and overlaps
--                           a finer one; displaced: a coarser reading, or one of another grid, counts instead
with tangled as (
    select
        overlapping_readings.channel_id,
        overlapping_readings.timestamp,
        overlapping_readings.interval_s,
        -- Judged by what is stored, so that no setting changes which reading counts. NaN sorts above infinity.
        coalesce(energy_kwh >= 0 and energy_kwh < 'infinity'::double, false) as is_measured,
        epoch_us(overlapping_readings.timestamp) // 1000000 as starts_s,
        starts_s + overlapping_readings.interval_s as ends_s,
        struct_pack(
            interval_s := overlapping_readings.interval_s,
            phase_s := starts_s % overlapping_readings.interval_s
        ) as grid,
    from overlapping_readings
    inner join reading_files
        on overlapping_readings.channel_id = reading_files.channel_id
        and overlapping_readings.period = reading_files.period
    where reading_files.is_tangled
),

-- Each reading is laid beside every grid of its channel that could displace it, and beside its own. Windows
-- within the channel do the rest, so that a filter on the channel still reaches the files.
known_grids as (
    select *, list(distinct grid) over (partition by channel_id) as grids,
    from tangled
),

laned as (
    select * exclude (grids), unnest(grids) as lane,
    from known_grids
),

cast_in_roles as (
    select
        *,
        lane = grid as is_own,
        lane.interval_s > interval_s as is_finer,
    from laned
    where
        lane.interval_s > interval_s
        or (lane.interval_s = interval_s and (lane.phase_s <= grid.phase_s or not is_measured))
),

-- Runs of finer readings without a hole between them, with energy and with or without.
opened as (
    select
        *,
        is_finer and is_measured and coalesce(
            starts_s > max(ends_s) filter (is_finer and is_measured) over (
                partition by channel_id, lane
                order by starts_s, is_own, ends_s
                rows between unbounded preceding and 1 preceding
            ),
            true
        ) as opens_run,
    from cast_in_roles
),

numbered as (
    select
        *,
        sum(cast(opens_run as integer)) over (
            partition by channel_id, lane
            order by starts_s, is_own, ends_s
            rows unbounded preceding
        ) as run,
    from opened
),

covered as (
    select
        *,
        is_own and coalesce(
            case
                when is_measured then ends_s <= max(ends_s) filter (is_finer and is_measured) over (
                    partition by channel_id, lane, run
                )
                -- Without energy, any finer reading inside is enough.
                else starts_s < max(ends_s) filter (is_finer) over (
                    partition by channel_id, lane
                    order by case when is_own then ends_s else starts_s + 1 end
                    range unbounded preceding
                )
            end,
            false
        ) as gives_way,
    from numbered
),

displaced as (
    select
        *,
        not is_own and coalesce(
            starts_s < max(ends_s) filter (is_own and is_measured and not gives_way) over (
                partition by channel_id, lane
                order by case when is_own then starts_s + 1 else ends_s end
                range unbounded preceding
            ),
            false
        ) as is_displaced,
    from covered
),

judged as (
    select
        channel_id,
        timestamp,
        interval_s,
        bool_or(gives_way) as is_covered,
        bool_or(is_displaced) as is_displaced,
    from displaced
    group by channel_id, timestamp, interval_s
),

final as (
    select
        channel_id,
        timestamp,
        interval_s,
        case when is_covered then 'covered' else 'displaced' end as reason,
    from judged
    where is_covered or is_displaced
)

select * from final
