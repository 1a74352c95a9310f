-- The day after a period, by the period's name, see period_start. 2026-10 ends on 2026-11-01;
-- 2026-10-05/2026-10-19 ends on 2026-10-19, which is not in it.
--
-- function:     period_name
-- example:      period_end('2026-W41')
-- inner:        for the macros that take the name of a period
-- period_end    date  the first day that is no longer in the period; null when the name is null
case
    when contains(period_name, '/')
        then case
            when period_start(split_part(period_name, '/', 2)) > period_start(period_name)
                then period_start(split_part(period_name, '/', 2))
            else cast('"' || period_name || '" ends before it begins' as date)
        end
    else cast(
        period_start(period_name)
        + case
            when length(period_name) = 4 then interval 1 year
            when contains(period_name, 'W') then interval 7 day
            when length(period_name) = 7 then interval 1 month
            else interval 1 day
        end as date
    )
end
