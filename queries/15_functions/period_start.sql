-- The first day of a period by its name: a year 2026, a month 2026-10, an ISO week 2026-W41 (from Monday), a day
-- 2026-10-05, or two of them around a slash, 2026-10-05/2026-10-19: from the start of the first to the start of the
-- second. An error for anything else. It is a day at the site; no clock and no zone is read.
--
-- function:     period_name
-- example:      period_start('2026-W41')
-- inner:        for the macros that take the name of a period
-- period_start  date  the first day, included; null when the name is null
coalesce(
    -- try_cast, because every branch is looked at when the name is a constant.
    case
        when regexp_full_match(period_name, '\d{4}(/[\dW-]+)?')
            then try_cast(period_name[:4] || '-01-01' as date)
        when regexp_full_match(period_name, '\d{4}-\d{2}(/[\dW-]+)?')
            then try_cast(period_name[:7] || '-01' as date)
        when regexp_full_match(period_name, '\d{4}-\d{2}-\d{2}(/[\dW-]+)?')
            then try_cast(period_name[:10] as date)
        -- The week of 4 January is the first; a year has as many as the week of its 28 December says.
        when
            regexp_full_match(period_name, '\d{4}-W\d{2}(/[\dW-]+)?')
            and try_cast(period_name[7:8] as integer)
                between 1 and weekofyear(try_cast(period_name[:4] || '-12-28' as date))
            then cast(date_trunc('week', try_cast(period_name[:4] || '-01-04' as date)) as date)
                + 7 * (try_cast(period_name[7:8] as integer) - 1)
    end,
    -- Not error(): a cast that fails is one too, and lets a good name be a constant that reaches the files.
    cast(
        '"' || period_name || '" is no period: write 2026, 2026-10, 2026-W41, 2026-10-05'
        || ' or 2026-10-05/2026-10-19' as date
    )
)
