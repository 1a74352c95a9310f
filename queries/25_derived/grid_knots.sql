-- The time of which a channel's power is known, as far as gaps are looked for: readings that count, days and files
-- without a gap as one long knot each, and two without length where knowledge begins and ends. No two overlap.
--
-- grain:          one row per channel_id, starts_s, ends_s
-- inner:          of found_grid_gaps
-- channel_id      varchar  the channel
-- starts_s        bigint   start, epoch seconds
-- ends_s          bigint   end, epoch seconds
-- first_mid_s     double   middle of the first reading in it
-- first_kw        double   mean power of that reading
-- last_mid_s      double   middle of the last reading in it
-- last_kw         double   mean power of that reading
-- is_fine         boolean  true when no reading in it is longer than the grid's interval
with known as not materialized (
    select
        channel_id,
        starts_s,
        ends_s,
        starts_s // 86400 as day,
        starts_s + length_s / 2 as mid_s,
        coalesce(3600 * energy_kwh / length_s, power_kw) as kw,
        length_s <= step_s as is_fine,
    from grid_readings
    where
        is_counted
        and case
            when has_energy
                then starts_s < known_until_s and (energy_kwh is not null or (is_own and power_kw is not null))
            else is_own
        end
),

-- Most days have no gap: each of these is one long knot, or the windows below would see every reading.
days as (
    select
        channel_id,
        day,
        bool_and(is_fine) and sum(ends_s - starts_s) = max(ends_s) - min(starts_s) as is_whole,
        min(starts_s) as starts_s,
        max(ends_s) as ends_s,
        min(mid_s) as first_mid_s,
        min_by(kw, starts_s) as first_kw,
        max(mid_s) as last_mid_s,
        max_by(kw, starts_s) as last_kw,
    from known
    group by channel_id, day
),

final as (
    select * exclude (is_whole, day), true as is_fine,
    from days
    where is_whole
    union all by name
    select
        known.channel_id,
        known.starts_s,
        known.ends_s,
        known.mid_s as first_mid_s,
        known.kw as first_kw,
        known.mid_s as last_mid_s,
        known.kw as last_kw,
        known.is_fine,
    from known
    inner join days
        on known.channel_id = days.channel_id
        and known.day = days.day
    where not days.is_whole
    union all by name
    select
        whole_files.channel_id,
        greatest(whole_files.from_s, grid_bounds.known_from_s) as starts_s,
        least(whole_files.until_s, grid_bounds.known_until_s) as ends_s,
        whole_files.from_s + whole_files.interval_s / 2 as first_mid_s,
        whole_files.first_kw,
        whole_files.until_s - whole_files.interval_s / 2 as last_mid_s,
        whole_files.last_kw,
        true as is_fine,
    from whole_files
    inner join grid_bounds
        on whole_files.channel_id = grid_bounds.channel_id
    where whole_files.until_s > grid_bounds.known_from_s and whole_files.from_s < grid_bounds.known_until_s
    union all by name
    -- Where what is known begins and ends.
    select
        channel_id,
        unnest([known_from_s, known_until_s]) as starts_s,
        starts_s as ends_s,
        false as is_fine,
    from grid_bounds
    where known_from_s < known_until_s
)

select * from final
