/**
 * What `eniscope-lake compact` does, from taking the lock to the published views, or one half of it: the partitions, or
 * what publishing works out from them. Counts the rows it wrote.
 */
import { z } from 'zod';
import { compact, compactInto } from '../../src/ingest/compact.ts';
import type { LakeContext } from '../../src/ingest/context.ts';
import { publish } from '../../src/ingest/publish.ts';
import { withRun } from '../../src/ingest/tally.ts';
import { openLake } from '../lake.ts';
import { type Piece, time } from '../piece.ts';

const halves = {
    both: compact,
    partitions: (lake: LakeContext) => withRun(lake, {}, (tally) => compactInto(lake, tally)),
    publishing: (lake: LakeContext) => withRun(lake, {}, () => publish(lake)),
};

const schema = z.object({ root: z.string(), half: z.enum(['both', 'partitions', 'publishing']) });

export const compactLake: Piece<z.infer<typeof schema>> = {
    name: 'compact-lake',
    schema,
    run: async ({ root, half }) => {
        const { ms, result } = await time(() => openLake(root, 'compact', halves[half]));
        return { ms, count: result.rows };
    },
};
