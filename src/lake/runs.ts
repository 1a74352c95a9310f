/**
 * The run journal: one JSON line per fact in `runs/YYYY-MM.jsonl`. It tells, per channel and span, what was
 * landed, answered empty, coarser than asked, or failed and why, and it survives a kill at any byte.
 */

import type { LakeFiles } from './files.ts';
import type { LakePaths } from './layout.ts';
import { journalFile } from './layout.ts';

/** What became of one request. `coarser` is landed too, with its true interval. */
export type Outcome = 'landed' | 'empty' | 'coarser' | 'failed' | 'quarantined';

export interface RequestEntry {
    readonly event: 'request';
    readonly channel_id: string;
    /** ISO instants, half-open. */
    readonly from: string;
    readonly to: string;
    /** Seconds asked for, and seconds answered when there was an answer. */
    readonly resolution: number;
    readonly answered?: number;
    readonly outcome: Outcome;
    /** Buckets in the answer, and those with at least one value. */
    readonly readings?: number;
    readonly measured?: number;
    readonly code?: string;
    readonly reason?: string;
    readonly quarantine?: string;
}

export interface PartitionEntry {
    readonly event: 'partition';
    readonly channel_id: string;
    readonly partition: string;
    readonly snapshots: number;
    readonly rows: number;
    readonly bytes: number;
    readonly rebuilt: boolean;
}

export interface NoteEntry {
    readonly event: 'run_started' | 'run_finished' | 'run_failed' | 'reference' | 'warning';
    readonly [fact: string]: unknown;
}

export type JournalEntry = RequestEntry | PartitionEntry | NoteEntry;

export interface Journal {
    /** The run's id, sortable by its start. */
    readonly run: string;
    write(...entries: readonly JournalEntry[]): Promise<void>;
}

/** Version of a journal line. */
const journalVersion = 1;

/** Opens the journal for one run. Entries are whole lines, so a reader never sees half of one from a live run. */
export function openJournal(
    files: LakeFiles,
    paths: LakePaths,
    clock: { now(): number },
    run: string,
): Journal {
    const file = journalFile(paths, clock.now());
    return {
        run,
        write: async (...entries) => {
            if (entries.length === 0) return;
            const time = new Date(clock.now()).toISOString();
            const lines = entries.map((entry) =>
                JSON.stringify({ version: journalVersion, time, run, ...entry }),
            );
            await files.appendLine(file, lines.join('\n'));
        },
    };
}

/** `2026-11-23T09-19-47.123Z-4711` */
export function formatRunId(startedAt: number, pid: number): string {
    return `${new Date(startedAt).toISOString().replaceAll(':', '-')}-${pid}`;
}
