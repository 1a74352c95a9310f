-- The one mechanism behind organization_hourly, organization_daily, organization_weekly and organization_monthly: the
-- readings of all channels of an organization and of the organizations below it, summed over the hours, days, weeks
-- or months of the organization's own calendar. A parent in another zone than its sites counts in its own days. The
-- calendar is that of the organization's zone as it is now, for all of its history.
-- Channels are added up per instant first. Power is that of the sum, so the peak is coincident: the highest power
-- of all channels together. Channels of different interval lengths are brought to the coarsest that the period has;
-- what does not begin with it is weighed by the part of it that is known.
-- The lowest power is looked for only where most is known, because a silent channel makes no low load.
--
-- The unit is hour, day, week, month, or span: all days from first_day to end_day as one period. Without a unit of
-- span the two limit what is read, to whole days; null is no limit.
--
-- macro:                unit, first_day, end_day
-- example:              organization_rollup('day', null, null)
-- inner:                of the organization views and organization_summary
-- organization_id       varchar      the organization
-- organization_name     varchar      its name; null when it is not listed
-- time_zone             varchar      the zone whose calendar is used; UTC when the organization has none
-- hour_s                bigint       hour: its first instant as epoch seconds; else null
-- local_hour_s          bigint       hour: wall clock seconds since 1970; else null
-- first_date            date         the first day of the day, week, month or span; hour: null
-- energy_kwh            double       sum of measured energy; null when nothing was measured
-- avg_power_kw          double       energy divided by the time in which any channel was measured
-- min_power_kw          double       lowest power of the sum
-- peak_power_kw         double       highest power of the sum
-- peak_at               timestamptz  start of that interval, the earliest of equals
-- avg_voltage_v         double       mean voltage over time and channels
-- min_voltage_v         double       lowest mean voltage of an interval of any channel
-- max_voltage_v         double       highest mean voltage of an interval of any channel
-- avg_power_factor      double       power factor weighted by energy; null without energy
-- reading_count         bigint       intervals with measured energy, of all channels
-- expected_count        bigint       intervals of all channels that are expected; null when none is
-- coverage              double       measured time divided by expected time, of all channels, 0 to 1
-- energy_measured_kwh   double       the same as energy_kwh
-- energy_estimated_kwh  double       energy of gaps that was estimated; null when nothing was
-- energy_total_kwh      double       measured and estimated; null when neither is known
-- estimated_count       bigint       intervals with estimated energy
-- load_factor           double       avg_power_kw divided by peak_power_kw
-- carbon_kg             double       carbon of the total energy; null unless the factor of all of it is known
-- cost                  double       energy charge of the total energy; null unless the rate of all of it is known
-- currency              varchar      currency of the cost; null without
-- channel_count         bigint       channels whose energy is expected in the period
-- measured_s            bigint       seconds in which any channel was measured
-- channel_s             bigint       measured seconds of all channels
-- expected_s            bigint       expected seconds of all channels
with members as (
    select * from organization_members
),

intervals as (
    select
        channel_id,
        timestamp,
        interval_s,
        energy_kwh,
        cast(null as double) as estimated_kwh,
        power_kw,
        voltage_v,
        power_factor,
    from readings_counted
    where
        -- A day more to both sides, whatever the zone: a bound of constants reaches the files. The period, which is
        -- in their names, spares opening the others.
        (first_day is null or timestamp >= make_timestamptz(epoch_us(cast(first_day as date)) - 86400000000))
        and (end_day is null or timestamp < make_timestamptz(epoch_us(cast(end_day as date)) + 86400000000))
        and (first_day is null or period >= left(cast(cast(first_day as date) - 1 as varchar), length(period)))
        and (end_day is null or period <= left(cast(cast(end_day as date) as varchar), length(period)))
    union all
    select
        channel_id,
        timestamp,
        interval_s,
        null as energy_kwh,
        estimated_kwh,
        null as power_kw,
        null as voltage_v,
        null as power_factor,
    from grid_patches
    where
        estimated_kwh is not null
),

calendar_days as not materialized (
    select
        time_zone,
        utc_date - date '1970-01-01' as utc_day,
        offset_s,
        epoch_us(changes_at) // 1000000 as changes_s,
        offset_after_s,
    from calendar
),

owned as (
    select
        intervals.* exclude (timestamp),
        members.organization_id,
        members.carbon_kg_per_kwh,
        members.rate_calendar,
        members.rated_zone,
        epoch_us(intervals.timestamp) // 1000000 as starts_s,
        coalesce(intervals.energy_kwh, intervals.estimated_kwh) as total_kwh,
    from intervals
    inner join members
        on intervals.channel_id = members.channel_id
),

-- Rates follow the wall clock of the channel's site, whatever the calendar of the organization.
sited as (
    select
        owned.*,
        owned.starts_s + case
            when owned.starts_s >= calendar_days.changes_s then calendar_days.offset_after_s
            else calendar_days.offset_s
        end as site_s,
    from owned
    left join calendar_days
        on owned.rated_zone = calendar_days.time_zone
        and owned.starts_s // 86400 = calendar_days.utc_day
),

priced as (
    select
        sited.*,
        case
            -- First, so that a lake without tariffs does no arithmetic here.
            when tariff_slots.rate is null then cast('nan' as double)
            when sited.site_s % 86400 + sited.interval_s <= tariff_slots.same_until_s then tariff_slots.rate
            when
                tariff_slots.same_until_s = 86400
                and tariff_days.next_rate = tariff_slots.rate
                and sited.site_s % 86400 + sited.interval_s - 86400 <= tariff_days.next_same_s
                then tariff_slots.rate
            else cast('nan' as double)
        end as rate,
    from sited
    left join tariff_days
        on sited.rate_calendar = tariff_days.rate_calendar
        and sited.site_s // 86400 = tariff_days.local_day
    left join tariff_slots
        on tariff_days.day_pattern = tariff_slots.day_pattern
        and sited.site_s % 86400 // 900 = tariff_slots.slot
),

-- Few rows from here on: one per organization and instant.
added as (
    select
        organization_id,
        starts_s,
        interval_s,
        sum(energy_kwh) as energy_kwh,
        count(energy_kwh) as reading_count,
        sum(estimated_kwh) as estimated_kwh,
        count(estimated_kwh) as estimated_count,
        -- What is not known makes the whole sum NaN, which is cheaper than counting.
        sum(total_kwh * coalesce(carbon_kg_per_kwh, 'nan')) as carbon_kg,
        sum(total_kwh * rate) as cost,
        sum(power_kw) as power_kw,
        count(power_kw) as power_count,
        sum(voltage_v) as voltage_v,
        count(voltage_v) as voltage_count,
        min(voltage_v) as min_voltage_v,
        max(voltage_v) as max_voltage_v,
        sum(power_factor * energy_kwh) as weighted_power_factor,
        sum(case when power_factor is not null then energy_kwh end) as power_factor_kwh,
    from priced
    group by organization_id, starts_s, interval_s
),

located as (
    select
        added.*,
        organizations.organization_name,
        coalesce(organizations.time_zone, 'UTC') as time_zone,
    from added
    left join organizations
        on added.organization_id = organizations.organization_id
),

localized as (
    select
        located.*,
        calendar_days.changes_s,
        case
            when calendar_days.utc_day is null
                -- Beyond the calendar each row is converted by itself: slower, never lost.
                then epoch_us(timezone(located.time_zone, make_timestamptz(1000000 * located.starts_s))) // 1000000
            when located.starts_s >= calendar_days.changes_s
                then located.starts_s + calendar_days.offset_after_s
            else located.starts_s + calendar_days.offset_s
        end as local_s,
    from located
    left join calendar_days
        on located.time_zone = calendar_days.time_zone
        and located.starts_s // 86400 = calendar_days.utc_day
),

bucketed as (
    select
        *,
        -- An offset that changes inside a local hour cuts that hour in two.
        case
            when unit = 'hour' then greatest(
                starts_s - local_s % 3600,
                case when starts_s >= changes_s then changes_s end
            )
        end as hour_s,
        -- Dates here rather than numbers: a filter on the date goes below the aggregate.
        case unit
            when 'day' then date '1970-01-01' + cast(local_s // 86400 as integer)
            when 'week' then date '1970-01-01' + cast(local_s // 86400 - (local_s // 86400 + 3) % 7 as integer)
            when 'month' then cast(
                date_trunc('month', date '1970-01-01' + cast(local_s // 86400 as integer)) as date
            )
            when 'span' then cast(first_day as date)
        end as first_date,
    from localized
    where
        (first_day is null or local_s >= epoch(cast(first_day as date)))
        and (end_day is null or local_s < epoch(cast(end_day as date)))
),

-- The coarsest interval of the period, and where it begins: the grid on which the channels are laid together.
gridded as (
    select
        *,
        min(
            case
                when power_count > 0 or reading_count > 0
                    then struct_pack(before := -interval_s, phase_s := starts_s % interval_s)
            end
        ) over (partition by organization_id, hour_s, first_date) as grid,
    from bucketed
),

by_length as (
    select
        organization_id,
        hour_s,
        first_date,
        interval_s,
        (starts_s - grid.phase_s) // -grid.before as slot,
        any_value(-grid.before) as grid_s,
        any_value(organization_name) as organization_name,
        any_value(time_zone) as time_zone,
        min(case when unit = 'hour' then local_s - local_s % 3600 end) as local_hour_s,
        min(case when power_count > 0 then starts_s end) as starts_s,
        sum(energy_kwh) as energy_kwh,
        sum(reading_count) as reading_count,
        sum(estimated_kwh) as estimated_kwh,
        sum(estimated_count) as estimated_count,
        sum(carbon_kg) as carbon_kg,
        sum(cost) as cost,
        sum(case when reading_count > 0 then interval_s end) as measured_s,
        sum(reading_count * interval_s) as channel_s,
        sum(power_kw * interval_s) as power_kws,
        sum(power_count * interval_s) as known_s,
        sum(case when power_count > 0 then interval_s end) as power_s,
        sum(voltage_v * interval_s) as voltage_vs,
        sum(voltage_count * interval_s) as voltage_s,
        min(min_voltage_v) as min_voltage_v,
        max(max_voltage_v) as max_voltage_v,
        sum(weighted_power_factor) as weighted_power_factor,
        sum(power_factor_kwh) as power_factor_kwh,
    from gridded
    group by organization_id, hour_s, first_date, interval_s, slot
),

by_slot as (
    select
        organization_id,
        hour_s,
        first_date,
        slot,
        any_value(organization_name) as organization_name,
        any_value(time_zone) as time_zone,
        min(local_hour_s) as local_hour_s,
        min(starts_s) as starts_s,
        sum(energy_kwh) as energy_kwh,
        sum(reading_count) as reading_count,
        sum(estimated_kwh) as estimated_kwh,
        sum(estimated_count) as estimated_count,
        sum(carbon_kg) as carbon_kg,
        sum(cost) as cost,
        -- Two phases of one length cover the slot once.
        max(case when measured_s <= grid_s then measured_s when measured_s > grid_s then grid_s end) as measured_s,
        sum(channel_s) as channel_s,
        sum(power_kws / least(power_s, grid_s)) as power_kw,
        sum(known_s) as known_s,
        max(case when power_s <= grid_s then power_s when power_s > grid_s then grid_s end) as power_s,
        sum(voltage_vs) as voltage_vs,
        sum(voltage_s) as voltage_s,
        min(min_voltage_v) as min_voltage_v,
        max(max_voltage_v) as max_voltage_v,
        sum(weighted_power_factor) as weighted_power_factor,
        sum(power_factor_kwh) as power_factor_kwh,
    from by_length
    group by organization_id, hour_s, first_date, slot
),

summed as (
    select
        organization_id,
        hour_s,
        first_date,
        any_value(organization_name) as organization_name,
        any_value(time_zone) as time_zone,
        min(local_hour_s) as local_hour_s,
        sum(energy_kwh) as energy_kwh,
        cast(sum(reading_count) as bigint) as reading_count,
        sum(estimated_kwh) as estimated_kwh,
        cast(sum(estimated_count) as bigint) as estimated_count,
        sum(carbon_kg) as carbon_kg,
        sum(cost) as cost,
        cast(sum(measured_s) as bigint) as measured_s,
        cast(coalesce(sum(channel_s), 0) as bigint) as channel_s,
        sum(power_kw * power_s) as power_kws,
        sum(power_s) as power_s,
        max(power_kw) as peak_power_kw,
        -- The same figures added in another order differ in the last digit: equal is what agrees to a microwatt.
        max(case when power_kw is not null then struct_pack(power_kw := round(power_kw, 9), before := -starts_s) end)
            as peak,
        min(case when power_kw is not null then struct_pack(unknown := -known_s, power_kw := power_kw) end)
            as low,
        sum(voltage_vs) as voltage_vs,
        sum(voltage_s) as voltage_s,
        min(min_voltage_v) as min_voltage_v,
        max(max_voltage_v) as max_voltage_v,
        sum(weighted_power_factor) as weighted_power_factor,
        sum(power_factor_kwh) as power_factor_kwh,
    from by_slot
    group by organization_id, hour_s, first_date
),

-- From the period's wall clock to its instants: the hour's own, or those of its first and its next first midnight.
named as (
    select
        *,
        case unit when 'hour' then hour_s else 86400 * (first_date - date '1970-01-01') end as opens_s,
        case unit
            when 'hour' then hour_s
            when 'day' then opens_s + 86400
            when 'week' then opens_s + 604800
            when 'month' then opens_s + 86400 * day(last_day(first_date))
            when 'span' then opens_s + 86400 * (cast(end_day as date) - cast(first_day as date))
        end as closes_s,
    from summed
),

offsets as not materialized (
    select
        time_zone,
        starts_s,
        ends_s,
        offset_s,
        case unit when 'hour' then ends_s else local_ends_s end as until_s,
    from zone_offsets
),

bounded as (
    select
        named.*,
        case unit
            when 'hour' then named.hour_s
            else greatest(first_offset.starts_s, named.opens_s - first_offset.offset_s)
        end as from_s,
        case unit
            when 'hour' then least(last_offset.ends_s, named.local_hour_s + 3600 - last_offset.offset_s)
            else greatest(last_offset.starts_s, named.closes_s - last_offset.offset_s)
        end as to_s,
    from named
    asof left join offsets as first_offset
        on named.time_zone = first_offset.time_zone
        and named.opens_s < first_offset.until_s
    asof left join offsets as last_offset
        on named.time_zone = last_offset.time_zone
        and named.closes_s < last_offset.until_s
),

expectations as (
    select
        organization_id,
        list(
            struct_pack(
                from_s := expected_from_s,
                to_s := expected_until_s,
                interval_s := expected_interval_s
            )
        ) filter (expected_interval_s is not null) as spans,
        case when min(currency) = max(currency) then min(currency) end as currency,
    from members
    group by organization_id
),

expected as (
    select
        bounded.*,
        expectations.currency,
        list_transform(
            expectations.spans,
            lambda span: struct_pack(
                -- From the beginning of the period in which it began, as in the channel's own rollup: what was not
                -- asked for, or not measured yet, is missing from the sum.
                length_s := case when span.from_s < to_s then greatest(least(span.to_s, to_s) - from_s, 0) else 0 end,
                interval_s := span.interval_s
            )
        ) as parts,
        list_sum(list_transform(parts, lambda part: part.length_s)) as expected_s,
        list_sum(list_transform(parts, lambda part: part.length_s / part.interval_s)) as expected_count,
        len(list_filter(parts, lambda part: part.length_s > 0)) as channel_count,
    from bounded
    left join expectations
        on bounded.organization_id = expectations.organization_id
),

final as (
    select
        organization_id,
        organization_name,
        time_zone,
        hour_s,
        local_hour_s,
        first_date,
        energy_kwh,
        coalesce(3600 * energy_kwh / measured_s, power_kws / power_s) as avg_power_kw,
        low.power_kw as min_power_kw,
        peak_power_kw,
        make_timestamptz(-1000000 * peak.before) as peak_at,
        voltage_vs / voltage_s as avg_voltage_v,
        min_voltage_v,
        max_voltage_v,
        case when power_factor_kwh > 0 then weighted_power_factor / power_factor_kwh end as avg_power_factor,
        reading_count,
        case when channel_count > 0 then greatest(cast(round(expected_count) as bigint), reading_count) end
            as expected_count,
        case when expected_s > 0 then least(channel_s / expected_s, 1) end as coverage,
        energy_kwh as energy_measured_kwh,
        estimated_kwh as energy_estimated_kwh,
        case
            when coalesce(energy_kwh, estimated_kwh) is not null
                then coalesce(energy_kwh, 0) + coalesce(estimated_kwh, 0)
        end as energy_total_kwh,
        estimated_count,
        case when peak_power_kw > 0 then avg_power_kw / peak_power_kw end as load_factor,
        case when not isnan(expected.carbon_kg) then expected.carbon_kg end as carbon_kg,
        case when not isnan(expected.cost) and expected.currency is not null then expected.cost end as cost,
        case when not isnan(expected.cost) then expected.currency end as currency,
        cast(channel_count as bigint) as channel_count,
        measured_s,
        channel_s,
        cast(expected_s as bigint) as expected_s,
    from expected
)

select * from final
