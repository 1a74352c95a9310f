-- The peak of an organization is that of the sum of its channels: never above the sum of their peaks, and never
-- below the lowest power of the sum.
with peaks as (
    select
        organization_id,
        max(peak_power_kw) as peak_power_kw,
        count(*) filter (peak_power_kw < min_power_kw * (1 - 1e-9)) as reversed,
    from organization_monthly
    group by organization_id
),

channel_peaks as (
    select channel_id, max(peak_power_kw) as peak_power_kw,
    from energy_monthly
    group by channel_id
),

members as (
    select organization_members.organization_id, sum(channel_peaks.peak_power_kw) as peak_power_kw,
    from organization_members
    inner join channel_peaks
        on organization_members.channel_id = channel_peaks.channel_id
    group by organization_members.organization_id
)

select peaks.organization_id, peaks.peak_power_kw, members.peak_power_kw as sum_of_peaks_kw, peaks.reversed,
from peaks
inner join members
    on peaks.organization_id = members.organization_id
where peaks.peak_power_kw > members.peak_power_kw * (1 + 1e-9) or peaks.reversed > 0
