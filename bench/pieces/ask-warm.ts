/** The best of several runs of one question, after a first that warms it up. Counts the rows of the answer. */
import { z } from 'zod';
import { withDuckDB } from '../../src/warehouse/duckdb.ts';
import { type Piece, time } from '../piece.ts';

const schema = z.object({
    /** A published `lake.duckdb`; memory alone when left out. */
    file: z.string().optional(),
    sql: z.string(),
    runs: z.int(),
    /** `fetch` brings the rows to the program; `keep` leaves a large answer in a temporary table. */
    answer: z.enum(['fetch', 'keep']),
});

export const askWarm: Piece<z.infer<typeof schema>> = {
    name: 'ask-warm',
    schema,
    run: ({ file, sql, runs, answer }) =>
        withDuckDB(file === undefined ? {} : { file, readOnly: true }, async (db) => {
            const ask = async (): Promise<number> => {
                if (answer === 'fetch') return (await db.rows(sql)).length;
                await db.run(`create or replace temp table answer as ${sql}`);
                return Number(await db.value('select count(*) from answer'));
            };
            const count = await ask();
            let ms = Number.POSITIVE_INFINITY;
            for (let run = 0; run < runs; run += 1) ms = Math.min(ms, (await time(ask)).ms);
            return { ms, count };
        }),
};
