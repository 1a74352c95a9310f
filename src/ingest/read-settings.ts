/** What holds for each channel as `settings` shows it: every value, and where it comes from. Writes nothing. */
import { channelSettings } from '../analysis/channel-settings.ts';
import { type LakeSettings, noSettings, parseSettings } from '../analysis/settings.ts';
import type { SettingOrigin } from '../analysis/settle.ts';
import { readMaybe } from '../lake/files.ts';
import { withDuckDB } from '../warehouse/duckdb.ts';
import type { LakeContext } from './context.ts';
import { settingsFile, settleLake } from './publish-settings.ts';

export interface ShownSetting {
    /** '' for the defaults. */
    readonly channelId: string;
    readonly channelName: string | null;
    readonly key: string;
    /** As it would be written. */
    readonly value: string;
    readonly origin: SettingOrigin;
}

export interface ShownSettings {
    readonly settings: readonly ShownSetting[];
    /** Ids of the file that this lake does not know. */
    readonly strangers: readonly string[];
}

/** Those of `text` when given, else those of the lake's own file. Throws SETTINGS_INVALID. */
export async function readLakeSettings(
    lake: LakeContext,
    given?: { readonly text: string; readonly file: string },
): Promise<ShownSettings> {
    const settings = given === undefined ? await readOwn(lake) : parseSettings(given.text, given.file);
    return withDuckDB({ threads: 1 }, async (db) => {
        const { channels, strangers } = await settleLake(lake, db, settings);
        const shown = channels.flatMap(({ place, channelName, settings: settled }) =>
            settled.map(({ key, value, origin }) => ({
                channelId: place.channelId,
                channelName,
                key,
                value: channelSettings.find((setting) => setting.key === key)?.show(value) ?? String(value),
                origin,
            })),
        );
        return { settings: shown, strangers };
    });
}

async function readOwn(lake: LakeContext): Promise<LakeSettings> {
    const file = settingsFile(lake);
    const text = await readMaybe(file);
    return text === undefined ? noSettings : parseSettings(text, file);
}
