/** Tells a person when the file a secret was read from can be read by others on this machine. */
import { statSync } from 'node:fs';
import { platform } from 'node:os';
import { settingFacts, settingKeys } from '../config/schema.ts';
import type { Context } from './context.ts';

/** Permissions of the group and of everybody. */
const others = 0o077;

/**
 * A file named by `…_FILE` is left alone: what mounts secrets into a container chooses its own permissions. A log is
 * not told: the same line every hour would be read by nobody.
 */
export function warnOfReadableSecrets({ originOf, say, voice }: Context): void {
    // On Windows a file's mode says nothing about who may read it.
    if (voice.format === 'json' || platform() === 'win32') return;
    const files = settingKeys.flatMap((key) => {
        const origin = originOf(key);
        const isKept = origin.kind === 'env-file' || origin.kind === 'config-file';
        return settingFacts(key).secret === true && isKept ? [origin.file] : [];
    });
    for (const file of new Set(files)) {
        if ((statSync(file).mode & others) === 0) continue;
        say.warn('secrets_readable', { file }, `others can read the secrets in ${file}: chmod 600 ${file}`);
    }
}
