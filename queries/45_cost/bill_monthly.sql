-- The bill of each channel with a tariff of its own, and of each organization: the sum of the bills below it, every
-- account once (its own, and those of its channels and of all organizations under it), sub-meters left out.
-- Where a tariff is given to an organization, its channels have no bills of their own: tiers, demand (the peak of the
-- sum, not the sum of peaks) and fixed charge are on the organization's. Amounts are null, never 0, as long as one
-- line's price is not known. Nobody without a tariff has a row. The lines are in bill_lines.
--
-- grain:             one row per subject_kind, subject_id, month, currency
-- time:              month
-- subject_kind       varchar   channel or organization
-- subject_id         varchar   the channel or organization
-- subject_name       varchar   its name
-- month              date      the first day of the month at the site
-- currency           varchar   currency of the amounts
-- account_count      bigint    bills that are added up here; 1 for a channel
-- energy_kwh         double    energy of the month, measured and estimated
-- estimated_kwh      double    what of it is estimated; null when nothing is
-- coverage           double    measured time divided by the month's length, 0 to 1, over all channels of the bill
-- energy_amount      double    for energy
-- demand_amount      double    for demand; 0 without a demand charge
-- fixed_amount       double    fixed charges, and what a minimum adds
-- tax_amount         double    taxes
-- total_amount       double    all of it
with entries as (
    select
        account_kind,
        account_id,
        currency,
        units,
        month,
        energy_kwh,
        estimated_kwh,
        measured_s,
        month_s,
        count(*) = count(amount_units) as is_known,
        coalesce(sum(case when line_kind = 'energy' then amount_units end), 0) as energy_units,
        coalesce(sum(case when line_kind = 'demand' then amount_units end), 0) as demand_units,
        coalesce(sum(case when line_kind in ('fixed', 'minimum') then amount_units end), 0) as fixed_units,
        coalesce(sum(case when line_kind = 'tax' then amount_units end), 0) as tax_units,
        sum(amount_units) as total_units,
    from bill_entries
    group by
        account_kind, account_id, currency, units, month, energy_kwh, estimated_kwh, measured_s, month_s
),

accounts as (
    select
        channel_tariffs.account_kind,
        channel_tariffs.account_id,
        case
            when channel_tariffs.account_kind = 'organization' then channel_tariffs.account_id
            else channels.organization_id
        end as organization_id,
        channel_tariffs.account_kind = 'channel' and coalesce(channel_settings.is_submeter, false) as is_submeter,
    from channel_tariffs
    left join channels
        on channel_tariffs.channel_id = channels.channel_id
    left join channel_settings
        on channel_tariffs.channel_id = channel_settings.channel_id
    group by all
),

subjects as (
    select account_kind, account_id, 'channel' as subject_kind, account_id as subject_id,
    from accounts
    where account_kind = 'channel'
    union all
    select accounts.account_kind, accounts.account_id, 'organization', organization_tree.ancestor_id,
    from accounts
    inner join organization_tree
        on accounts.organization_id = organization_tree.organization_id
    where not accounts.is_submeter
),

summed as (
    select
        subjects.subject_kind,
        subjects.subject_id,
        entries.month,
        entries.currency,
        max(entries.units) as units,
        count(*) as account_count,
        sum(entries.energy_kwh) as energy_kwh,
        sum(entries.estimated_kwh) as estimated_kwh,
        least(sum(entries.measured_s) / sum(entries.month_s), 1) as coverage,
        bool_and(entries.is_known) as is_known,
        sum(entries.energy_units) as energy_units,
        sum(entries.demand_units) as demand_units,
        sum(entries.fixed_units) as fixed_units,
        sum(entries.tax_units) as tax_units,
        sum(entries.total_units) as total_units,
    from entries
    inner join subjects
        on entries.account_kind = subjects.account_kind
        and entries.account_id = subjects.account_id
    group by subjects.subject_kind, subjects.subject_id, entries.month, entries.currency
),

final as (
    select
        summed.subject_kind,
        summed.subject_id,
        coalesce(channels.channel_name, organizations.organization_name) as subject_name,
        summed.month,
        summed.currency,
        summed.account_count,
        summed.energy_kwh,
        summed.estimated_kwh,
        cast(summed.coverage as double) as coverage,
        case when summed.is_known then summed.energy_units / summed.units end as energy_amount,
        case when summed.is_known then summed.demand_units / summed.units end as demand_amount,
        case when summed.is_known then summed.fixed_units / summed.units end as fixed_amount,
        case when summed.is_known then summed.tax_units / summed.units end as tax_amount,
        case when summed.is_known then summed.total_units / summed.units end as total_amount,
    from summed
    left join channels
        on summed.subject_kind = 'channel'
        and summed.subject_id = channels.channel_id
    left join organizations
        on summed.subject_kind = 'organization'
        and summed.subject_id = organizations.organization_id
)

select * from final
