-- Where an organization stands: the way down to it from the top, by names and by ids.
--
-- grain:               one row per organization_id
-- organization_id      varchar  the organization
-- organization_path    varchar  names from the top down to itself: 'Group / North / Site 7'; an id where there is
--                               no name
-- ancestor_ids         varchar  the same by ids: '/1/20/307/'; like '%/20/%' finds all below 20, and 20 itself
-- depth                integer  0 = at the top
with final as (
    select
        organization_tree.organization_id,
        string_agg(
            coalesce(organizations.organization_name, organization_tree.ancestor_id),
            ' / ' order by organization_tree.depth desc
        ) as organization_path,
        '/' || string_agg(organization_tree.ancestor_id, '/' order by organization_tree.depth desc) || '/'
            as ancestor_ids,
        max(organization_tree.depth) as depth,
    from organization_tree
    left join organizations
        on organization_tree.ancestor_id = organizations.organization_id
    group by organization_tree.organization_id
)

select * from final
