-- The one mechanism behind energy_hourly, energy_daily, energy_weekly and energy_monthly: the readings of a channel
-- that count, and the estimates for what is missing, summed over the hours, days, weeks or months of its site's
-- calendar. Everything but the estimated and total energy, carbon and cost, is of measured readings alone.
-- The calendar is that of the organization's zone as it is now, for all of its history.
-- A reading belongs to the period its interval starts in, so energy is conserved. Readings are bucketed by
-- instant and labelled locally: the two 02:00 hours of autumn stay two, a day has 23, 24 or 25 hours.
--
-- macro:                 unit
-- example:               energy_rollup('day')
-- inner:                 of energy_hourly, energy_daily, energy_weekly and energy_monthly
-- channel_id             varchar      the channel
-- channel_name           varchar      its name; null when the channel is unknown
-- organization_id        varchar      the organization it belongs to
-- organization_name      varchar      the organization's name
-- time_zone              varchar      the zone whose calendar is used
-- hour_s                 bigint       hour: its first instant as epoch seconds; else null
-- local_hour_s           bigint       hour: wall clock seconds since 1970; else null
-- first_date             date         the first day of the day, week or month at the site; hour: null
-- energy_kwh             double       sum of energy; null when nothing was measured
-- avg_power_kw           double       energy divided by the measured time; mean of power over time without energy
-- min_power_kw           double       lowest mean power of an interval
-- peak_power_kw          double       highest mean power of an interval
-- peak_at                timestamptz  start of that interval, the earliest of equals
-- avg_voltage_v          double       mean voltage over time
-- min_voltage_v          double       lowest mean voltage of an interval
-- max_voltage_v          double       highest mean voltage of an interval
-- avg_power_factor       double       power factor weighted by energy; null without energy
-- reading_count          bigint       intervals with measured energy
-- expected_count         bigint       reading_count plus the intervals that are missing, at the finest length seen
-- coverage               double       measured time divided by the period's length, 0 to 1
-- energy_measured_kwh    double       the same as energy_kwh
-- energy_estimated_kwh   double       energy estimated for intervals without measured energy; null when none was
-- energy_total_kwh       double       measured and estimated energy; null when neither is known
-- estimated_count        bigint       intervals of the channel's grid with estimated energy
-- load_factor            double       average power divided by peak power; null without a peak
-- carbon_kg              double       total energy times carbon per kWh; null when that is not known
-- cost                   double       energy charge of the total energy; null unless the rate of all of it is known
-- currency               varchar      currency of the cost; null without
with calendar_days as not materialized (
    select
        time_zone,
        utc_date - date '1970-01-01' as utc_day,
        offset_s,
        epoch_us(changes_at) // 1000000 as changes_s,
        offset_after_s,
    from calendar
),

energies as (
    select
        channel_id,
        timestamp,
        interval_s,
        energy_kwh,
        power_kw,
        voltage_v,
        power_factor,
        cast(null as double) as estimated_kwh,
        cast(null as integer) as grid_s,
    from readings_counted
    union all by name
    select channel_id, timestamp, estimated_kwh, interval_s as grid_s,
    from grid_patches
    where estimated_kwh is not null
),

located as (
    select
        energies.*,
        epoch_us(energies.timestamp) // 1000000 as starts_s,
        coalesce(channel_sites.time_zone, 'UTC') as time_zone,
        channel_sites.rate_calendar,
    from energies
    left join channel_sites
        on energies.channel_id = channel_sites.channel_id
),

localized as (
    select
        located.*,
        calendar_days.changes_s,
        case
            when calendar_days.utc_day is null
                -- Beyond the calendar each row is converted by itself: slower, never lost.
                then located.starts_s
                    + epoch_us(timezone(located.time_zone, located.timestamp)) // 1000000
                    - epoch_us(located.timestamp) // 1000000
            when located.starts_s >= calendar_days.changes_s
                then located.starts_s + calendar_days.offset_after_s
            else located.starts_s + calendar_days.offset_s
        end as local_s,
    from located
    left join calendar_days
        on located.time_zone = calendar_days.time_zone
        and located.starts_s // 86400 = calendar_days.utc_day
),

-- The rate of the site's quarter hour, not a number where it is not known: one such row makes the sum unknown.
priced as (
    select
        localized.*,
        case
            -- First, so that a lake without tariffs does no arithmetic here.
            when tariff_slots.rate is null then cast('nan' as double)
            when localized.local_s % 86400 + coalesce(localized.interval_s, localized.grid_s)
                <= tariff_slots.same_until_s
                then tariff_slots.rate
            when
                tariff_slots.same_until_s = 86400
                and tariff_days.next_rate = tariff_slots.rate
                and localized.local_s % 86400 + coalesce(localized.interval_s, localized.grid_s) - 86400
                <= tariff_days.next_same_s
                then tariff_slots.rate
            else cast('nan' as double)
        end as rate,
    from localized
    left join tariff_days
        on localized.rate_calendar = tariff_days.rate_calendar
        and localized.local_s // 86400 = tariff_days.local_day
    left join tariff_slots
        on tariff_days.day_pattern = tariff_slots.day_pattern
        and localized.local_s % 86400 // 900 = tariff_slots.slot
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
        end as first_date,
    from priced
),

summed as (
    select
        channel_id,
        hour_s,
        first_date,
        min(case when unit = 'hour' then local_s - local_s % 3600 end) as local_hour_s,
        sum(energy_kwh) as energy_kwh,
        sum(case when energy_kwh is not null then interval_s end) as measured_s,
        count(energy_kwh) as reading_count,
        coalesce(min(interval_s), min(grid_s)) as finest_s,
        sum(estimated_kwh) as energy_estimated_kwh,
        count(estimated_kwh) as estimated_count,
        sum(coalesce(energy_kwh, estimated_kwh) * rate) as cost,
        sum(power_kw * interval_s) as power_kws,
        sum(case when power_kw is not null then interval_s end) as power_s,
        min(power_kw) as min_power_kw,
        max(case when power_kw is not null then struct_pack(power_kw := power_kw, before := -starts_s) end)
            as peak,
        sum(voltage_v * interval_s) as voltage_vs,
        sum(case when voltage_v is not null then interval_s end) as voltage_s,
        min(voltage_v) as min_voltage_v,
        max(voltage_v) as max_voltage_v,
        sum(power_factor * energy_kwh) as weighted_power_factor,
        sum(case when power_factor is not null then energy_kwh end) as power_factor_kwh,
    from bucketed
    group by channel_id, hour_s, first_date
),

offset_changes as (
    select
        time_zone,
        changes_s,
        changes_s + offset_s as before_s,
        changes_s + offset_after_s as after_s,
    from calendar_days
    where changes_s is not null
),

-- What a change of the offset adds to a local day (or takes away): the wall clock time it repeats or skips.
changed_days as (
    select
        *,
        unnest(range(
            least(before_s, after_s) // 86400,
            (greatest(before_s, after_s) - 1) // 86400 + 1
        )) as local_day,
    from offset_changes
),

changed_lengths as (
    select
        time_zone,
        null as hour_s,
        case unit
            when 'day' then date '1970-01-01' + cast(local_day as integer)
            when 'week' then date '1970-01-01' + cast(local_day - (local_day + 3) % 7 as integer)
            when 'month' then cast(date_trunc('month', date '1970-01-01' + cast(local_day as integer)) as date)
        end as first_date,
        (
            least(greatest(before_s, after_s), (local_day + 1) * 86400)
            - greatest(least(before_s, after_s), local_day * 86400)
        ) * sign(before_s - after_s) as extra_s,
    from changed_days
    where unit <> 'hour'
    union all
    select time_zone, changes_s - before_s % 3600 as hour_s, null as first_date, before_s % 3600 - 3600 as extra_s,
    from offset_changes
    where unit = 'hour' and before_s % 3600 > 0
    union all
    select time_zone, changes_s as hour_s, null as first_date, -(after_s % 3600) as extra_s,
    from offset_changes
    where unit = 'hour' and after_s % 3600 > 0
),

extra_lengths as (
    select time_zone, hour_s, first_date, sum(extra_s) as extra_s,
    from changed_lengths
    group by time_zone, hour_s, first_date
),

named as (
    select
        summed.*,
        channel_sites.channel_name,
        channel_sites.organization_id,
        channel_sites.organization_name,
        coalesce(channel_sites.time_zone, 'UTC') as time_zone,
        channel_sites.currency as tariff_currency,
        case
            when energy_kwh is not null or energy_estimated_kwh is not null
                then coalesce(energy_kwh, 0) + coalesce(energy_estimated_kwh, 0)
        end as energy_total_kwh,
        case when own.channel_id is null then others.carbon_kg_per_kwh else own.carbon_kg_per_kwh end
            as carbon_kg_per_kwh,
    from summed
    left join channel_sites
        on summed.channel_id = channel_sites.channel_id
    left join channel_settings as own
        on summed.channel_id = own.channel_id
    left join channel_settings as others
        on others.channel_id = ''
),

measured as (
    select
        named.*,
        coalesce(measured_s, 0) as known_s,
        greatest(
            case unit
                when 'hour' then 3600
                when 'day' then 86400
                when 'week' then 604800
                when 'month' then 86400 * day(last_day(named.first_date))
            end + coalesce(extra_lengths.extra_s, 0),
            1
        ) as period_s,
    from named
    left join extra_lengths
        on named.time_zone = extra_lengths.time_zone
        and named.hour_s is not distinct from extra_lengths.hour_s
        and named.first_date is not distinct from extra_lengths.first_date
),

final as (
    select
        channel_id,
        channel_name,
        organization_id,
        organization_name,
        time_zone,
        hour_s,
        local_hour_s,
        first_date,
        energy_kwh,
        coalesce(3600 * energy_kwh / measured_s, power_kws / power_s) as avg_power_kw,
        min_power_kw,
        peak.power_kw as peak_power_kw,
        make_timestamptz(-1000000 * peak.before) as peak_at,
        voltage_vs / voltage_s as avg_voltage_v,
        min_voltage_v,
        max_voltage_v,
        case when power_factor_kwh > 0 then weighted_power_factor / power_factor_kwh end as avg_power_factor,
        reading_count,
        greatest(
            reading_count + cast(round(greatest(period_s - known_s, 0) / finest_s) as bigint),
            1
        ) as expected_count,
        cast(least(known_s / period_s, 1) as double) as coverage,
        energy_kwh as energy_measured_kwh,
        energy_estimated_kwh,
        energy_total_kwh,
        estimated_count,
        case when peak_power_kw > 0 then avg_power_kw / peak_power_kw end as load_factor,
        energy_total_kwh * carbon_kg_per_kwh as carbon_kg,
        case when not isnan(cost) then cost end as cost,
        case when not isnan(cost) then tariff_currency end as currency,
    from measured
)

select * from final
