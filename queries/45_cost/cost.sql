-- What each interval of energy costs: the energy charge alone, without demand, fixed charges and taxes, which are on
-- the bill. Measured and estimated energy; an interval without energy has no row.
-- The cost is null, never 0, where the rate is not known: no tariff, no version for the day, tiers (the price depends
-- on the month's energy), or a rate that changes inside the interval.
--
-- grain:              one row per channel_id, timestamp, is_estimated
-- time:               timestamp
-- channel_id          varchar      the channel
-- channel_name        varchar      its name; null when the channel is unknown
-- organization_id     varchar      the organization it belongs to
-- organization_name   varchar      the organization's name
-- time_zone           varchar      the zone of the site; UTC when it has none
-- timestamp           timestamptz  start of the interval, UTC
-- local_time          timestamp    the same instant on the site's wall clock
-- interval_s          integer      length of the interval in seconds
-- energy_kwh          double       energy of the interval, measured or estimated
-- is_estimated        boolean      true when it is estimated
-- tariff_id           varchar      the tariff; null when the channel has none
-- period_name         varchar      the period of the tariff
-- rate                double       price per kWh; null when not known
-- cost                double       energy times rate, not rounded; null when the rate is not known
-- currency            varchar      currency of rate and cost; null when the cost is
with final as (
    select
        priced_energy.channel_id,
        channel_sites.channel_name,
        channel_sites.organization_id,
        channel_sites.organization_name,
        priced_energy.time_zone,
        priced_energy.timestamp,
        make_timestamp(1000000 * priced_energy.local_s) as local_time,
        priced_energy.interval_s,
        priced_energy.energy_kwh,
        priced_energy.is_estimated,
        priced_energy.tariff_id,
        priced_energy.period_name,
        priced_energy.rate,
        priced_energy.energy_kwh * priced_energy.rate as cost,
        case when priced_energy.rate is not null then priced_energy.currency end as currency,
    from priced_energy
    left join channel_sites
        on priced_energy.channel_id = channel_sites.channel_id
    where priced_energy.energy_kwh is not null
)

select * from final
