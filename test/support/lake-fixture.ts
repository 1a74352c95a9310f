/** A lake without a source: snapshots are put into its inbox by hand, and its files are compared by their bytes. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { silentLogger } from '../../src/core/log.ts';
import { compactInto } from '../../src/ingest/compact.ts';
import { type LakeContext, withLake } from '../../src/ingest/context.ts';
import { mergeAll } from '../../src/ingest/merge-partitions.ts';
import { groupByPartition } from '../../src/ingest/partition-work.ts';
import { sizeSnapshots } from '../../src/ingest/raw.ts';
import { withRun } from '../../src/ingest/tally.ts';
import { createLakeFiles, type FileHook } from '../../src/lake/files.ts';
import { type LakePaths, lakeFormat, lakePaths } from '../../src/lake/layout.ts';
import { writeManifest } from '../../src/lake/manifest.ts';
import { landSnapshot, listArchive, listArchivedChannels } from '../../src/lake/snapshots.ts';
import type { Granularity } from '../../src/model/time.ts';
import { fakeRuntime } from './fake-runtime.ts';

/** One answer of the API. Instants in epoch seconds, `fetchedAt` in epoch milliseconds, values in the API's units. */
export interface GivenAnswer {
    readonly channelId: string;
    readonly from: number;
    readonly to: number;
    readonly resolution: number;
    readonly fetchedAt: number;
    readonly records: readonly Readonly<Record<string, number | null>>[];
}

export interface BareLake {
    readonly paths: LakePaths;
    land(answers: readonly GivenAnswer[]): Promise<void>;
    /** Merges what waits in the inbox; no catalog is published. The hook sees each step of writing files. */
    compact(hook?: FileHook): Promise<void>;
    /** Makes every partition again from the archive. */
    rebuild(): Promise<void>;
}

export async function makeBareLake(
    root: string,
    granularity: Granularity,
    fields: readonly string[],
): Promise<BareLake> {
    const paths = lakePaths(root);
    const files = createLakeFiles(paths.staging);
    mkdirSync(paths.inbox, { recursive: true });
    await writeManifest(files, paths, {
        format: lakeFormat,
        granularity,
        fields,
        parquet: { codec: 'zstd', version: 'V2' },
        createdAt: '2026-01-01T00:00:00.000Z',
    });
    const open = (use: (lake: LakeContext) => Promise<unknown>, hook?: FileHook): Promise<unknown> =>
        withLake(
            {
                root,
                command: 'test',
                write: true,
                runtime: fakeRuntime(),
                log: silentLogger,
                ...(hook === undefined ? {} : { fileHook: hook }),
            },
            use,
        );
    return {
        paths,
        land: async (answers) => {
            for (const answer of answers) await land(paths, answer);
        },
        compact: async (hook) => {
            await open((lake) => withRun(lake, {}, (tally) => compactInto(lake, tally)), hook);
        },
        rebuild: async () => {
            await open((lake) =>
                withRun(lake, {}, async (tally) => {
                    for (const channelId of await listArchivedChannels(paths)) {
                        const snapshots = await sizeSnapshots(await listArchive(paths, channelId));
                        await mergeAll(lake, groupByPartition(snapshots, granularity), tally, 'rebuild');
                    }
                }),
            );
        },
    };
}

async function land(paths: LakePaths, answer: GivenAnswer): Promise<void> {
    const { records, resolution, ...span } = answer;
    const fields = Object.keys(records[0] ?? {}).filter((code) => code !== 'ts');
    const body = JSON.stringify({ resolution, recordCount: records.length, records });
    await landSnapshot(
        createLakeFiles(paths.staging),
        paths,
        { ...span, resolution, answered: resolution },
        {
            path: `/readings/${answer.channelId}`,
            query: '',
            fields,
            status: 200,
            durationMs: 1,
            body,
        },
    );
}

/** Every file under a folder, with the SHA-256 of its bytes, by its path inside the folder. */
export function hashFiles(folder: string): Readonly<Record<string, string>> {
    return Object.fromEntries(
        listFiles(folder).map((path) => [
            relative(folder, path),
            createHash('sha256').update(readFileSync(path)).digest('hex'),
        ]),
    );
}

/** Every file under a folder, sorted. */
export function listFiles(folder: string): string[] {
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort();
}
