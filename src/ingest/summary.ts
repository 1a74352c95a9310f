/** What a run did, counted while it runs; decides the exit code and fills the one line cron keeps. */
import { errorCodes } from '../core/errors.ts';

/** A channel or span that failed, with its reason, as people read it. */
export interface Failure {
    readonly channelId: string;
    readonly channelName: string;
    readonly code: string;
    readonly message: string;
    /** Spans that failed for this reason. */
    readonly spans: number;
}

export interface RunSummary {
    readonly command: string;
    readonly run: string;
    readonly startedAt: number;
    readonly finishedAt: number;
    /** HTTP requests sent, tries and reference lists included. */
    readonly requests: number;
    /** Spans planned, and what became of them. */
    readonly planned: number;
    readonly landed: number;
    readonly empty: number;
    readonly coarser: number;
    readonly failed: number;
    readonly quarantined: number;
    /** Buckets landed, and those with at least one value. */
    readonly readings: number;
    readonly measured: number;
    /** Channels asked; channels that answered only nulls. */
    readonly channels: number;
    readonly silentChannels: readonly string[];
    readonly failures: readonly Failure[];
    /** Compaction: snapshots taken in, partitions written, rows in them, bytes of them. */
    readonly snapshots: number;
    readonly partitions: number;
    readonly rows: number;
    readonly bytes: number;
    /** Rebuild: files whose new bytes are those recorded before, and of these the ones that had been damaged or lost. */
    readonly identical: number;
    readonly restored: number;
    readonly warnings: readonly string[];
}

/** 0 when nothing failed, else the exit code "partial". */
export function exitCodeOf(summary: RunSummary): number {
    return summary.failures.length > 0 ? errorCodes.RUN_PARTIAL.exit : 0;
}
