/** Lakes as the rows need them: made empty, opened by the real runtime, filled with waiting snapshots. */
import { link } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '../src/core/log.ts';
import { systemRuntime } from '../src/core/runtime.ts';
import { type LakeContext, withLake } from '../src/ingest/context.ts';
import { initLake } from '../src/ingest/init.ts';
import { type ChannelCoverage, writeCoverage } from '../src/lake/coverage.ts';
import { createLakeFiles, listFolder } from '../src/lake/files.ts';
import { lakePaths, parseSnapshotName } from '../src/lake/layout.ts';
import { defaultFieldCodes, findField } from '../src/model/fields.ts';
import type { Span } from '../src/model/time.ts';

/** Every row uses the default fields. */
export const fields = defaultFieldCodes;
export const measures: readonly string[] = fields.flatMap((code) => findField(code)?.column ?? []);
export const resolution = 900;

/** An empty lake with the default settings. */
export async function makeLake(root: string): Promise<void> {
    await initLake({
        root,
        granularity: 'month',
        fields,
        codec: 'zstd',
        parquetVersion: 'V2',
        runtime: systemRuntime(),
        log: silentLogger,
    });
}

/** Opens a lake for writing, as a command does. */
export async function openLake<T>(
    root: string,
    command: string,
    use: (lake: LakeContext) => Promise<T>,
): Promise<T> {
    const runtime = systemRuntime();
    return withLake({ root, command, write: true, runtime, log: silentLogger }, use);
}

/**
 * Lets the snapshots of `rawRoot` that begin in the span wait in the inbox of `root`, without copying their bytes,
 * and notes them in the coverage as an ingest does.
 */
export async function fillInbox(rawRoot: string, root: string, span: Span): Promise<void> {
    const from = lakePaths(rawRoot).inbox;
    const paths = lakePaths(root);
    const channels = new Set<string>();
    for (const file of await listFolder(from)) {
        const name = parseSnapshotName(file);
        if (name === undefined || name.from < span.from || name.from >= span.to) continue;
        await link(join(from, file), join(paths.inbox, file));
        channels.add(name.channelId);
    }
    const files = createLakeFiles(paths.staging);
    for (const channelId of channels) await writeCoverage(files, paths, channelId, coverageOf(span));
}

/** Everything in the span was asked for and answered. */
export function coverageOf(span: Span): ChannelCoverage {
    return {
        answered: { [resolution]: [span] },
        failed: {},
        lastReadingEnd: span.to,
        healedAt: span.to,
        fields: null,
    };
}
