/** Adds one tariff to the lake's own reference/tariffs.json and publishes it. */
import type { Tariff } from '../analysis/tariff-schema.ts';
import { parseTariffs } from '../analysis/tariffs.ts';
import { AppError } from '../core/errors.ts';
import { readMaybe } from '../lake/files.ts';
import type { LakeContext } from './context.ts';
import { publish } from './publish.ts';
import { tariffFile } from './publish-tariffs.ts';

/** Returns the file. Throws SETTINGS_INVALID when it has that tariff already, or is wrong itself. */
export async function addTariff(lake: LakeContext, tariff: Tariff): Promise<string> {
    const file = tariffFile(lake);
    const text = await readMaybe(file);
    const known = text === undefined ? [] : parseTariffs(text, file);
    if (known.some(({ id }) => id === tariff.id)) {
        throw new AppError('SETTINGS_INVALID', `${file} has a tariff "${tariff.id}" already`, {
            hint: 'Give the new one another name with --id, or take the old one out first.',
        });
    }
    await lake.files.write(file, `${JSON.stringify({ tariffs: [...known, tariff] }, null, 4)}\n`);
    await publish(lake);
    return file;
}
