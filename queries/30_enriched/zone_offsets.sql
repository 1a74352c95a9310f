-- The spans of time in which a zone keeps one UTC offset: what turns local days into instants.
-- The first instant whose wall clock is at or past a local second is greatest(starts_s, local second - offset_s) of
-- the span with the smallest local_ends_s above it, also where that wall clock time is skipped or comes twice.
--
-- grain:        one row per time_zone, starts_s
-- inner:        of organization_rollup and the macros that take the name of a period
-- time_zone     varchar  IANA zone
-- starts_s      bigint   first instant of the span, epoch seconds
-- ends_s        bigint   first instant after it
-- offset_s      integer  local minus UTC in seconds
-- local_ends_s  bigint   what the wall clock would show at ends_s without the change, seconds since 1970
with calendar as (
    select * from calendar
),

begins as (
    select
        time_zone,
        cast(-62135596800 as bigint) as starts_s,
        arg_min(offset_s, utc_date) as offset_s,
    from calendar
    group by time_zone
    union all
    select time_zone, epoch_us(changes_at) // 1000000 as starts_s, offset_after_s as offset_s,
    from calendar
    where changes_at is not null
),

final as (
    select
        time_zone,
        starts_s,
        lead(starts_s, 1, 253402300800) over (partition by time_zone order by starts_s) as ends_s,
        offset_s,
        ends_s + offset_s as local_ends_s,
    from begins
)

select * from final
