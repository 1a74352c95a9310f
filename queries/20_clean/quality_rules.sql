-- The rules of the cleaning: which bit each sets in `flags`, and what becomes of the value. docs/quality.md tells more.
--
-- grain:       one row per rule
-- rule         varchar  its name
-- flag         integer  its bit in flags
-- is_nulled    boolean  true when the value is impossible and set to null; false when it is kept and marked
-- meaning      varchar  what was found
with rules as (
    select *,
    from (
        values
            ('negative_energy', 1, true, 'energy below the limit, which is 0 unless set'),
            ('negative_power', 2, true, 'power below the limit, which is 0 unless set'),
            ('not_finite', 4, true, 'a measure is NaN or infinite'),
            ('voltage_range', 8, true, 'voltage outside 50 to 600 V, and not 0'),
            ('power_factor_range', 16, true, 'power factor beyond 1 or -1'),
            ('frequency_range', 32, true, 'frequency further than 5 Hz from nominal, and not 0'),
            ('power_limit', 64, true, 'power, or energy in its time, above the limit of the channel'),
            ('energy_power_mismatch', 128, false, 'energy and power times interval disagree'),
            ('spike', 256, false, 'far above the third-highest reading of its local day'),
            ('flat_line', 512, false, 'the same to the last digit for hours'),
            ('counter_reset', 1024, false, 'the counter went back, or jumped right after it did'),
            ('off_grid', 2048, false, 'between the times at which the channel is read'),
            ('future', 4096, false, 'fetched before its interval had ended'),
            ('other_interval', 8192, false, 'not of the length that is set for the channel'),
            ('interleaved_grids', 16384, false, 'two readings of one length overlap')
    ) as known (rule, flag, is_nulled, meaning)
)

select * from rules
