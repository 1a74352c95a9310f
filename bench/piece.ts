/**
 * A piece is one thing a bench row measures or prepares. Each runs in a process of its own, so that its peak memory
 * is its own and nothing is warm from the piece before.
 */
import type { z } from 'zod';

/** What a piece reports. */
export interface Measured {
    /** Time of the measured part, without the start of the process. */
    readonly ms: number;
    /** Readings, rows or partitions, as the piece says; a server's port. */
    readonly count: number;
}

export interface Measurement extends Measured {
    /** Highest resident memory of the piece's process, bytes. */
    readonly peakBytes: number;
}

export interface Piece<Input> {
    readonly name: string;
    readonly schema: z.ZodType<Input>;
    run(input: Input): Promise<Measured>;
}

/** Milliseconds the work took, and what it returned. */
export async function time<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
    const start = performance.now();
    const result = await work();
    return { ms: performance.now() - start, result };
}
