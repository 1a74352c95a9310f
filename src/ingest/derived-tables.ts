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
}

/** In the order in which they are made: later ones may read earlier ones. */
export const derivedTables: readonly DerivedTable[] = [
    {
        table: 'suspects',
        view: 'found_suspects',
        // A local day, or the longest flat line that can be asked for, and the longest reading beside it.
        reach: 2 * daySeconds,
        wholePeriods: false,
        time: 'timestamp',
        follows: {
            channel_grids: ['interval_s', 'phase_s'],
            channel_settings: [
                'time_zone',
                'min_power_kw',
                'max_power_kw',
                'spike_ratio',
                'spike_min_kw',
                'flat_line_hours',
                'flat_line_min_kw',
            ],
        },
    },
];
