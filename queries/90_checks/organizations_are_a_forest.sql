-- Every organization is above itself once, at depth 0, and has one organization at each step up to the top.
with steps as (
    select
        organization_id,
        count(*) as ancestors,
        count(distinct ancestor_id) as different_ancestors,
        count(distinct depth) as depths,
        max(depth) as top,
        count(*) filter (organization_id = ancestor_id and depth = 0) as selves,
    from organization_tree
    group by organization_id
)

select *
from steps
where different_ancestors <> ancestors or depths <> ancestors or top <> ancestors - 1 or selves <> 1
