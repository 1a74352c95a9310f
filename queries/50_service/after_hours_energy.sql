-- Where the energy of a channel goes in a period: while the site is open, and when nobody should be there. Business
-- days, hours and holidays are those of reference/settings.json, else Monday to Friday, 07:00 to 18:00.
-- The base load is the 5th percentile of power at night; what is above it outside business hours is worth a look.
-- The cost is the energy charge; null unless the rate of all energy of the row is known.
--
-- macro:              channel, period_name
-- example:            after_hours_energy('162119', '2026-10')
-- channel_id          varchar  the channel
-- kind                varchar  business hours; after hours: a business day, closed; day off: a weekday without business
--                              hours; holiday
-- energy_kwh          double   measured energy; null when nothing was measured
-- energy_share        double   energy_kwh divided by that of all kinds
-- measured_h          double   hours with measured energy
-- avg_power_kw        double   energy divided by these hours
-- base_load_kw        double   5th percentile of power at night, over the whole period
-- base_load_kwh       double   energy up to the base load, interval by interval
-- excess_kwh          double   energy above it
-- cost                double   energy charge of the energy
-- base_load_cost      double   the part of the cost that is base load, by its share of the energy
-- currency            varchar  currency of the costs; null without
-- reading_count       bigint   intervals with measured energy
with statistics as (
    select base_load_kw,
    from energy_statistics(channel, period_name)
),

priced as (
    select channel_id, timestamp, interval_s, cost, currency,
    from cost
    where
        channel_id = channel
        and not is_estimated
        and timestamp >= make_timestamptz(epoch_us(period_start(period_name)) - 86400000000)
        and timestamp < make_timestamptz(epoch_us(period_end(period_name)) + 86400000000)
),

sorted as (
    select
        chosen.*,
        priced.cost,
        priced.currency,
        statistics.base_load_kw,
        case
            when chosen.is_holiday then 'holiday'
            when chosen.is_business_hour then 'business hours'
            when chosen.is_business_day then 'after hours'
            else 'day off'
        end as kind,
        case
            when chosen.energy_kwh is not null and statistics.base_load_kw is not null
                then least(chosen.energy_kwh, statistics.base_load_kw * chosen.interval_s / 3600)
        end as base_load_kwh,
    from period_readings(channel, period_name) as chosen
    left join priced
        on chosen.channel_id = priced.channel_id
        and chosen.timestamp = priced.timestamp
        and chosen.interval_s = priced.interval_s
    cross join statistics
),

summed as (
    select
        channel_id,
        kind,
        sum(energy_kwh) as energy_kwh,
        sum(interval_s) filter (energy_kwh is not null) / 3600 as measured_h,
        any_value(base_load_kw) as base_load_kw,
        sum(base_load_kwh) as base_load_kwh,
        case when count(cost) = count(energy_kwh) then sum(cost) end as cost,
        any_value(currency) as currency,
        count(energy_kwh) as reading_count,
    from sorted
    group by channel_id, kind
),

final as (
    select
        channel_id,
        kind,
        energy_kwh,
        energy_kwh / nullif(sum(energy_kwh) over (), 0) as energy_share,
        measured_h,
        energy_kwh / measured_h as avg_power_kw,
        base_load_kw,
        base_load_kwh,
        energy_kwh - base_load_kwh as excess_kwh,
        cost,
        cost * base_load_kwh / nullif(energy_kwh, 0) as base_load_cost,
        case when cost is not null then currency end as currency,
        reading_count,
    from summed
    order by kind
)

select * from final
