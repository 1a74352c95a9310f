-- What the cleaning must know of each file of a channel with overlaps: can readings overlap there?
-- Overlaps are searched only where this says so, because the search costs far more than a scan.
--
-- grain:       one row per channel_id, period
-- inner:       of readings_excluded
-- channel_id   varchar  the channel
-- period       varchar  the file's month (or date, or year) in UTC
-- is_tangled   boolean  true when the file has readings of two grids (two interval lengths, or two phases
--                       of one), or reaches into the span of another file of the channel
with overlapping_readings as (
    select
        channel_id,
        period,
        interval_s,
        epoch_us(timestamp) as starts_us,
        1000000 * cast(interval_s as bigint) as interval_us,
    from overlapping_readings
),

files as (
    select
        channel_id,
        period,
        min(interval_s) = max(interval_s)
        and min(starts_us % interval_us) = max(starts_us % interval_us) as has_one_grid,
        min(starts_us) as starts_us,
        max(starts_us) + max(interval_us) as ends_us,
    from overlapping_readings
    group by channel_id, period
),

neighbours as (
    select
        *,
        max(ends_us) over (
            partition by channel_id
            order by starts_us, period
            rows between unbounded preceding and 1 preceding
        ) as reached_us,
        lead(starts_us) over (partition by channel_id order by starts_us, period) as next_us,
    from files
),

final as (
    select
        channel_id,
        period,
        not coalesce(has_one_grid, false)
        or coalesce(reached_us > starts_us, false)
        or coalesce(next_us < ends_us, false) as is_tangled,
    from neighbours
)

select * from final
