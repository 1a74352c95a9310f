/** The columns of the tables that publish makes from reference/tariffs.json. */
import type { ViewColumn } from './view-file.ts';

const column = (name: string, type: string, text: string): ViewColumn => ({ name, type, text });

const versionNo = column('version_no', 'integer', 'the version of the tariff, from 0');

export const tariffColumns = {
    tariffs: {
        summary: 'The tariffs of reference/tariffs.json and their versions, each from a day on.',
        grain: 'one row per tariff_id, version_no',
        columns: [
            column('tariff_id', 'varchar', 'its id in the file'),
            column('tariff_name', 'varchar', 'its name'),
            column('currency', 'varchar', 'currency code of every amount'),
            column('currency_decimals', 'integer', 'decimals an amount is rounded to: 2 for EUR, 0 for JPY'),
            versionNo,
            column('valid_from', 'date', 'first local day of the version'),
            column('valid_to', 'date', 'first local day of the next version; null for the last'),
            column('energy_kind', 'varchar', 'flat, time_of_use, tiers or seasonal_tiers'),
            column('fixed_per_day', 'double', 'fixed charge a day; null when there is none'),
            column('fixed_per_month', 'double', 'fixed charge a month; null when there is none'),
            column(
                'minimum_per_month',
                'double',
                'least sum of all charges of a month, before taxes; null = none',
            ),
        ],
    },
    tariff_charges: {
        summary: 'The prices of each version of a tariff: energy by period or tier, demand, taxes.',
        grain: 'one row per tariff_id, version_no, charge_kind, charge_no, tier_no',
        columns: [
            column('tariff_id', 'varchar', 'the tariff'),
            versionNo,
            column('charge_kind', 'varchar', 'energy, demand or tax'),
            column(
                'charge_no',
                'integer',
                'the place in the file, from 0: period, season, demand charge or tax',
            ),
            column('tier_no', 'integer', 'the tier, from 0; 0 where there are none'),
            column('charge_name', 'varchar', 'name of the period, season, demand charge or tax'),
            column('rate', 'double', 'price per kWh, of demand per kW; null for a tax'),
            column('from_kwh', 'double', 'energy of the month above which a tier begins; null without tiers'),
            column('up_to_kwh', 'double', 'energy of the month up to which it reaches; null = no limit'),
            column(
                'ratchet_percent',
                'double',
                'share of earlier peaks that is billed at least; null = none',
            ),
            column('ratchet_months', 'integer', 'months back that the ratchet looks; null = none'),
            column('tax_percent', 'double', 'the tax; null for a price'),
            column('taxes_energy', 'boolean', 'true when the tax is on energy charges'),
            column('taxes_demand', 'boolean', 'true when it is on demand charges'),
            column('taxes_fixed', 'boolean', 'true when it is on fixed charges and the minimum'),
            column('taxes_taxes', 'boolean', 'true when it is on the taxes before it too'),
        ],
    },
    channel_tariffs: {
        summary:
            'The tariff of each channel, and the account it is billed in: its own, or the one of the organization ' +
            'that was given the tariff.',
        grain: 'one row per channel_id; channels without a tariff have none',
        columns: [
            column('channel_id', 'varchar', 'the channel'),
            column('tariff_id', 'varchar', 'its tariff'),
            column('currency', 'varchar', "the tariff's currency code"),
            column('rate_calendar', 'integer', 'its days in tariff_days: the tariff under a set of holidays'),
            column('account_kind', 'varchar', 'channel or organization: what is billed as one'),
            column('account_id', 'varchar', 'id of that channel or organization'),
        ],
    },
    tariff_days: {
        summary: 'Which pattern of rates each local day has, for the years of the readings.',
        grain: 'one row per rate_calendar, local_day',
        columns: [
            column('rate_calendar', 'integer', 'a tariff under a set of holidays'),
            column('local_day', 'integer', "days since 1970-01-01 on the site's calendar"),
            versionNo,
            column('day_pattern', 'integer', 'its quarter hours in tariff_slots'),
            column('next_rate', 'double', 'the rate right after the end of the day; null when not known'),
            column('next_same_s', 'integer', 'seconds from then on for which that rate stays'),
        ],
    },
    tariff_slots: {
        summary: 'The quarter hours of a day pattern: what energy costs, and which demand charges count.',
        grain: 'one row per day_pattern, slot',
        columns: [
            column('day_pattern', 'integer', 'the pattern'),
            column('slot', 'integer', 'quarter hour of the local day, 0 to 95'),
            column('period_no', 'integer', 'period (or season of tiers) in the version, from 0'),
            column('period_name', 'varchar', 'its name'),
            column('rate', 'double', "price per kWh; null where it depends on the month's energy"),
            column('same_until_s', 'integer', 'second of the day up to which the rate stays'),
            column('demand_set', 'integer', 'bit set of the demand charges that count; bit 0 is the first'),
        ],
    },
} as const;
