/** Runs the built program as a child process on a disk that kills it, fails it or is slow: test/support/faulty-disk.js. */
import { fileURLToPath } from 'node:url';
import { type BinOptions, binFile, type CliResult, runProcess } from './run-cli.ts';

export interface FaultyDisk {
    /** The folder whose disk it is. */
    readonly root: string;
    readonly killAt?: number;
    readonly failAt?: number;
    readonly code?: 'ENOSPC' | 'EDQUOT' | 'EACCES' | 'EROFS' | 'EIO';
    readonly slowMs?: number;
    readonly trace?: string;
    /** Epoch milliseconds: the clock of the process stands still. */
    readonly now?: number;
}

const preload = fileURLToPath(new URL('faulty-disk.js', import.meta.url));

/** The code of a process that SIGKILL ended, as a shell says it. */
export const killed = 137;

export function runOnFaultyDisk(
    argv: readonly string[],
    disk: FaultyDisk,
    options: BinOptions,
): Promise<CliResult> {
    const env = { ...options.env, FAULTY_DISK: JSON.stringify(disk) };
    return runProcess(process.execPath, ['--import', preload, binFile, ...argv], { ...options, env });
}
