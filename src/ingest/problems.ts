/** What `verify` finds: what it is, where, and since when it can be so. */
import { stat } from 'node:fs/promises';
import { relative } from 'node:path';
import type { LakeContext } from './context.ts';

export type ProblemKind =
    | 'unreadable'
    | 'truncated'
    | 'changed'
    | 'missing'
    | 'foreign'
    | 'orphaned'
    | 'schema'
    | 'empty'
    | 'keyless'
    | 'misplaced'
    | 'duplicate'
    | 'unsorted'
    | 'not_as_raw'
    | 'raw_damaged'
    | 'raw_double'
    | 'raw_index';

/** A kind and a sentence about one file. */
export interface Finding {
    readonly kind: ProblemKind;
    readonly problem: string;
}

export interface Problem extends Finding {
    /** Relative to the lake. */
    readonly file: string;
    /** ISO instant the file was last known to be sound, or a strange file came; null when nobody knows. */
    readonly since: string | null;
    readonly hint: string;
}

/** Takes the findings about a file at `path`. */
export type Report = (path: string, findings: readonly Finding[], hint: string, since: string | null) => void;

export function collectProblems(lake: LakeContext): {
    readonly problems: readonly Problem[];
    readonly report: Report;
} {
    const problems: Problem[] = [];
    return {
        problems,
        report: (path, findings, hint, since) => {
            const file = nameInLake(lake, path);
            problems.push(...findings.map((finding) => ({ file, ...finding, since, hint })));
        },
    };
}

/** When a file was last written, ISO; null when it is gone. */
export async function changedAt(path: string): Promise<string | null> {
    const found = await stat(path).catch(() => undefined);
    return found === undefined ? null : found.mtime.toISOString();
}

/** Relative to the lake, as problems and checksums name a file. */
export function nameInLake(lake: LakeContext, path: string): string {
    return relative(lake.paths.root, path).replaceAll('\\', '/');
}
