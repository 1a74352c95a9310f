-- A period of a channel day by day beside an earlier (or any other) one, aligned by weekday: a Monday stands beside
-- a Monday. Against 'previous' it is the nearest span before that does not overlap, whole weeks earlier; against
-- 'last year' 52 weeks earlier; against the name of a period that period, from its first same weekday on.
-- A day without readings is there with nulls. No clock is read. Energy is measured energy: where a coverage is below 1,
-- a difference is partly what was not measured, so sums belong to days that are whole on both sides.
--
-- macro:               channel, period_name, against
-- example:             compare_periods('162119', '2026-10', 'previous')
-- channel_id           varchar  the channel
-- date                 date     the day at the site
-- weekday              integer  1 = Monday to 7 = Sunday, of both days
-- energy_kwh           double   measured energy of the day; null when nothing was measured
-- coverage             double   measured time divided by the day's length; 0 without readings
-- compared_date        date     the day it is compared with
-- compared_energy_kwh  double   measured energy of that day; null when nothing was measured
-- compared_coverage    double   measured time divided by that day's length; 0 without readings
-- difference_kwh       double   energy_kwh minus compared_energy_kwh; null when one is
-- difference_ratio     double   the same divided by compared_energy_kwh; null when that is 0
with asked as (
    select
        period_start(period_name) as from_date,
        period_end(period_name) as to_date,
        cast(
            case against
                when 'previous' then 7 * ceil((to_date - from_date) / 7)
                when 'last year' then 364
                else 7 * floor((from_date - period_start(against)) / 7)
            end as integer
        ) as days_back,
),

days as (
    select
        cast(unnest(range(from_date, to_date, interval 1 day)) as date) as date,
        days_back,
    from asked
),

measured as (
    select date, energy_kwh, coverage,
    from energy_daily
    where channel_id = channel
),

final as (
    select
        cast(channel as varchar) as channel_id,
        days.date,
        cast(isodow(days.date) as integer) as weekday,
        this.energy_kwh,
        coalesce(this.coverage, 0) as coverage,
        days.date - days.days_back as compared_date,
        that.energy_kwh as compared_energy_kwh,
        coalesce(that.coverage, 0) as compared_coverage,
        this.energy_kwh - that.energy_kwh as difference_kwh,
        case when that.energy_kwh <> 0 then difference_kwh / that.energy_kwh end as difference_ratio,
    from days
    left join measured as this
        on days.date = this.date
    left join measured as that
        on days.date - days.days_back = that.date
    order by days.date
)

select * from final
