/**
 * `why`: where a number comes from. Every answer that ever covered an instant, from archive and inbox, with what it said,
 * when it was fetched and by which run; when the number changed; and what was asked in vain.
 */
import { messageOf } from '../core/errors.ts';
import { sizeMaybe } from '../lake/files.ts';
import { partitionFile } from '../lake/layout.ts';
import { parseSnapshot } from '../lake/snapshot-text.ts';
import { byAge, listArchive, listInbox, readSnapshotText, type Snapshot } from '../lake/snapshots.ts';
import { daySeconds, formatInstant, partitionsOf } from '../model/time.ts';
import { withDuckDB } from '../warehouse/duckdb.ts';
import { readRows } from '../warehouse/inspect.ts';
import { lakeFields } from '../warehouse/merge.ts';
import type { LakeContext } from './context.ts';
import { type FoldedRow, foldRow, readIntervals } from './fold-answers.ts';
import { nameInLake } from './problems.ts';
import { hasAllRaw } from './raw.ts';
import { type Happenings, readHappenings, type VainRequest } from './why-journal.ts';

/** Instants are ISO; values are in the units of the lake's columns. */
export interface Interval {
    readonly timestamp: string;
    readonly intervalS: number;
    readonly values: Readonly<Record<string, number | null>>;
    readonly fetchedAt: string;
}

/** What one snapshot said. `interval` is null when the answer covered the instant and had no record for it. */
export interface WhyAnswer {
    readonly fetchedAt: string;
    readonly interval: Interval | null;
    readonly snapshot: string;
    /** The file that holds it, relative to the lake. */
    readonly file: string;
    readonly isPacked: boolean;
    readonly from: string;
    readonly to: string;
    readonly resolution: number;
    /** The run that fetched it, and when its readings were in the lake; null where the journal does not tell. */
    readonly run: string | null;
    readonly storedAt: string | null;
}

export interface WhyChange {
    /** When the answer that changed it was fetched. */
    readonly fetchedAt: string;
    readonly timestamp: string;
    readonly intervalS: number;
    readonly column: string;
    /** Null before the first value. */
    readonly before: number | null;
    readonly after: number;
    readonly snapshot: string;
    readonly run: string | null;
    readonly storedAt: string | null;
}

export interface Why {
    readonly channelId: string;
    readonly time: string;
    /** What the data files hold now. */
    readonly stored: readonly Interval[];
    /** Oldest first. */
    readonly answers: readonly WhyAnswer[];
    readonly changes: readonly WhyChange[];
    readonly failures: readonly VainRequest[];
    /** What limits the answer: sentences. */
    readonly notes: readonly string[];
}

/** `time` in epoch seconds: the intervals that hold it are explained. */
export async function explain(
    lake: LakeContext,
    question: { readonly channelId: string; readonly time: number },
): Promise<Why> {
    const { channelId, time } = question;
    const instant = { from: time, to: time + 1 };
    const archived = await listArchive(lake.paths, channelId, instant);
    const waiting = (await listInbox(lake.paths)).snapshots.filter(
        (snapshot) => snapshot.channelId === channelId && snapshot.from <= time && snapshot.to > time,
    );
    const known = new Set(archived.map(({ file }) => file));
    const snapshots = [...archived, ...waiting.filter(({ file }) => !known.has(file))].sort(byAge);
    const happenings = await readHappenings(lake, channelId, time, snapshots);
    const notes: string[] = [];
    const answers: WhyAnswer[] = [];
    const changes: WhyChange[] = [];
    const folded = new Map<string, FoldedRow>();
    for (const snapshot of snapshots) {
        const rows = await readAnswer(lake, snapshot, time, notes);
        for (const row of rows ?? []) {
            const key = `${row.ts} ${row.intervalS}`;
            const next = foldRow(folded.get(key), row);
            changes.push(...findChanges(lake, snapshot, folded.get(key), next, happenings));
            folded.set(key, next);
        }
        const said = rows?.length === 0 ? [null] : (rows ?? []);
        answers.push(...said.map((row) => describeAnswer(lake, snapshot, row, happenings)));
    }
    const month = partitionsOf(instant, lake.manifest.granularity)[0];
    if (month !== undefined && !hasAllRaw(lake, month)) {
        notes.push(`raw snapshots before ${lake.manifest.rawKeptFrom} were removed by retention`);
    }
    return {
        channelId,
        time: formatInstant(time),
        stored: await readStored(lake, channelId, time, notes),
        answers,
        changes,
        failures: happenings.failures,
        notes,
    };
}

/** The records of a snapshot that hold the instant; undefined, with a note, when it cannot be read. */
async function readAnswer(
    lake: LakeContext,
    snapshot: Snapshot,
    time: number,
    notes: string[],
): Promise<FoldedRow[] | undefined> {
    try {
        const content = parseSnapshot(await readSnapshotText(lake.paths, snapshot));
        const rows = readIntervals(content, content.name, lakeFields(lake.manifest.fields));
        return rows.filter(({ ts, intervalS }) => ts <= time && time < ts + intervalS);
    } catch (error) {
        notes.push(`${snapshot.file} cannot be read: ${messageOf(error)}`);
        return undefined;
    }
}

function describeAnswer(
    lake: LakeContext,
    snapshot: Snapshot,
    row: FoldedRow | null,
    happenings: Happenings,
): WhyAnswer {
    return {
        fetchedAt: new Date(snapshot.fetchedAt).toISOString(),
        interval: row === null ? null : describeRow(lake, row),
        snapshot: snapshot.file,
        file: nameInLake(lake, snapshot.path),
        isPacked: snapshot.packed !== undefined,
        from: formatInstant(snapshot.from),
        to: formatInstant(snapshot.to),
        resolution: snapshot.resolution,
        run: happenings.runOf(snapshot),
        storedAt: row === null ? null : happenings.storedAt(snapshot, row.ts),
    };
}

function findChanges(
    lake: LakeContext,
    snapshot: Snapshot,
    before: FoldedRow | undefined,
    after: FoldedRow,
    happenings: Happenings,
): WhyChange[] {
    return lakeFields(lake.manifest.fields).flatMap(({ column }, index) => {
        const [old = null, value = null] = [before?.values[index], after.values[index]];
        if (value === null || value === old) return [];
        return [
            {
                fetchedAt: new Date(snapshot.fetchedAt).toISOString(),
                timestamp: formatInstant(after.ts),
                intervalS: after.intervalS,
                column,
                before: old,
                after: value,
                snapshot: snapshot.file,
                run: happenings.runOf(snapshot),
                storedAt: happenings.storedAt(snapshot, after.ts),
            },
        ];
    });
}

async function readStored(
    lake: LakeContext,
    channelId: string,
    time: number,
    notes: string[],
): Promise<Interval[]> {
    // No interval is longer than a local day of 25 hours.
    const span = { from: time - daySeconds - 3600, to: time + 1 };
    return withDuckDB({ threads: 1 }, async (db) => {
        const found: Interval[] = [];
        for (const partition of partitionsOf(span, lake.manifest.granularity)) {
            const file = partitionFile(lake.paths, channelId, partition);
            if ((await sizeMaybe(file)) === undefined) continue;
            const rows = await readRows(db, file, span, lake.manifest.fields).catch((error: unknown) => {
                notes.push(`${nameInLake(lake, file)} cannot be read: ${messageOf(error)}`);
                return [];
            });
            const holding = rows.filter(({ ts, intervalS }) => ts <= time && time < ts + intervalS);
            found.push(...holding.map((row) => describeRow(lake, row)));
        }
        return found;
    });
}

function describeRow(lake: LakeContext, row: FoldedRow): Interval {
    const columns = lakeFields(lake.manifest.fields).map(({ column }) => column);
    return {
        timestamp: formatInstant(row.ts),
        intervalS: row.intervalS,
        values: Object.fromEntries(columns.map((column, index) => [column, row.values[index] ?? null])),
        fetchedAt: new Date(row.fetchedAt).toISOString(),
    };
}
