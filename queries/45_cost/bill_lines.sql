-- The lines of each bill: what was charged, at which price, and the amount, rounded once.
-- A bill is of an account: a channel with a tariff of its own, or an organization that was given one, all of whose
-- channels without an own tariff are billed together. The month is the calendar month at the site; fixed charges are
-- for the whole month, also when it is not over. A line whose price is not known has a null amount, and so has the
-- bill's total. A channel without a tariff has no bill.
--
-- grain:             one row per account_kind, account_id, month, line_no
-- time:              month
-- account_kind       varchar      channel or organization
-- account_id         varchar      the channel or organization that is billed
-- account_name       varchar      its name
-- organization_id    varchar      the organization it is, or belongs to
-- tariff_id          varchar      its tariff
-- month              date         the first day of the month at the site
-- line_no            integer      place on the bill, from 1
-- line_kind          varchar      energy, demand, fixed, minimum, tax
-- line_name          varchar      name of the period, tier, charge or tax; without a price = energy nobody can price
-- quantity           double       what is charged; of a minimum or tax, the amount it is reckoned on
-- unit               varchar      kWh, kW, day, month, or the currency
-- rate               double       price of one unit; of a tax its percent; of a minimum the minimum
-- amount             double       the amount; null when not known
-- currency           varchar      currency of the amount
-- peak_at            timestamptz  demand: start of the highest quarter hour of the month, UTC
with final as (
    select
        bill_entries.account_kind,
        bill_entries.account_id,
        coalesce(channels.channel_name, organizations.organization_name) as account_name,
        case
            when bill_entries.account_kind = 'organization' then bill_entries.account_id
            else channels.organization_id
        end as organization_id,
        bill_entries.tariff_id,
        bill_entries.month,
        bill_entries.line_no,
        bill_entries.line_kind,
        bill_entries.line_name,
        bill_entries.quantity,
        bill_entries.unit,
        bill_entries.rate,
        bill_entries.amount_units / bill_entries.units as amount,
        bill_entries.currency,
        bill_entries.peak_at,
    from bill_entries
    left join channels
        on bill_entries.account_kind = 'channel'
        and bill_entries.account_id = channels.channel_id
    left join organizations
        on bill_entries.account_kind = 'organization'
        and bill_entries.account_id = organizations.organization_id
)

select * from final
