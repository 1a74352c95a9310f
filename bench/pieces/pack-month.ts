/** Packs the months that are closed at an instant, as `eniscope-lake pack` does. Counts snapshots. */
import { z } from 'zod';
import { silentLogger } from '../../src/core/log.ts';
import { systemRuntime } from '../../src/core/runtime.ts';
import { withLake } from '../../src/ingest/context.ts';
import { packArchive } from '../../src/ingest/pack.ts';
import { type Piece, time } from '../piece.ts';

const schema = z.object({
    root: z.string(),
    /** Where the clock stands, epoch seconds. */
    now: z.int(),
});

export const packMonth: Piece<z.infer<typeof schema>> = {
    name: 'pack-month',
    schema,
    run: async ({ root, now }) => {
        const runtime = { ...systemRuntime(), now: () => now * 1000 };
        const { ms, result } = await time(() =>
            withLake({ root, command: 'pack', write: true, runtime, log: silentLogger }, (lake) =>
                packArchive(lake, { restDays: 3, most: Number.POSITIVE_INFINITY }),
            ),
        );
        if (result.warnings.length > 0) throw new Error(result.warnings[0]);
        return { ms, count: result.snapshots };
    },
};
