/** What `eniscope-lake compact` does, from taking the lock to the published views. Counts the rows it wrote. */
import { z } from 'zod';
import { compact } from '../../src/ingest/compact.ts';
import { openLake } from '../lake.ts';
import { type Piece, time } from '../piece.ts';

const schema = z.object({ root: z.string() });

export const compactLake: Piece<z.infer<typeof schema>> = {
    name: 'compact-lake',
    schema,
    run: async ({ root }) => {
        const { ms, result } = await time(() => openLake(root, 'compact', compact));
        return { ms, count: result.rows };
    },
};
