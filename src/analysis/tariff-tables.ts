/** From tariffs and what is known of the channels to the rows of the tables that the views read. Pure. */
import { type CalendarWish, type RateDay, type RateSlot, spreadTariffs } from './rate-calendar.ts';
import { namesHolidays } from './tariff-hours.ts';
import type { EnergyCharge, Tariff, TariffVersion, Tier } from './tariff-schema.ts';

type Row = Readonly<Record<string, string | number | boolean | null>>;

/** A channel whose settings name a tariff. */
export interface TariffedChannel {
    readonly channelId: string;
    readonly tariffId: string;
    /** The organization the channel belongs to. */
    readonly organizationId: string | null;
    /** The organization whose settings name the tariff; null when it is the channel's own. */
    readonly tariffOrganizationId: string | null;
}

export interface TariffInput {
    readonly tariffs: readonly Tariff[];
    readonly channels: readonly TariffedChannel[];
    /** Local days by organization; '' holds for all. */
    readonly holidays: ReadonlyMap<string, readonly string[]>;
    /** Local days [from, to) that the readings lie in. */
    readonly span: { readonly from: string; readonly to: string };
}

export interface TariffTables {
    readonly tariffs: readonly Row[];
    readonly tariff_charges: readonly Row[];
    readonly channel_tariffs: readonly Row[];
    readonly tariff_days: readonly RateDay[];
    readonly tariff_slots: readonly RateSlot[];
}

/** The rows of every tariff table. The same input gives the same rows in the same order. */
export function makeTariffTables(input: TariffInput): TariffTables {
    const byId = new Map(input.tariffs.map((tariff) => [tariff.id, tariff]));
    const wishes = new Map<string, CalendarWish>();
    const channels = input.channels.flatMap((channel) => {
        const tariff = byId.get(channel.tariffId);
        if (tariff === undefined) return [];
        const holidays = holidaysFor(tariff, channel, input.holidays);
        const key = JSON.stringify([tariff.id, ...holidays]);
        const wish = wishes.get(key) ?? {
            rate_calendar: wishes.size,
            tariff,
            holidays: new Set(holidays),
        };
        wishes.set(key, wish);
        return [toChannelRow(channel, tariff, wish.rate_calendar)];
    });
    const { days, slots } = spreadTariffs([...wishes.values()], input.span);
    return {
        tariffs: input.tariffs.flatMap(toVersionRows),
        tariff_charges: input.tariffs.flatMap(toChargeRows),
        channel_tariffs: channels,
        tariff_days: days,
        tariff_slots: slots,
    };
}

/** A tariff that knows no holidays has one calendar for all. */
function holidaysFor(
    tariff: Tariff,
    { organizationId }: TariffedChannel,
    holidays: TariffInput['holidays'],
): string[] {
    if (!tariff.versions.some(namesHolidays)) return [];
    const own = organizationId === null ? [] : (holidays.get(organizationId) ?? []);
    return [...new Set([...(holidays.get('') ?? []), ...own])].sort();
}

/** A tariff given to an organization bills its channels together. */
function toChannelRow(channel: TariffedChannel, tariff: Tariff, rateCalendar: number): Row {
    const { channelId, tariffOrganizationId } = channel;
    return {
        channel_id: channelId,
        tariff_id: tariff.id,
        currency: tariff.currency,
        rate_calendar: rateCalendar,
        account_kind: tariffOrganizationId === null ? 'channel' : 'organization',
        account_id: tariffOrganizationId ?? channelId,
    };
}

function toVersionRows(tariff: Tariff): Row[] {
    return tariff.versions.map((version, version_no) => ({
        tariff_id: tariff.id,
        tariff_name: tariff.name ?? tariff.id,
        currency: tariff.currency,
        currency_decimals: decimalsOf(tariff.currency),
        version_no,
        valid_from: version.valid_from,
        valid_to: tariff.versions[version_no + 1]?.valid_from ?? null,
        energy_kind: version.energy.kind,
        fixed_per_day: version.fixed?.per_day ?? null,
        fixed_per_month: version.fixed?.per_month ?? null,
        minimum_per_month: version.minimum_per_month ?? null,
    }));
}

/** 2 for EUR, 0 for JPY, 3 for KWD. */
function decimalsOf(currency: string): number {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency });
    return format.resolvedOptions().maximumFractionDigits ?? 2;
}

const noCharge = {
    rate: null,
    from_kwh: null,
    up_to_kwh: null,
    ratchet_percent: null,
    ratchet_months: null,
    tax_percent: null,
    taxes_energy: null,
    taxes_demand: null,
    taxes_fixed: null,
    taxes_taxes: null,
};

function toChargeRows(tariff: Tariff): Row[] {
    return tariff.versions.flatMap((version, version_no) =>
        [
            ...energyRows(version.energy).map((row) => ({ ...row, charge_kind: 'energy' })),
            ...demandRows(version).map((row) => ({ ...row, charge_kind: 'demand' })),
            ...taxRows(version).map((row) => ({ ...row, charge_kind: 'tax' })),
        ].map((row) => ({ tariff_id: tariff.id, version_no, ...row })),
    );
}

function energyRows(energy: EnergyCharge): Row[] {
    switch (energy.kind) {
        case 'flat':
            return [{ ...noCharge, charge_no: 0, tier_no: 0, charge_name: 'energy', rate: energy.rate }];
        case 'time_of_use':
            return energy.periods.map(({ name, rate }, charge_no) => ({
                ...noCharge,
                charge_no,
                tier_no: 0,
                charge_name: name,
                rate,
            }));
        case 'tiers':
            return tierRows(energy.tiers, 0, 'energy');
        case 'seasonal_tiers':
            return Object.entries(energy.seasons).flatMap(([season, tiers], charge_no) =>
                tierRows(tiers, charge_no, season),
            );
    }
}

function tierRows(tiers: readonly Tier[], charge_no: number, charge_name: string): Row[] {
    return tiers.map(({ rate, up_to_kwh }, tier_no) => ({
        ...noCharge,
        charge_no,
        tier_no,
        charge_name,
        rate,
        from_kwh: tiers[tier_no - 1]?.up_to_kwh ?? 0,
        up_to_kwh: up_to_kwh ?? null,
    }));
}

function demandRows({ demand = [] }: TariffVersion): Row[] {
    return demand.map(({ name, rate_per_kw, ratchet }, charge_no) => ({
        ...noCharge,
        charge_no,
        tier_no: 0,
        charge_name: name,
        rate: rate_per_kw,
        ratchet_percent: ratchet?.percent ?? null,
        ratchet_months: ratchet?.months ?? null,
    }));
}

function taxRows({ taxes = [] }: TariffVersion): Row[] {
    return taxes.map(
        ({ name, percent, on = ['energy', 'demand', 'fixed'], compound = false }, charge_no) => ({
            ...noCharge,
            charge_no,
            tier_no: 0,
            charge_name: name,
            tax_percent: percent,
            taxes_energy: on.includes('energy'),
            taxes_demand: on.includes('demand'),
            taxes_fixed: on.includes('fixed'),
            taxes_taxes: compound,
        }),
    );
}
