/** What the journal tells about the answers for an instant: the runs that fetched them, when they were stored, and failures. */
import { readJournal } from '../lake/runs.ts';
import type { Snapshot } from '../lake/snapshots.ts';
import { formatInstant, partitionOf } from '../model/time.ts';
import type { LakeContext } from './context.ts';

/** A request for the instant that brought nothing. Instants are ISO. */
export interface VainRequest {
    readonly time: string;
    readonly run: string;
    readonly from: string;
    readonly to: string;
    readonly resolution: number;
    readonly outcome: 'failed' | 'quarantined';
    readonly code: string | null;
    readonly reason: string | null;
    /** Where the answer that broke the contract is kept, relative to the lake. */
    readonly quarantine: string | null;
}

export interface Happenings {
    runOf(snapshot: Snapshot): string | null;
    /** When the partition of `ts` was first written after the snapshot came. */
    storedAt(snapshot: Snapshot, ts: number): string | null;
    readonly failures: readonly VainRequest[];
}

/** A clock that was set back may date an answer a little after the line that tells of it. */
const slackMs = 1000;

export async function readHappenings(
    lake: LakeContext,
    channelId: string,
    time: number,
    snapshots: readonly Snapshot[],
): Promise<Happenings> {
    const since = Math.min(time * 1000, ...snapshots.map(({ fetchedAt }) => fetchedAt)) - slackMs;
    const runs = new Map<string, { readonly at: number; readonly run: string }[]>();
    const stored = new Map<string, number[]>();
    const failures: VainRequest[] = [];
    for await (const entry of readJournal(lake.paths, since, `"channel_id":"${channelId}"`)) {
        const [at, run] = [Date.parse(String(entry.time)), String(entry.run)];
        if (entry.channel_id !== channelId || Number.isNaN(at)) continue;
        if (entry.event === 'partition') {
            const value = String(entry.partition);
            stored.set(value, [...(stored.get(value) ?? []), at]);
        }
        if (entry.event !== 'request') continue;
        if (entry.outcome === 'failed' || entry.outcome === 'quarantined') {
            const [from, to] = [String(entry.from), String(entry.to)];
            if (Date.parse(from) > time * 1000 || Date.parse(to) <= time * 1000) continue;
            failures.push({
                time: String(entry.time),
                run,
                from,
                to,
                resolution: Number(entry.resolution),
                outcome: entry.outcome,
                code: textOrNull(entry.code),
                reason: textOrNull(entry.reason),
                quarantine: textOrNull(entry.quarantine),
            });
        } else {
            const key = `${entry.from} ${entry.to} ${entry.resolution}`;
            runs.set(key, [...(runs.get(key) ?? []), { at, run }]);
        }
    }
    return {
        failures,
        runOf: ({ from, to, resolution, fetchedAt }) => {
            const asked = runs.get(`${formatInstant(from)} ${formatInstant(to)} ${resolution}`) ?? [];
            return asked.find(({ at }) => at >= fetchedAt - slackMs)?.run ?? null;
        },
        storedAt: ({ fetchedAt }, ts) => {
            const written = stored.get(partitionOf(ts, lake.manifest.granularity).value) ?? [];
            const first = written.find((at) => at >= fetchedAt);
            return first === undefined ? null : new Date(first).toISOString();
        },
    };
}

function textOrNull(value: unknown): string | null {
    return typeof value === 'string' ? value : null;
}
