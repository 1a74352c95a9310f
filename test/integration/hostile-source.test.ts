/**
 * A hostile source, seed by seed: storms of 429 and 500, answers that lie, connections that break, channels that vanish,
 * clocks that jump. Whatever it does, the lake holds what was ever answered rightly and says so.
 *
 * 16 seeds here, 200 with `npm run test:hostile`.
 */
import { describe, expect, it } from 'vitest';
import { isFull } from '../support/extent.ts';
import {
    findDishonesty,
    findGaps,
    findStorm,
    findWrongCoverage,
    findWrongRows,
} from '../support/hostile-check.ts';
import { type HostileRun, startHostileSource } from '../support/hostile-source.ts';
import { tempFolder } from '../support/temp-folder.ts';

const count = isFull ? 200 : 16;
const seeds = Array.from({ length: count }, (_, index) => index + 1);
const hourMs = 3_600_000;

describe('a hostile source', () => {
    it.concurrent.for(seeds)(
        'leaves a right lake and an honest journal, seed %i',
        {
            timeout: 300_000,
        },
        async (seed, { onTestFinished }) => {
            const source = await startHostileSource(seed, tempFolder(onTestFinished), onTestFinished);
            const runs: HostileRun[] = [];
            const check = async (): Promise<void> => {
                const run = runs.at(-1);
                if (run === undefined) throw new Error('nothing was run');
                expect(findStorm(run), 'requests').toEqual([]);
                expect(findDishonesty(run), 'honesty').toEqual([]);
                expect(await findWrongRows(source, runs), 'rows').toEqual([]);
                expect(findWrongCoverage(source, runs), 'coverage').toEqual([]);
            };
            const stormy = 2 + Math.floor(source.chance(20) * 2);
            for (let run = 0; run < stormy; run += 1) {
                runs.push(await source.sync());
                await check();
                // Hours pass, or two days; now and then the machine's clock is set back.
                const hours = [1, 6, 25, 49, -1.5][Math.floor(source.chance(21 + run) * 5)] ?? 1;
                source.runtime.advance(hours * hourMs);
            }
            source.calm();
            source.runtime.advance(50 * hourMs);
            for (let run = 0; run < 2; run += 1) {
                runs.push(await source.sync());
                await check();
                source.runtime.advance(hourMs);
            }
            expect(runs.at(-1)?.exit).toBe(source.staysDead ? 7 : 0);
            expect(await findGaps(source, runs), 'gaps').toEqual([]);
        },
    );
});
