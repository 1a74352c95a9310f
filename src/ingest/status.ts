/** What is in a lake, and how fresh: read from names, sizes, coverage and the journal; no data file is opened. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readCoverage } from '../lake/coverage.ts';
import { listFolder, readMaybe, sizeMaybe } from '../lake/files.ts';
import { archiveFolder, packFile, parseArchiveMonth } from '../lake/layout.ts';
import { parseJournalLine } from '../lake/runs.ts';
import { listArchivedChannels } from '../lake/snapshots.ts';
import type { Granularity } from '../model/time.ts';
import type { LakeContext } from './context.ts';
import { readChannels } from './reference.ts';

export interface ChannelStatus {
    readonly channelId: string;
    readonly channelName: string;
    readonly organizationName: string | null;
    /** Epoch seconds; null when nothing was answered, or no value came yet. */
    readonly coveredFrom: number | null;
    readonly coveredTo: number | null;
    readonly lastReadingEnd: number | null;
    /** Spans that failed and are asked again at the next run. */
    readonly failedSpans: number;
}

export interface Amount {
    readonly files: number;
    readonly bytes: number;
}

export interface LakeStatus {
    readonly root: string;
    readonly granularity: Granularity;
    readonly fields: readonly string[];
    readonly channels: readonly ChannelStatus[];
    readonly readings: Amount;
    readonly reference: Amount;
    readonly raw: Amount;
    /** Raw files that hold the snapshots of a whole month. */
    readonly packs: number;
    /** Snapshots that wait for compaction. */
    readonly inbox: number;
    readonly quarantined: number;
    /** The journal's last `run_finished` or `run_failed` line; undefined before the first run. */
    readonly lastRun: Readonly<Record<string, unknown>> | undefined;
}

export async function lakeStatus(lake: LakeContext): Promise<LakeStatus> {
    const { paths, manifest } = lake;
    const channels: ChannelStatus[] = [];
    for (const { channelId, channelName, organizationName } of await readChannels(lake)) {
        const coverage = await readCoverage(paths, channelId, [], manifest.fields);
        const spans = Object.values(coverage.answered).flat();
        channels.push({
            channelId,
            channelName,
            organizationName,
            coveredFrom: spans.length === 0 ? null : Math.min(...spans.map(({ from }) => from)),
            coveredTo: spans.length === 0 ? null : Math.max(...spans.map(({ to }) => to)),
            lastReadingEnd: coverage.lastReadingEnd,
            failedSpans: Object.values(coverage.failed).flat().length,
        });
    }
    const quarantined = await measure(paths.quarantine);
    return {
        root: paths.root,
        granularity: manifest.granularity,
        fields: manifest.fields,
        channels,
        readings: await measure(paths.readings),
        reference: await measure(paths.reference),
        raw: await measure(join(paths.root, 'raw')),
        packs: await countPacks(lake),
        inbox: (await listFolder(paths.inbox)).length,
        quarantined: quarantined.files,
        lastRun: await readLastRun(lake),
    };
}

async function countPacks({ paths }: LakeContext): Promise<number> {
    let packs = 0;
    for (const channelId of await listArchivedChannels(paths)) {
        for (const name of await listFolder(archiveFolder(paths, channelId))) {
            const month = parseArchiveMonth(name);
            if (month === undefined) continue;
            if ((await sizeMaybe(packFile(archiveFolder(paths, channelId, month)))) !== undefined) packs += 1;
        }
    }
    return packs;
}

/** Files and bytes below a folder. */
async function measure(folder: string): Promise<Amount> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries.filter((entry) => entry.isFile());
    const sizes = await Promise.all(
        files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
    );
    return { files: files.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

async function readLastRun(lake: LakeContext): Promise<LakeStatus['lastRun']> {
    const newest = (await listFolder(lake.paths.runs)).filter((name) => name.endsWith('.jsonl')).at(-1);
    const text = newest === undefined ? undefined : await readMaybe(join(lake.paths.runs, newest));
    for (const line of (text ?? '').trimEnd().split('\n').reverse()) {
        const entry = parseJournalLine(line);
        if (entry?.event === 'run_finished' || entry?.event === 'run_failed') return entry;
    }
    return undefined;
}
