-- An organization, a device or a channel is in its reference table once.
select 'organization' as kind, organization_id as id, from organizations group by organization_id having count(*) > 1
union all
select 'device' as kind, device_id as id, from devices group by device_id having count(*) > 1
union all
select 'channel' as kind, channel_id as id, from channels group by channel_id having count(*) > 1
