-- Coverage is known and between 0 and 1, and no period has more readings than expected.
select 'hour' as unit, channel_id, cast(hour_start as varchar) as period, coverage,
from energy_hourly
where coverage is null or not coverage between 0 and 1 or reading_count > expected_count
union all
select 'day' as unit, channel_id, cast(date as varchar) as period, coverage,
from energy_daily
where coverage is null or not coverage between 0 and 1 or reading_count > expected_count
union all
select 'week' as unit, channel_id, cast(week as varchar) as period, coverage,
from energy_weekly
where coverage is null or not coverage between 0 and 1 or reading_count > expected_count
union all
select 'month' as unit, channel_id, cast(month as varchar) as period, coverage,
from energy_monthly
where coverage is null or not coverage between 0 and 1 or reading_count > expected_count
