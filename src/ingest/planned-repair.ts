/** One thing `repair` is to do, and the one it does most: to take a file out of the way without losing it. */
import type { LakeContext } from './context.ts';
import { nameInLake } from './problems.ts';
import { setAside } from './raw.ts';

export interface Repair {
    readonly path: string;
    /** What was done, once it is. */
    readonly what: string;
    apply(): Promise<void>;
}

/** Moves the file or folder to quarantine, under a name that tells where it was. */
export function planAside(lake: LakeContext, path: string, reason: string): Repair {
    const name = `${lake.journal.run}_${nameInLake(lake, path).replaceAll(/[^\w.=-]/g, '_')}`;
    return {
        path,
        what: `moved to quarantine as ${name}: ${reason}`,
        apply: () => setAside(lake, path, reason, name),
    };
}
