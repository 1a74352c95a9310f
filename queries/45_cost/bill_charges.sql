-- What an account owes for energy, demand and the fixed charge, line by line, before minimum and taxes.
-- Quantities are taken to 6 decimals and prices as they are written; the exact product is rounded once, half away
-- from zero, to the currency's smallest unit. Everything after that adds whole units.
--
-- grain:           one row per account_kind, account_id, month, version_no, kind_no, charge_no, tier_no
-- inner:           of the bills
-- account_kind     varchar      channel or organization
-- account_id       varchar      the channel or organization that is billed
-- tariff_id        varchar      its tariff
-- currency         varchar      currency of the amounts
-- units            integer      smallest units of the currency in one: 100 for EUR
-- month            date         the first day of the month at the site
-- energy_kwh       double       energy of the account's month
-- estimated_kwh    double       what of it is estimated; null when nothing is
-- measured_s       bigint       measured time of all its channels, seconds
-- month_s          bigint       length of the month, for each of its channels, seconds
-- version_no       integer      the version of the tariff; -1 for energy without a price
-- kind_no          integer      1 energy, 2 demand, 3 fixed charge
-- charge_no        integer      the charge, see tariff_charges; of fixed charges 0 by the day, 1 by the month
-- tier_no          integer      the tier, from 0
-- line_name        varchar      name of the period, tier or charge
-- quantity         double       what is charged; see unit
-- unit             varchar      kWh, kW, day or month
-- rate             double       price of one unit; null when not known
-- amount_units     bigint       the amount in smallest units; null when not known
-- peak_at          timestamptz  demand: start of the highest quarter hour of the month
with energy as materialized (
    select
        channel_tariffs.account_kind,
        channel_tariffs.account_id,
        priced_energy.tariff_id,
        priced_energy.currency,
        priced_energy.channel_id,
        priced_energy.time_zone,
        cast(
            date_trunc('month', date '1970-01-01' + cast(priced_energy.local_s // 86400 as integer)) as date
        ) as month,
        priced_energy.version_no,
        priced_energy.period_no,
        sum(priced_energy.energy_kwh) as energy_kwh,
        sum(case when priced_energy.rate is not null then priced_energy.energy_kwh end) as priced_kwh,
        sum(case when priced_energy.rate is null then priced_energy.energy_kwh end) as unpriced_kwh,
        sum(case when priced_energy.is_estimated then priced_energy.energy_kwh end) as estimated_kwh,
        sum(
            case when priced_energy.energy_kwh is not null and not priced_energy.is_estimated
                then priced_energy.interval_s
            end
        ) as measured_s,
    from priced_energy
    inner join channel_tariffs
        on priced_energy.channel_id = channel_tariffs.channel_id
    group by all
),

channel_months as (
    select
        account_kind,
        account_id,
        tariff_id,
        currency,
        month,
        sum(energy_kwh) as energy_kwh,
        sum(estimated_kwh) as estimated_kwh,
        coalesce(sum(measured_s), 0) as measured_s,
        -- A few rows, so the zone may be converted here.
        epoch(timezone(time_zone, cast(month + interval 1 month as timestamp)))
        - epoch(timezone(time_zone, cast(month as timestamp))) as month_s,
    from energy
    group by account_kind, account_id, tariff_id, currency, channel_id, time_zone, month
),

account_months as (
    select
        account_kind,
        account_id,
        tariff_id,
        currency,
        month,
        cast(month + interval 1 month as date) as month_end,
        sum(energy_kwh) as energy_kwh,
        sum(estimated_kwh) as estimated_kwh,
        cast(sum(measured_s) as bigint) as measured_s,
        cast(sum(month_s) as bigint) as month_s,
    from channel_months
    group by account_kind, account_id, tariff_id, currency, month
    having sum(energy_kwh) is not null
),

-- The versions of the tariff that hold in the month, and for how many days.
account_versions as (
    select
        account_months.*,
        tariffs.version_no,
        tariffs.fixed_per_day,
        tariffs.fixed_per_month,
        tariffs.minimum_per_month,
        least(coalesce(tariffs.valid_to, account_months.month_end), account_months.month_end)
        - greatest(tariffs.valid_from, account_months.month) as days,
    from account_months
    inner join tariffs
        on account_months.tariff_id = tariffs.tariff_id
        and tariffs.valid_from < account_months.month_end
        and coalesce(tariffs.valid_to, account_months.month_end) > account_months.month
),

periods as (
    select
        energy.account_kind,
        energy.account_id,
        energy.month,
        energy.tariff_id,
        energy.version_no,
        energy.period_no,
        cast(sum(energy.energy_kwh) as decimal(18, 6)) as energy_kwh,
        cast(sum(energy.priced_kwh) as decimal(18, 6)) as priced_kwh,
        cast(sum(energy.unpriced_kwh) as decimal(18, 6)) as unpriced_kwh,
    from energy
    group by all
),

prices as (
    select
        *,
        regexp_replace(cast(from_kwh as varchar), '[.]0$', '') as from_text,
        regexp_replace(cast(up_to_kwh as varchar), '[.]0$', '') as up_to_text,
    from tariff_charges
    where charge_kind = 'energy'
),

energy_lines as (
    select
        periods.account_kind,
        periods.account_id,
        periods.month,
        periods.version_no,
        1 as kind_no,
        prices.charge_no,
        prices.tier_no,
        case
            when prices.from_kwh is null then prices.charge_name
            when prices.up_to_kwh is null then concat(prices.charge_name, ' above ', prices.from_text, ' kWh')
            else concat(prices.charge_name, ' ', prices.from_text, ' to ', prices.up_to_text, ' kWh')
        end as line_name,
        case
            when prices.from_kwh is null then periods.priced_kwh
            else least(periods.energy_kwh, coalesce(cast(prices.up_to_kwh as decimal(18, 6)), periods.energy_kwh))
                - cast(prices.from_kwh as decimal(18, 6))
        end as quantity,
        'kWh' as unit,
        prices.rate,
        cast(null as timestamptz) as peak_at,
    from periods
    inner join prices
        on periods.tariff_id = prices.tariff_id
        and periods.version_no = prices.version_no
        and periods.period_no = prices.charge_no
    where
        (prices.from_kwh is null and periods.priced_kwh is not null)
        or periods.energy_kwh > prices.from_kwh
        or (prices.from_kwh = 0 and periods.energy_kwh = 0)
),

unpriced_lines as (
    select
        periods.account_kind,
        periods.account_id,
        periods.month,
        -1 as version_no,
        1 as kind_no,
        0 as charge_no,
        0 as tier_no,
        'without a price' as line_name,
        sum(periods.unpriced_kwh) as quantity,
        'kWh' as unit,
        cast(null as double) as rate,
        cast(null as timestamptz) as peak_at,
    from periods
    left join tariffs
        on periods.tariff_id = tariffs.tariff_id
        and periods.version_no = tariffs.version_no
    where
        periods.unpriced_kwh is not null
        and coalesce(tariffs.energy_kind not in ('tiers', 'seasonal_tiers'), true)
    group by periods.account_kind, periods.account_id, periods.month
),

demand_lines as (
    select
        bill_demand.account_kind,
        bill_demand.account_id,
        bill_demand.month,
        bill_demand.version_no,
        2 as kind_no,
        bill_demand.charge_no,
        0 as tier_no,
        tariff_charges.charge_name as line_name,
        cast(
            greatest(bill_demand.peak_kw, coalesce(bill_demand.ratchet_kw, bill_demand.peak_kw)) as decimal(18, 6)
        ) as quantity,
        'kW' as unit,
        tariff_charges.rate,
        bill_demand.peak_at,
    from bill_demand
    inner join account_months
        on bill_demand.account_kind = account_months.account_kind
        and bill_demand.account_id = account_months.account_id
        and bill_demand.month = account_months.month
    inner join tariff_charges
        on account_months.tariff_id = tariff_charges.tariff_id
        and bill_demand.version_no = tariff_charges.version_no
        and bill_demand.charge_no = tariff_charges.charge_no
        and tariff_charges.charge_kind = 'demand'
),

fixed_lines as (
    select
        account_kind,
        account_id,
        month,
        version_no,
        3 as kind_no,
        0 as charge_no,
        0 as tier_no,
        'fixed charge' as line_name,
        cast(days as decimal(18, 6)) as quantity,
        'day' as unit,
        fixed_per_day as rate,
        cast(null as timestamptz) as peak_at,
    from account_versions
    where fixed_per_day is not null
    union all
    select account_kind, account_id, month, version_no, 3, 1, 0, 'fixed charge', 1, 'month', fixed_per_month, null
    from account_versions
    where fixed_per_month is not null
),

charge_lines as (
    select * from energy_lines
    union all
    select * from unpriced_lines
    union all
    select * from demand_lines
    union all
    select * from fixed_lines
),

-- What one of the currency is in its smallest units.
scales as (
    select distinct tariff_id, cast(power(10, currency_decimals) as integer) as units,
    from tariffs
),

final as (
    select
        account_months.account_kind,
        account_months.account_id,
        account_months.tariff_id,
        account_months.currency,
        scales.units,
        account_months.month,
        account_months.energy_kwh,
        account_months.estimated_kwh,
        account_months.measured_s,
        account_months.month_s,
        charge_lines.version_no,
        charge_lines.kind_no,
        charge_lines.charge_no,
        charge_lines.tier_no,
        charge_lines.line_name,
        cast(charge_lines.quantity as double) as quantity,
        charge_lines.unit,
        charge_lines.rate,
        cast(
            round(
                charge_lines.quantity
                * cast(charge_lines.rate as decimal(14, 8))
                * cast(scales.units as decimal(5, 0))
            ) as bigint
        ) as amount_units,
        charge_lines.peak_at,
    from charge_lines
    inner join account_months
        on charge_lines.account_kind = account_months.account_kind
        and charge_lines.account_id = account_months.account_id
        and charge_lines.month = account_months.month
    inner join scales
        on account_months.tariff_id = scales.tariff_id
)

select * from final
