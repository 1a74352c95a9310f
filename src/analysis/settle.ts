/** Which settings hold for each channel, and where each comes from. Pure. */
import { AppError } from '../core/errors.ts';
import type { TreeRow } from '../model/organization-tree.ts';
import { channelSettings, type SettingValue } from './channel-settings.ts';
import type { GivenSettings, Holiday, LakeSettings } from './settings.ts';

/** What the API tells of a channel. */
export interface KnownPlace {
    readonly channelId: string;
    readonly organizationId: string | null;
    readonly timeZone: string;
    /** The organization's, when above 0. */
    readonly carbonKgPerKwh: number | null;
    /** The API's tariff id, when reference/tariffs.json knows it. */
    readonly tariffId: string | null;
}

/** Where a value comes from. */
export type SettingOrigin =
    | { readonly kind: 'built-in' | 'defaults' | 'channel' | 'api' }
    | { readonly kind: 'organization'; readonly organizationId: string };

export interface SettledSetting {
    readonly key: string;
    readonly value: SettingValue;
    readonly origin: SettingOrigin;
}

export interface SettledChannel {
    readonly place: KnownPlace;
    readonly settings: readonly SettledSetting[];
}

/** The channel's own, else those of its organization, else of the organizations above it, else the defaults. */
export function settleChannel(
    given: LakeSettings,
    place: KnownPlace,
    tree: readonly TreeRow[],
): SettledChannel {
    const layers: (readonly [GivenSettings | undefined, SettingOrigin])[] = [
        [given.channels[place.channelId], { kind: 'channel' }],
        ...tree
            .filter(({ organization_id: id }) => id === place.organizationId)
            .sort((a, b) => a.depth - b.depth)
            .map(
                ({ ancestor_id: id }) =>
                    [
                        given.organizations[id]?.settings,
                        { kind: 'organization', organizationId: id },
                    ] as const,
            ),
        [given.defaults, { kind: 'defaults' }],
    ];
    const settings = channelSettings.map(({ key, fallback }): SettledSetting => {
        const told = toldByApi(key, place);
        if (told !== null) return { key, value: told, origin: { kind: 'api' } };
        const found = layers.find(([layer]) => layer?.[key] !== undefined);
        const value = found?.[0]?.[key];
        return found === undefined || value === undefined
            ? { key, value: fallback, origin: { kind: 'built-in' } }
            : { key, value, origin: found[1] };
    });
    refuseContradictions(settings, place.channelId);
    return { place, settings };
}

function toldByApi(key: string, place: KnownPlace): SettingValue {
    if (key === 'carbon_kg_per_kwh') return place.carbonKgPerKwh;
    return key === 'tariff_id' ? place.tariffId : null;
}

/** Pairs that must not be the wrong way round; equal times of day would be no time, or all of it. */
const pairs = [
    ['min_voltage_v', 'max_voltage_v', 'below'],
    ['min_power_kw', 'max_power_kw', 'below'],
    ['business_start', 'business_end', 'different from'],
    ['night_start', 'night_end', 'different from'],
] as const;

function refuseContradictions(settings: readonly SettledSetting[], channelId: string): void {
    const find = (key: string) => settings.find((setting) => setting.key === key);
    for (const [lower, upper, relation] of pairs) {
        const [a, b] = [find(lower)?.value ?? null, find(upper)?.value ?? null];
        if (a === null || b === null || (relation === 'below' ? a < b : a !== b)) continue;
        const write = (key: string, value: SettingValue): string =>
            channelSettings.find((setting) => setting.key === key)?.show(value) ?? String(value);
        throw new AppError(
            'SETTINGS_INVALID',
            `reference/settings.json: for ${channelId === '' ? 'the defaults' : `channel ${channelId}`}, ` +
                `${lower} is ${write(lower, a)} and must be ${relation} ${upper}, which is ${write(upper, b)}`,
            { hint: '`eniscope-lake settings` shows where each value comes from.' },
        );
    }
}

/** A row of the table `channel_settings`. */
export function toSettingsRow({ place, settings }: SettledChannel): Record<string, SettingValue> {
    const columns = settings.map(({ key, value }) => {
        const column = channelSettings.find((setting) => setting.key === key)?.column ?? key;
        return [column, value] as const;
    });
    const tariff = settings.find(({ key }) => key === 'tariff_id');
    return {
        channel_id: place.channelId,
        time_zone: place.timeZone,
        ...Object.fromEntries(columns),
        tariff_organization_id: tariff?.origin.kind === 'organization' ? tariff.origin.organizationId : null,
    };
}

export interface HolidayRow {
    readonly organization_id: string;
    readonly date: string;
    readonly name: string | null;
}

/** Each organization with its holidays and those of the organizations above it; '' stands for all. */
export function settleHolidays(given: LakeSettings, tree: readonly TreeRow[]): HolidayRow[] {
    const rows = new Map<string, HolidayRow>();
    const add = (organizationId: string, days: readonly Holiday[]): void => {
        for (const { date, name } of days) {
            const key = `${organizationId} ${date}`;
            // The nearest organization names the day.
            if (!rows.has(key)) rows.set(key, { organization_id: organizationId, date, name });
        }
    };
    for (const { organization_id: id, ancestor_id: above } of [...tree].sort((a, b) => a.depth - b.depth)) {
        add(id, given.organizations[above]?.holidays ?? []);
    }
    add('', given.holidays);
    return [...rows.values()].sort(
        (a, b) =>
            a.organization_id.length - b.organization_id.length ||
            a.organization_id.localeCompare(b.organization_id, 'en') ||
            a.date.localeCompare(b.date, 'en'),
    );
}
