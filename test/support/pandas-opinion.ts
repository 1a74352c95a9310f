/** Asks test/data/second_opinion.py whether the views of a lake say what the replayed CSV says. */
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { ReplayLake } from './replay-lake.ts';
import { runProcess } from './run-cli.ts';
import { tempFolder } from './temp-folder.ts';
import { python } from './venv.ts';

const script = fileURLToPath(new URL('../data/second_opinion.py', import.meta.url));

const rollups = ['energy', 'organization'].flatMap((grain) =>
    ['hourly', 'daily', 'weekly', 'monthly'].map((period) => `${grain}_${period}`),
);

/** When a row was fetched is nothing a CSV could know. */
const questions = {
    ...Object.fromEntries(rollups.map((view) => [view, `select * from ${view}`])),
    readings_normalized: 'select * exclude (fetched_at) from readings_normalized',
    flags: 'select channel_id, timestamp, flags from readings_clean where flags <> 0',
};

interface Compared {
    readonly rows: number;
    /** Rows times columns. */
    readonly figures: number;
    /** Of these, those that are not null. */
    readonly known: number;
}

interface PandasOpinion {
    /** The first ten, in words. */
    readonly differences: readonly string[];
    /** By view. */
    readonly compared: Readonly<Record<string, Compared>>;
}

/** `folder` is the replay. Gives what was compared, by view: all that the lake handed over. Call it inside a test. */
export async function expectPandasToAgree(
    lake: ReplayLake,
    folder: string,
): Promise<PandasOpinion['compared']> {
    const scratch = tempFolder();
    const { flags: _, ...handedOver } = await lake.handOver(scratch, questions);
    // Without -B it would leave its compiled files beside the tests.
    const { code, stdout, stderr } = await runProcess(python, ['-B', script, folder, scratch], {
        cwd: scratch,
    });
    expect(code, stderr).toBe(0);
    const { differences, compared }: PandasOpinion = JSON.parse(stdout);
    expect(differences).toEqual([]);
    const sizes = Object.entries(compared).map(([view, { rows, figures }]) => [view, { rows, figures }]);
    const expected = Object.entries(handedOver).map(([view, { rows, columns }]) => [
        view,
        { rows, figures: rows * columns },
    ]);
    expect(Object.fromEntries(sizes)).toEqual(Object.fromEntries(expected));
    // Null agrees with null, which proves little: a share must be something.
    expect(Object.values(compared).filter(({ known, figures }) => known < figures / 4)).toEqual([]);
    return compared;
}
