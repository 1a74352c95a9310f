/** Counts what a run does while it does it, and closes into a RunSummary. */
import { errorCodes } from '../core/errors.ts';
import type { Outcome } from '../lake/runs.ts';
import type { LakeContext } from './context.ts';
import type { Failure, RunSummary } from './summary.ts';

export interface Tally {
    request(outcome: Outcome, readings: number, measured: number): void;
    failure(channelId: string, channelName: string, code: string, message: string): void;
    channel(channelId: string, silent: boolean): void;
    planned(spans: number): void;
    requests(sent: number): void;
    snapshot(): void;
    partition(rows: number, bytes: number): void;
    /** A rebuilt file that is what was recorded before. */
    identical(wasDamaged: boolean): void;
    warning(sentence: string): void;
    /** True when something failed: the run is then only partly done. */
    readonly hasFailures: boolean;
    summary(): RunSummary;
}

function createTally(lake: LakeContext): Tally {
    const outcomes: Record<Outcome, number> = { landed: 0, empty: 0, coarser: 0, failed: 0, quarantined: 0 };
    const failures = new Map<string, Failure>();
    const silentChannels: string[] = [];
    const warnings: string[] = [];
    const count = {
        planned: 0,
        requests: 0,
        readings: 0,
        measured: 0,
        channels: 0,
        snapshots: 0,
        partitions: 0,
        rows: 0,
        bytes: 0,
        identical: 0,
        restored: 0,
    };
    return {
        request: (outcome, readings, measured) => {
            outcomes[outcome] += 1;
            count.readings += readings;
            count.measured += measured;
        },
        failure: (channelId, channelName, code, message) => {
            const key = `${channelId} ${code} ${message}`;
            const spans = (failures.get(key)?.spans ?? 0) + 1;
            failures.set(key, { channelId, channelName, code, message, spans });
        },
        channel: (channelId, silent) => {
            count.channels += 1;
            if (silent) silentChannels.push(channelId);
        },
        planned: (spans) => {
            count.planned += spans;
        },
        requests: (sent) => {
            count.requests += sent;
        },
        snapshot: () => {
            count.snapshots += 1;
        },
        partition: (rows, bytes) => {
            count.partitions += 1;
            count.rows += rows;
            count.bytes += bytes;
        },
        identical: (wasDamaged) => {
            count.identical += 1;
            if (wasDamaged) count.restored += 1;
        },
        warning: (sentence) => {
            warnings.push(sentence);
        },
        get hasFailures() {
            return failures.size > 0;
        },
        summary: () => ({
            command: lake.command,
            run: lake.journal.run,
            startedAt: lake.startedAt,
            finishedAt: lake.runtime.now(),
            ...count,
            ...outcomes,
            silentChannels: silentChannels.sort(),
            failures: [...failures.values()].sort(byChannel),
            warnings,
        }),
    };
}

function byChannel(a: Failure, b: Failure): number {
    return Number(a.channelId) - Number(b.channelId) || a.code.localeCompare(b.code);
}

/** Runs `work` between the journal's `run_started` and `run_finished` lines. */
export async function withRun(
    lake: LakeContext,
    facts: Readonly<Record<string, unknown>>,
    work: (tally: Tally) => Promise<void>,
): Promise<RunSummary> {
    const tally = createTally(lake);
    await lake.journal.write({ event: 'run_started', command: lake.command, ...facts });
    try {
        await work(tally);
    } catch (error) {
        const { name, message } = error instanceof Error ? error : new Error(String(error));
        const code = error instanceof Error && 'code' in error ? error.code : name;
        // The journal may be what cannot be written; the error itself matters more.
        await lake.journal
            .write({ event: 'run_failed', command: lake.command, code, message })
            .catch(() => undefined);
        throw error;
    }
    const summary = tally.summary();
    const exit = tally.hasFailures ? errorCodes.RUN_PARTIAL.exit : 0;
    await lake.journal.write({ event: 'run_finished', exit, ...journalFacts(summary) });
    return summary;
}

function journalFacts(summary: RunSummary): Record<string, unknown> {
    const { startedAt, finishedAt, run: _run, ...facts } = summary;
    return { ...facts, duration_ms: finishedAt - startedAt };
}
