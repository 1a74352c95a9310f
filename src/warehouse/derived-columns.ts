/** The columns of the tables that publish makes under `reference/`: effective settings, and what was worked out beforehand. */
import type { ViewColumn } from './view-file.ts';

const column = (name: string, type: string, text: string): ViewColumn => ({ name, type, text });

export const derivedColumns = {
    channel_settings: {
        summary:
            'The settings that hold for each channel: its own, else those of its organization, else the defaults. ' +
            "Made from reference/settings.json; the row whose channel_id is '' holds the defaults.",
        grain: 'one row per channel_id',
        columns: [
            column('channel_id', 'varchar', "the channel; '' for the defaults"),
            column('time_zone', 'varchar', 'IANA zone of its organization; UTC when it has none'),
            column('expected_interval_s', 'integer', 'length its readings should have; null when not set'),
            column('nominal_frequency_hz', 'integer', '60 or 50'),
            column('max_frequency_deviation_hz', 'double', 'frequency further from nominal is impossible'),
            column('min_voltage_v', 'double', 'voltage below is impossible, except 0'),
            column('max_voltage_v', 'double', 'voltage above is impossible'),
            column('max_power_factor', 'double', 'a power factor beyond ± this is impossible'),
            column('min_power_kw', 'double', 'power (and energy per hour) below is impossible'),
            column(
                'max_power_kw',
                'double',
                'power (and energy per hour) above is impossible; null = no limit',
            ),
            column(
                'max_energy_deviation_ratio',
                'double',
                'energy and power x interval may differ by this share',
            ),
            column('max_energy_deviation_kwh', 'double', 'energy and power x interval may differ by this'),
            column(
                'spike_ratio',
                'double',
                'a reading above the third-highest of its local day times this is a spike',
            ),
            column('spike_min_kw', 'double', 'power below this is never a spike'),
            column('flat_line_hours', 'double', 'power identical for this long is suspicious'),
            column('flat_line_min_kw', 'double', 'power up to this may stand still for ever'),
            column('is_estimated', 'boolean', 'true when gaps are filled with estimates'),
            column('interpolation_max_s', 'integer', 'gaps up to this are filled by linear interpolation'),
            column('business_days', 'integer', 'bit set: Monday 1, Tuesday 2, Wednesday 4 ... Sunday 64'),
            column('business_start_s', 'integer', 'opening, seconds after local midnight'),
            column(
                'business_end_s',
                'integer',
                'closing, seconds after local midnight; before the start = next day',
            ),
            column(
                'night_start_s',
                'integer',
                'start of the night for the base load, seconds after midnight',
            ),
            column(
                'night_end_s',
                'integer',
                'end of the night, seconds after midnight; before the start = next day',
            ),
            column(
                'carbon_kg_per_kwh',
                'double',
                "the organization's carbon ratio when above 0, else the setting; null when neither is known",
            ),
            column('tariff_id', 'varchar', 'the tariff of its energy; null when none is known'),
            column(
                'is_submeter',
                'boolean',
                'true when organizations do not count it, because another channel does',
            ),
            column(
                'tariff_organization_id',
                'varchar',
                'the organization whose settings name the tariff; null when it is not from one',
            ),
        ],
    },
    holidays: {
        summary: 'Days on which a site is closed, from reference/settings.json.',
        grain: 'one row per organization_id, date',
        columns: [
            column('organization_id', 'varchar', "the organization; '' = every organization"),
            column('date', 'date', 'the local day'),
            column('name', 'varchar', 'what is celebrated; null when not given'),
        ],
    },
    organization_tree: {
        summary:
            'Every organization with itself and each organization above it: the parent the API names, else the ' +
            'nearest known id in its sort code. A parent sees the sum of what is below it by way of this table.',
        grain: 'one row per organization_id, ancestor_id',
        columns: [
            column('organization_id', 'varchar', 'the organization'),
            column('ancestor_id', 'varchar', 'the organization itself, or one above it'),
            column('depth', 'integer', 'steps upward: 0 = itself, 1 = its parent'),
        ],
    },
    suspects: {
        summary:
            'Readings that only their neighbours make suspicious, worked out at publish: spikes, flat lines, ' +
            'counter resets, interleaved grids. Their values are kept; readings_clean carries the flags.',
        grain: 'one row per channel_id, timestamp, interval_s',
        columns: [
            column('channel_id', 'varchar', 'the channel'),
            column('timestamp', 'timestamptz', 'start of the interval, UTC'),
            column('interval_s', 'integer', 'length of the interval in seconds'),
            column(
                'flags',
                'integer',
                'bit set: 256 spike, 512 flat line, 1024 counter reset or roll-over, 16384 interleaved grid',
            ),
        ],
    },
} as const;
