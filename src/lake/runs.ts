/**
 * The run journal: one JSON line per fact in `runs/YYYY-MM.jsonl`. It tells, per channel and span, what was
 * landed, answered empty, coarser than asked, or failed and why, and it survives a kill at any byte.
 */
import { createReadStream } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { daySeconds } from '../model/time.ts';
import { type LakeFiles, listFolder } from './files.ts';
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
    readonly event: 'run_started' | 'run_finished' | 'run_failed' | 'reference' | 'packed' | 'warning';
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
            const head = { version: journalVersion, time: new Date(clock.now()).toISOString(), run };
            const lines = entries.map((entry) => JSON.stringify({ ...head, ...entry }));
            await files.appendLine(file, lines.join('\n'));
        },
    };
}

/** `2026-11-23T09-19-47.123Z-4711` */
export function formatRunId(startedAt: number, pid: number): string {
    return `${new Date(startedAt).toISOString().replaceAll(':', '-')}-${pid}`;
}

/** The journal's entries whose line holds `text`, of the runs that began in the month of `since` (epoch ms) or later. */
export async function* readJournal(
    paths: LakePaths,
    since: number,
    text: string,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
    // A run that began before midnight of a month's end writes on after it.
    const first = basename(journalFile(paths, since - daySeconds * 1000));
    for (const name of await listFolder(paths.runs)) {
        if (!name.endsWith('.jsonl') || name < first) continue;
        const lines = createInterface({ input: createReadStream(join(paths.runs, name)) });
        for await (const line of lines) {
            const entry = line.includes(text) ? parseJournalLine(line) : undefined;
            if (entry !== undefined) yield entry;
        }
    }
}

/** An entry of the journal; undefined for a line torn by a crash. */
export function parseJournalLine(line: string): Readonly<Record<string, unknown>> | undefined {
    try {
        const parsed: unknown = JSON.parse(line);
        return typeof parsed === 'object' && parsed !== null ? { ...parsed } : undefined;
    } catch {
        // A line torn by a crash tells nothing.
        return undefined;
    }
}
