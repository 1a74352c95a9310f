/**
 * The tables under `reference/` that are worked out from the readings at publish. To add one: its columns to
 * `src/warehouse/derived-columns.ts`, a view that yields its rows to `queries/25_derived/`, and an entry here.
 * `derive.ts` says what such a view may rely on.
 */
import { daySeconds } from '../model/time.ts';
import type { ReferenceTable } from '../warehouse/reference-columns.ts';

export interface DerivedTable {
    readonly table: ReferenceTable;
    /** The view that yields the rows, of the table's columns. */
    readonly view: string;
    /**
     * Seconds to both sides: a reading changes no row further away than this, and a row is known from the readings
     * no further away than this. `channel`: the readings of the whole channel together make its rows.
     */
    readonly reach: number | 'channel';
    /** A row rests on the whole file it is of: a new hour makes the rows of its month (or day, or year) anew. */
    readonly wholePeriods: boolean;
    /** The column that says when a row is, for tables made window by window. */
    readonly time: string;
    /**
     * Facts beside the readings: when these columns of these views change for a channel, all of its rows are made
     * anew. Each view has one row per channel_id, and comes from sources or from tables earlier in the list.
     */
    readonly follows: Readonly<Record<string, readonly string[]>>;
    /** A change reaches further: over the gaps it touches, to the nearest readings with energy on both sides. */
    readonly bridgesGaps: boolean;
    /** Which of the readings within reach it needs at all. */
    readonly reads: ReadingsNeeded;
}

/**
 * `files`: all but the files that the view names by channel_id and period. `channels`: those of the channels for which
 * the view, of channel_id and timestamp, has a row in the span that is being made.
 */
export type ReadingsNeeded =
    | { readonly kind: 'all' }
    | { readonly kind: 'none' }
    | { readonly kind: 'files'; readonly except: string }
    | { readonly kind: 'channels'; readonly of: string };

/** What decides which value of a reading is impossible. */
const checkSettings = [
    'nominal_frequency_hz',
    'max_frequency_deviation_hz',
    'min_voltage_v',
    'max_voltage_v',
    'max_power_factor',
    'min_power_kw',
    'max_power_kw',
    'max_energy_deviation_ratio',
    'max_energy_deviation_kwh',
    'expected_interval_s',
] as const;

const suspectSettings = [
    'time_zone',
    'min_power_kw',
    'max_power_kw',
    'spike_ratio',
    'spike_min_kw',
    'flat_line_hours',
    'flat_line_min_kw',
] as const;

const gridColumns = ['interval_s', 'phase_s', 'has_energy'] as const;

/** In the order in which they are made: later ones may read earlier ones. */
export const derivedTables: readonly DerivedTable[] = [
    {
        table: 'grid_periods',
        view: 'found_grid_periods',
        reach: 0,
        time: 'first_at',
        follows: { channel_settings: checkSettings },
        wholePeriods: true,
        bridgesGaps: false,
        reads: { kind: 'all' },
    },
    {
        table: 'channel_grids',
        view: 'found_channel_grids',
        // Made from grid_periods alone.
        reach: 'channel',
        time: 'first_at',
        follows: { channel_coverage: ['covered_until'], channel_settings: checkSettings },
        wholePeriods: true,
        bridgesGaps: false,
        reads: { kind: 'none' },
    },
    {
        table: 'suspects',
        view: 'found_suspects',
        // A local day, or the longest flat line that can be asked for, and the longest reading beside it.
        reach: 2 * daySeconds,
        wholePeriods: false,
        time: 'timestamp',
        follows: {
            channel_grids: ['interval_s', 'phase_s'],
            channel_settings: [...checkSettings, ...suspectSettings],
        },
        bridgesGaps: false,
        reads: { kind: 'all' },
    },
    {
        table: 'grid_gaps',
        view: 'found_grid_gaps',
        // The longest gap that is interpolated, and the readings beside it, of a day at most each.
        reach: 5 * daySeconds,
        time: 'timestamp',
        follows: {
            channel_grids: gridColumns,
            channel_settings: [...checkSettings, 'interpolation_max_s'],
        },
        wholePeriods: true,
        bridgesGaps: true,
        reads: { kind: 'files', except: 'whole_files' },
    },
    {
        table: 'grid_patches',
        view: 'found_grid_patches',
        // Eight weeks and a local day, and the reach of what makes a reading suspicious there.
        reach: 63 * daySeconds,
        time: 'timestamp',
        follows: {
            channel_grids: gridColumns,
            channel_settings: [...checkSettings, ...suspectSettings, 'interpolation_max_s', 'is_estimated'],
        },
        wholePeriods: true,
        bridgesGaps: true,
        reads: { kind: 'channels', of: 'grid_gaps_to_estimate' },
    },
];
