/** Lakes as the rows need them: made empty, opened by the real runtime, filled with waiting snapshots. */
import { link } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '../src/core/log.ts';
import { systemRuntime } from '../src/core/runtime.ts';
import { type LakeContext, withLake } from '../src/ingest/context.ts';
import { initLake } from '../src/ingest/init.ts';
import { listFolder } from '../src/lake/files.ts';
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

/** Lets the snapshots of `rawRoot` that begin in the span wait in the inbox of `root`, without copying their bytes. */
export async function fillInbox(rawRoot: string, root: string, span: Span): Promise<void> {
    const from = lakePaths(rawRoot).inbox;
    const to = lakePaths(root).inbox;
    for (const file of await listFolder(from)) {
        const begin = parseSnapshotName(file)?.from ?? Number.NaN;
        if (begin >= span.from && begin < span.to) await link(join(from, file), join(to, file));
    }
}
