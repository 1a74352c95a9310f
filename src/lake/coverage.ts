/**
 * What was asked of each channel and answered: one small file a channel under `state/coverage`. "Answered, empty"
 * is not "not asked". Derived: a lost file is made again from the names and heads of the raw snapshots.
 */
import { z } from 'zod';
import { mergeSpans, subtractSpans } from '../model/spans.ts';
import type { Span } from '../model/time.ts';
import { type LakeFiles, listFolder, readMaybe } from './files.ts';
import { coverageFile, isChannelId, type LakePaths } from './layout.ts';
import { listAsked, readAskedFields, type Snapshot } from './snapshots.ts';

export interface ChannelCoverage {
    /** Answered spans by asked resolution (seconds), sorted, apart from each other. */
    readonly answered: Readonly<Record<string, readonly Span[]>>;
    /** Spans that were asked for and failed, by asked resolution: asked again until answered. */
    readonly failed: Readonly<Record<string, readonly Span[]>>;
    /** End of the newest interval with a value, epoch seconds; null when there is none or it is not known. */
    readonly lastReadingEnd: number | null;
    /** When late uploads were last looked for, epoch seconds. */
    readonly healedAt: number | null;
    /** Field codes the channel can deliver, when the API told. */
    readonly fields: readonly string[] | null;
}

const emptyCoverage: ChannelCoverage = {
    answered: {},
    failed: {},
    lastReadingEnd: null,
    healedAt: null,
    fields: null,
};

const spans = z.record(z.string(), z.array(z.object({ from: z.int(), to: z.int() })));

const schema = z.object({
    answered: spans,
    failed: spans,
    lastReadingEnd: z.int().nullable(),
    healedAt: z.int().nullable(),
    fields: z.array(z.string()).nullable(),
});

/**
 * The coverage of a channel; from the archive when the state is gone or unreadable. A snapshot counts as an answer
 * when it was asked for all of `fields`, those left out that the channel is known to lack.
 */
export async function readCoverage(
    paths: LakePaths,
    channelId: string,
    inbox: readonly Snapshot[],
    fields: readonly string[] = [],
): Promise<ChannelCoverage> {
    const stored = parseCoverage(await readMaybe(coverageFile(paths, channelId)));
    const needed = fields.filter((code) => stored?.fields?.includes(code) ?? true);
    let coverage = stored ?? emptyCoverage;
    for (const { resolution, fields: asked, spans } of stored === undefined
        ? await listAsked(paths, channelId)
        : []) {
        if (!needed.every((code) => asked.includes(code))) continue;
        for (const span of spans) coverage = withAnswered(coverage, resolution, span);
    }
    // A run killed between a snapshot and its coverage left the snapshot in the inbox.
    for (const snapshot of inbox) {
        const asked = needed.length === 0 ? [] : await readAskedFields(snapshot.path);
        if (!needed.every((code) => asked.includes(code))) continue;
        coverage = withAnswered(coverage, snapshot.resolution, snapshot);
    }
    return coverage;
}

/** Forgets which fields the channels can deliver: with a new field in the lake each is asked for all of them again. */
export async function forgetFields(files: LakeFiles, paths: LakePaths): Promise<void> {
    for (const name of await listFolder(paths.coverage)) {
        const channelId = name.replace('.json', '');
        if (!isChannelId(channelId)) continue;
        const coverage = parseCoverage(await readMaybe(coverageFile(paths, channelId)));
        if (coverage === undefined || coverage.fields === null) continue;
        await writeCoverage(files, paths, channelId, { ...coverage, fields: null });
    }
}

export async function writeCoverage(
    files: LakeFiles,
    paths: LakePaths,
    channelId: string,
    coverage: ChannelCoverage,
): Promise<void> {
    await files.write(coverageFile(paths, channelId), `${JSON.stringify(coverage)}\n`);
}

/** Coverage with one more answered span; what had failed inside it is settled. */
export function withAnswered(coverage: ChannelCoverage, resolution: number, span: Span): ChannelCoverage {
    const key = String(resolution);
    const failed = (coverage.failed[key] ?? []).flatMap((old) => subtractSpans(old, [span]));
    return {
        ...coverage,
        answered: { ...coverage.answered, [key]: mergeSpans([...(coverage.answered[key] ?? []), span]) },
        failed: { ...coverage.failed, [key]: failed },
    };
}

/** Coverage after an answer proved unusable: its span was asked for in vain, and counts as answered no more. */
export function withoutAnswer(coverage: ChannelCoverage, resolution: number, span: Span): ChannelCoverage {
    const left = answeredSpans(coverage, resolution).flatMap((old) => subtractSpans(old, [span]));
    const answered = { ...coverage.answered, [String(resolution)]: left };
    return withFailed({ ...coverage, answered }, resolution, span);
}

/** Coverage with one more span that was asked for in vain. */
export function withFailed(coverage: ChannelCoverage, resolution: number, span: Span): ChannelCoverage {
    const key = String(resolution);
    return {
        ...coverage,
        failed: { ...coverage.failed, [key]: mergeSpans([...(coverage.failed[key] ?? []), span]) },
    };
}

export function answeredSpans(coverage: ChannelCoverage, resolution: number): readonly Span[] {
    return coverage.answered[String(resolution)] ?? [];
}

function parseCoverage(text: string | undefined): ChannelCoverage | undefined {
    if (text === undefined) return undefined;
    try {
        const parsed = schema.safeParse(JSON.parse(text));
        return parsed.success ? parsed.data : undefined;
    } catch {
        // Derived state that cannot be read is as good as none.
        return undefined;
    }
}
