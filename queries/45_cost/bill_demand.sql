-- The highest demand of each account and month that a demand charge counts: the mean power of a quarter hour of the
-- clock, all channels of the account together.
-- Energy of a longer interval is spread evenly over its quarter hours; what is missing of a quarter hour counts
-- nothing, for a meter that was silent proves no demand. The hours of an organization's account are those of the
-- organization's own zone.
--
-- grain:          one row per account_kind, account_id, month, charge_no
-- inner:          of the bills
-- account_kind    varchar      channel or organization
-- account_id      varchar      the channel or organization that is billed
-- month           date         the first day of the month at the site
-- version_no      integer      the version of the tariff
-- charge_no       integer      the demand charge, see tariff_charges
-- peak_kw         double       highest mean power of a quarter hour that counts
-- peak_at         timestamptz  start of that quarter hour, the earliest of equals, UTC
-- ratchet_kw      double       the share of the highest peak of the months before that is billed at least, under
--                              a charge of the same name; null without a ratchet or without such a month
with calendar_days as not materialized (
    select
        time_zone,
        utc_date - date '1970-01-01' as utc_day,
        offset_s,
        epoch_us(changes_at) // 1000000 as changes_s,
        offset_after_s,
    from calendar
),

charges as (
    select * from tariff_charges where charge_kind = 'demand'
),

accounts as (
    select
        channel_tariffs.*,
        cast(
            dense_rank() over (order by channel_tariffs.account_kind, channel_tariffs.account_id) as integer
        ) as account_no,
        coalesce(
            case when channel_tariffs.account_kind = 'organization' then organizations.time_zone end,
            channel_sites.time_zone,
            'UTC'
        ) as time_zone,
    from channel_tariffs
    left join channel_sites
        on channel_tariffs.channel_id = channel_sites.channel_id
    left join organizations
        on channel_tariffs.account_id = organizations.organization_id
    where channel_tariffs.tariff_id in (select tariff_id from charges)
),

owners as (
    select
        account_no,
        account_kind,
        account_id,
        max(tariff_id) as tariff_id,
        max(rate_calendar) as rate_calendar,
        max(time_zone) as time_zone,
    from accounts
    group by account_no, account_kind, account_id
),

energy as not materialized (
    select channel_id, timestamp, interval_s, energy_kwh,
    from readings_counted
    union all
    select channel_id, timestamp, interval_s, estimated_kwh,
    from grid_patches
),

intervals as not materialized (
    select
        accounts.account_no,
        energy.energy_kwh,
        energy.interval_s,
        epoch_us(energy.timestamp) // 1000000 as starts_s,
        epoch_us(energy.timestamp) // 900000000 as quarter,
        (epoch_us(energy.timestamp) // 1000000 + energy.interval_s - 1) // 900 as last_quarter,
    from energy
    inner join accounts
        on energy.channel_id = accounts.channel_id
    where energy.energy_kwh is not null
),

-- Apart, because nearly all intervals lie in one quarter hour and need no division.
spread as (
    select
        account_no,
        energy_kwh,
        interval_s,
        starts_s,
        unnest(range(quarter, last_quarter + 1)) as quarter,
    from intervals
    where quarter <> last_quarter
),

shares as (
    select account_no, quarter, energy_kwh as share_kwh,
    from intervals
    where quarter = last_quarter
    union all
    select
        account_no,
        quarter,
        energy_kwh
        * (least(starts_s + interval_s, 900 * quarter + 900) - greatest(starts_s, 900 * quarter))
        / interval_s as share_kwh,
    from spread
),

summed as (
    select account_no, quarter, 4 * sum(share_kwh) as power_kw,
    from shares
    group by account_no, quarter
),

quarters as (
    select summed.quarter, summed.power_kw, owners.*,
    from summed
    inner join owners
        on summed.account_no = owners.account_no
),

localized as (
    select
        quarters.*,
        case
            when calendar_days.utc_day is null
                then epoch_us(timezone(quarters.time_zone, make_timestamptz(900000000 * quarter))) // 1000000
            when 900 * quarter >= calendar_days.changes_s then 900 * quarter + calendar_days.offset_after_s
            else 900 * quarter + calendar_days.offset_s
        end as local_s,
    from quarters
    left join calendar_days
        on quarters.time_zone = calendar_days.time_zone
        and quarters.quarter // 96 = calendar_days.utc_day
),

placed as (
    select
        localized.*,
        cast(date_trunc('month', date '1970-01-01' + cast(localized.local_s // 86400 as integer)) as date) as month,
        tariff_days.version_no,
        tariff_slots.demand_set,
    from localized
    inner join tariff_days
        on localized.rate_calendar = tariff_days.rate_calendar
        and localized.local_s // 86400 = tariff_days.local_day
    inner join tariff_slots
        on tariff_days.day_pattern = tariff_slots.day_pattern
        and localized.local_s % 86400 // 900 = tariff_slots.slot
    where tariff_slots.demand_set > 0
),

highest as (
    select
        account_kind,
        account_id,
        tariff_id,
        month,
        version_no,
        demand_set,
        -- Readings added in another order differ in the last digit: equal is what agrees to a microwatt.
        max(struct_pack(rounded_kw := round(power_kw, 9), before := -quarter, power_kw := power_kw)) as peak,
    from placed
    group by account_kind, account_id, tariff_id, month, version_no, demand_set
),

charged as (
    select
        highest.account_kind,
        highest.account_id,
        highest.month,
        highest.version_no,
        charges.charge_no,
        charges.charge_name,
        charges.ratchet_percent,
        charges.ratchet_months,
        max(highest.peak) as peak,
    from highest
    inner join charges
        on highest.tariff_id = charges.tariff_id
        and highest.version_no = charges.version_no
        and (highest.demand_set >> charges.charge_no) & 1 = 1
    group by all
),

remembered as (
    select
        *,
        max(peak.power_kw) over (
            partition by account_kind, account_id, charge_name
            order by 12 * year(month) + month(month)
            range between coalesce(ratchet_months, 0) preceding and 1 preceding
        ) as earlier_kw,
    from charged
),

final as (
    select
        account_kind,
        account_id,
        month,
        version_no,
        charge_no,
        peak.power_kw as peak_kw,
        make_timestamptz(-900000000 * peak.before) as peak_at,
        earlier_kw * ratchet_percent / 100 as ratchet_kw,
    from remembered
)

select * from final
