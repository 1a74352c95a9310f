/** The columns of the tables that put each channel on a regular grid, made at publish under `reference/`. */
import type { ViewColumn } from './view-file.ts';

const column = (name: string, type: string, text: string): ViewColumn => ({ name, type, text });

const measures: readonly ViewColumn[] = [
    column('power_kw', 'double', 'mean power'),
    column('voltage_v', 'double', 'mean voltage of what is stored'),
    column('current_a', 'double', 'mean current of what is stored'),
    column('power_factor', 'double', 'mean power factor of what is stored'),
    column('temperature_c', 'double', 'mean temperature of what is stored'),
];

export const gridColumns = {
    channel_coverage: {
        summary:
            'How far each channel was asked and answered: the end of its coverage, whatever the answer was.',
        grain: 'one row per channel_id',
        columns: [
            column('channel_id', 'varchar', 'the channel'),
            column('covered_until', 'timestamptz', 'end of the newest answered span, of any resolution'),
        ],
    },
    grid_periods: {
        summary:
            'What lies in each data file, by interval length and phase: from it each channel gets its grid.',
        grain: 'one row per channel_id, period, interval_s, phase_s',
        columns: [
            column('channel_id', 'varchar', 'the channel'),
            column('period', 'varchar', "the file's month (or date, or year) in UTC"),
            column('interval_s', 'integer', 'length of the intervals in seconds'),
            column('phase_s', 'integer', 'seconds from a multiple of the length (UTC) to their start'),
            column('first_at', 'timestamptz', 'start of the first row'),
            column('stored_until', 'timestamptz', 'end of the last row, with values or not'),
            column('reading_count', 'bigint', 'rows'),
            column('measured_count', 'bigint', 'rows with any measure'),
            column('measured_from', 'timestamptz', 'start of the first row with a measure'),
            column('measured_until', 'timestamptz', 'end of the last row with a measure'),
            column('energy_count', 'bigint', 'rows with energy'),
            column('energy_from', 'timestamptz', 'start of the first row with energy'),
            column('energy_until', 'timestamptz', 'end of the last row with energy'),
            column('first_kw', 'double', 'mean power of the first row with energy, by its energy'),
            column('last_kw', 'double', 'mean power of the last row with energy, by its energy'),
        ],
    },
    channel_grids: {
        summary:
            'The regular UTC grid of each channel that ever measured anything: its own interval and phase, from its first reading to the end of its coverage.',
        grain: 'one row per channel_id',
        columns: [
            column('channel_id', 'varchar', 'the channel'),
            column('interval_s', 'integer', 'its interval: as configured, else the most common one'),
            column('phase_s', 'integer', 'seconds from a multiple of the interval (UTC) to each grid point'),
            column('has_energy', 'boolean', 'true when it ever measured energy'),
            column('first_at', 'timestamptz', 'start of the first reading with a measure'),
            column('last_end_at', 'timestamptz', 'end of the last reading with a measure'),
            column('energy_from', 'timestamptz', 'start of the first reading with energy; null without'),
            column(
                'energy_until',
                'timestamptz',
                'end of the last reading with energy; nothing is estimated after it',
            ),
            column('stored_until', 'timestamptz', 'end of the last stored row, with values or not'),
            column('covered_until', 'timestamptz', 'end of what was asked and answered'),
        ],
    },
    grid_gaps: {
        summary:
            'The grid points that no counted reading provides, with what is known about each from its neighbourhood. The first half of the work on grid_patches.',
        grain: 'one row per channel_id, timestamp',
        columns: [
            column('channel_id', 'varchar', 'the channel'),
            column('timestamp', 'timestamptz', 'start of the interval, UTC'),
            column('interval_s', 'integer', 'length of the interval in seconds'),
            column('measured_kwh', 'double', 'energy of the readings of other grids that fall into it'),
            column('missing_s', 'integer', 'seconds without measured energy'),
            column('linear_s', 'integer', 'of these, seconds in short gaps'),
            column('linear_kwh', 'double', 'energy of short gaps, by linear interpolation'),
            column('long_s', 'integer', 'of the missing seconds, those in long gaps'),
            column(
                'total_at',
                'timestamptz',
                'start of the coarser reading that counts for it; null when none does',
            ),
            column('total_kwh', 'double', 'energy of that reading'),
            column('own_kwh', 'double', 'energy of the reading of the own grid that this reading displaced'),
            ...measures,
            column('flags', 'integer', 'flags of the stored rows behind it'),
        ],
    },
    grid_patches: {
        summary:
            "The points of a channel's regular grid that no stored reading of that grid provides with energy: estimated, put together from other readings, or empty. readings_normalized is these and the readings of the grid.",
        grain: 'one row per channel_id, timestamp',
        columns: [
            column('channel_id', 'varchar', 'the channel'),
            column('timestamp', 'timestamptz', 'start of the interval, UTC'),
            column('interval_s', 'integer', 'length of the interval in seconds'),
            column(
                'energy_kwh',
                'double',
                'energy of the interval, measured and estimated; null when not estimable',
            ),
            ...measures,
            column(
                'estimated_kwh',
                'double',
                'energy that no measured reading counts; null when nothing was estimated',
            ),
            column('missing_s', 'integer', 'seconds of the interval without measured energy'),
            column(
                'method',
                'varchar',
                'linear, reference_day, linear_scaled or reference_day_scaled (to a known total); null when nothing was estimated',
            ),
            column(
                'quality',
                'smallint',
                'ESPI code: 8 reference day, 9 linear, 10 part unknown, 11 regridded; null when empty',
            ),
            column('flags', 'integer', 'flags of the stored rows behind it'),
            column('period', 'varchar', 'month (or date, or year) in UTC, as the data files are cut'),
        ],
    },
} as const;
