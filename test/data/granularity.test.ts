/** How the readings are cut into files changes no answer: a half-year of quarter-hours by day, month and year. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listFiles } from '../support/lake-fixture.ts';
import { openReplayLake } from '../support/replay-lake.ts';
import { formSecondOpinion } from '../support/second-opinion.ts';
import { findDifferences, periods, spanOf } from './describe-replay.ts';

const folder = fileURLToPath(new URL('../../../shared/data/uci_steel_15min/replay', import.meta.url));
const isMissing = !existsSync(folder);
const why = isMissing ? ` (skipped: ${folder} is not on this machine)` : '';

describe.skipIf(isMissing)(`the granularity of a lake${why}`, () => {
    // 2017-12-31T15:00Z to 2018-06-30T15:00Z touches 182 UTC days, 7 months, 2 years.
    it.each([
        ['day', 182],
        ['month', 7],
        ['year', 2],
    ] as const)('%s makes %d files of it and changes no answer', async (granularity, files) => {
        const truth = formSecondOpinion(folder);
        const lake = await openReplayLake(folder, { granularity });
        onTestFinished(() => lake.close());
        const run = await lake.sync(spanOf(truth));
        expect(run).toMatchObject({ measured: 17_376, partitions: files, failures: [] });
        expect(listFiles(lake.paths.readings)).toHaveLength(files);
        expect(findDifferences(await lake.ask(periods('energy_daily', 'date')), truth.days)).toEqual([]);
        expect(findDifferences(await lake.ask(periods('energy_monthly', 'month')), truth.months)).toEqual([]);
    });
});
