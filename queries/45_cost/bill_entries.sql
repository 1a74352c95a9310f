-- The lines of every bill with the facts of their account and month beside them: the charges, the minimum, and the
-- taxes one after the other, each on what is before it.
--
-- grain:           one row per account_kind, account_id, month, line_no
-- inner:           of bill_lines and bill_monthly
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
-- line_no          integer      place on the bill, from 1
-- line_kind        varchar      energy, demand, fixed, minimum, tax
-- line_name        varchar      name of the period, tier, charge or tax
-- quantity         double       what is charged; see unit
-- unit             varchar      kWh, kW, day, month, or the currency that a minimum or tax is reckoned in
-- rate             double       price of one unit, of a tax its percent; null when not known
-- amount_units     bigint       the amount in smallest units; null when not known
-- peak_at          timestamptz  demand: start of the highest quarter hour of the month
with charges as materialized (
    select * from bill_charges
),

-- Unknown as soon as one of the month's charges is.
bases as (
    select
        account_kind,
        account_id,
        tariff_id,
        currency,
        units,
        month,
        energy_kwh,
        estimated_kwh,
        measured_s,
        month_s,
        version_no,
        bool_and(count(*) = count(amount_units)) over (partition by account_kind, account_id, month) as is_known,
        coalesce(sum(case when kind_no = 1 then amount_units end), 0) as energy_units,
        coalesce(sum(case when kind_no = 2 then amount_units end), 0) as demand_units,
        coalesce(sum(case when kind_no = 3 then amount_units end), 0) as fixed_units,
    from charges
    group by
        account_kind, account_id, tariff_id, currency, units, month,
        energy_kwh, estimated_kwh, measured_s, month_s, version_no
),

raised as (
    select
        bases.*,
        tariffs.minimum_per_month,
        bases.energy_units + bases.demand_units + bases.fixed_units as charged_units,
        greatest(
            cast(
                round(cast(tariffs.minimum_per_month as decimal(14, 8)) * cast(bases.units as decimal(5, 0))) as bigint
            ) - (bases.energy_units + bases.demand_units + bases.fixed_units),
            0
        ) as minimum_units,
    from bases
    left join tariffs
        on bases.tariff_id = tariffs.tariff_id
        and bases.version_no = tariffs.version_no
),

taxes as (
    select
        tariff_id,
        version_no,
        list(
            struct_pack(
                no := charge_no,
                name := charge_name,
                percent := tax_percent,
                share := cast(tax_percent / 100 as decimal(12, 8)),
                on_energy := cast(taxes_energy as bigint),
                on_demand := cast(taxes_demand as bigint),
                on_fixed := cast(taxes_fixed as bigint),
                on_taxes := cast(taxes_taxes as bigint)
            )
            order by charge_no
        ) as tax,
    from tariff_charges
    where charge_kind = 'tax'
    group by tariff_id, version_no
),

-- A tariff has four taxes at most. Each base is in whole units, so a list of the four is reckoned from left to right.
taxed as (
    select
        raised.*,
        taxes.tax,
        list_transform(
            taxes.tax,
            lambda one: energy_units * one.on_energy
                + demand_units * one.on_demand
                + (fixed_units + coalesce(minimum_units, 0)) * one.on_fixed
        ) as plain,
        plain[1] as base_1,
        round(cast(base_1 as decimal(18, 0)) * tax[1].share) as tax_1,
        plain[2] + tax[2].on_taxes * tax_1 as base_2,
        round(cast(base_2 as decimal(18, 0)) * tax[2].share) as tax_2,
        plain[3] + tax[3].on_taxes * (tax_1 + tax_2) as base_3,
        round(cast(base_3 as decimal(18, 0)) * tax[3].share) as tax_3,
        plain[4] + tax[4].on_taxes * (tax_1 + tax_2 + tax_3) as base_4,
        round(cast(base_4 as decimal(18, 0)) * tax[4].share) as tax_4,
    from raised
    inner join taxes
        on raised.tariff_id = taxes.tariff_id
        and raised.version_no = taxes.version_no
),

tax_lines as (
    select
        *,
        unnest(range(1, len(tax) + 1)) as place,
        [base_1, base_2, base_3, base_4][place] as base_units,
        [tax_1, tax_2, tax_3, tax_4][place] as tax_units,
    from taxed
),

entries as (
    select
        account_kind, account_id, tariff_id, currency, units, month,
        energy_kwh, estimated_kwh, measured_s, month_s,
        version_no, kind_no, charge_no, tier_no,
        line_name, quantity, unit, rate, amount_units, peak_at,
    from charges
    union all
    select
        account_kind, account_id, tariff_id, currency, units, month,
        energy_kwh, estimated_kwh, measured_s, month_s,
        version_no, 4, 0, 0,
        'minimum charge', charged_units / units, currency, minimum_per_month, minimum_units, null,
    from raised
    where is_known and minimum_units > 0
    union all
    select
        account_kind, account_id, tariff_id, currency, units, month,
        energy_kwh, estimated_kwh, measured_s, month_s,
        version_no, 5, tax[place].no, 0,
        tax[place].name,
        case when is_known then base_units / units end,
        currency,
        tax[place].percent,
        case when is_known then tax_units end,
        null,
    from tax_lines
),

final as (
    select
        account_kind,
        account_id,
        tariff_id,
        currency,
        units,
        month,
        energy_kwh,
        estimated_kwh,
        measured_s,
        month_s,
        cast(
            row_number() over (
                partition by account_kind, account_id, month
                order by kind_no, version_no, charge_no, tier_no
            ) as integer
        ) as line_no,
        ['energy', 'demand', 'fixed', 'minimum', 'tax'][kind_no] as line_kind,
        line_name,
        quantity,
        unit,
        rate,
        cast(amount_units as bigint) as amount_units,
        peak_at,
    from entries
)

select * from final
