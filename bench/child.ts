/** Runs pieces in processes of their own, from both ends: the bench that starts them, and the process that is one. */
import { fork } from 'node:child_process';
import process from 'node:process';
import { z } from 'zod';
import type { Measurement, Piece } from './piece.ts';

/** First argument of a process that is to run one piece. */
export const pieceArgument = '--piece';

const report = z.object({ ms: z.number(), count: z.number(), peakBytes: z.number() });

export interface Started {
    readonly measurement: Measurement;
    /** Ends the process; a server runs until then. */
    stop(): Promise<void>;
}

/** Starts a piece and waits for its report. Throws when its process ends without one. */
export async function startPiece<Input>(piece: Piece<Input>, input: Input): Promise<Started> {
    const child = fork(process.argv[1] ?? '', [pieceArgument, piece.name, JSON.stringify(input)]);
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const stop = async (): Promise<void> => {
        // Not by a signal: the program under measure takes the first one as a wish to end cleanly.
        if (child.connected) child.disconnect();
        await ended;
    };
    const message = await new Promise<unknown>((resolve, reject) => {
        child.once('message', resolve);
        child.once('error', reject);
        child.once('exit', (code) => reject(new Error(`bench piece ${piece.name} ended with code ${code}`)));
    });
    return { measurement: report.parse(message), stop };
}

/** Runs a piece to its end. */
export async function measure<Input>(piece: Piece<Input>, input: Input): Promise<Measurement> {
    const { measurement, stop } = await startPiece(piece, input);
    await stop();
    return measurement;
}

/** The fastest run of two pieces, run in turn: whatever else the machine does then slows both alike. */
export async function compareBest(
    times: number,
    first: (run: number) => Promise<Measurement>,
    second: (run: number) => Promise<Measurement>,
): Promise<readonly [Measurement, Measurement]> {
    const runs: (readonly [Measurement, Measurement])[] = [];
    for (let run = 0; run < times; run += 1) runs.push([await first(run), await second(run)]);
    return [bestOf(runs.map(([one]) => one)), bestOf(runs.map(([, other]) => other))];
}

function bestOf(runs: readonly Measurement[]): Measurement {
    const fastest = runs.reduce((best, next) => (next.ms < best.ms ? next : best));
    return { ...fastest, peakBytes: Math.max(...runs.map(({ peakBytes }) => peakBytes)) };
}

/** The process that is a piece: runs it and reports. It stays until the bench ends it. */
export async function runAsPiece<Input>(piece: Piece<Input>, json: string): Promise<void> {
    // Also when the bench was killed: a server must not outlive it.
    process.once('disconnect', () => process.exit());
    const measured = await piece.run(piece.schema.parse(JSON.parse(json)));
    // maxRSS is in kilobytes on every system.
    process.send?.({ ...measured, peakBytes: process.resourceUsage().maxRSS * 1024 });
}
