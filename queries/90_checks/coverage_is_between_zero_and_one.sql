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
union all
-- Without a channel of which energy is expected an organization has no coverage.
select 'organization month' as unit, organization_id, cast(month as varchar) as period, coverage,
from organization_monthly
where
    (coverage is null) <> (expected_count is null)
    or not coverage between 0 and 1
    or reading_count > expected_count
