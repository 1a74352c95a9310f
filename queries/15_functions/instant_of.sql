-- An instant from what people write, the same in every session: an ISO instant with its offset, or a date or a time
-- without one, which count as UTC. 2026-10-01 is midnight UTC.
--
-- function:     given
-- example:      instant_of('2026-10-01')
-- inner:        for the macros that take instants
-- instant_of    timestamptz  the instant; null when nothing is given
coalesce(
    case
        when regexp_matches(cast(given as varchar), ':\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)$')
            then try_cast(cast(given as varchar) as timestamptz)
        else timezone('UTC', try_cast(cast(given as varchar) as timestamp))
    end,
    cast(
        '"' || cast(given as varchar) || '" is no instant: write 2026-10-01 or 2026-10-01T06:00:00Z' as timestamptz
    )
)
