/** The simulator in a process of its own, with no wait and no rate limit. Its count is the port it listens on. */
import { z } from 'zod';
import { generatedFleet } from '../../src/simulator/generated-fleet.ts';
import { quietQuirks } from '../../src/simulator/quirks.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import type { Piece } from '../piece.ts';

const schema = z.object({ channels: z.int() });

export const serveFleet: Piece<z.infer<typeof schema>> = {
    name: 'serve-fleet',
    schema,
    run: async ({ channels }) => {
        const source = generatedFleet({ channels });
        const simulator = await startSimulator({ source, quirks: quietQuirks, now: () => Date.now() });
        return { ms: 0, count: Number(new URL(simulator.url).port) };
    },
};
