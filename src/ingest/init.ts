/** Makes a lake: the manifest, the folders, an empty catalog whose views already exist. */
import { AppError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Runtime } from '../core/runtime.ts';
import { createLakeFiles, listFolder, makeFolder, toLakeError } from '../lake/files.ts';
import { lakeFormat, lakePaths } from '../lake/layout.ts';
import { type LakeManifest, type ParquetCodec, readManifest, writeManifest } from '../lake/manifest.ts';
import type { Granularity } from '../model/time.ts';
import { withLake } from './context.ts';
import { publish } from './publish.ts';

export interface InitOptions {
    readonly root: string;
    readonly granularity: Granularity;
    readonly fields: readonly string[];
    readonly codec: ParquetCodec;
    readonly parquetVersion: 'V1' | 'V2';
    readonly runtime: Runtime;
    readonly log: Logger;
}

/** Idempotent: a lake that is there with the same settings stays as it is. Throws LAKE_EXISTS when they differ. */
export async function initLake(options: InitOptions): Promise<{ readonly created: boolean }> {
    refuseOddPath(options.root);
    const paths = lakePaths(options.root);
    const wanted: LakeManifest = {
        format: lakeFormat,
        granularity: options.granularity,
        fields: [...new Set(options.fields)],
        parquet: { codec: options.codec, version: options.parquetVersion },
        createdAt: new Date(options.runtime.now()).toISOString(),
    };
    const present = await readManifest(paths);
    if (present !== undefined) {
        refuseOther(options.root, present, wanted);
        return { created: false };
    }
    await refuseStrangers(options.root);
    await makeFolder(options.root).catch((cause: unknown) => {
        throw toLakeError(cause, options.root);
    });
    const files = createLakeFiles(paths.staging);
    for (const folder of [paths.inbox, paths.archive, paths.readings, paths.reference, paths.runs]) {
        await files.folder(folder);
    }
    await writeManifest(files, paths, wanted);
    const { root, runtime, log } = options;
    await withLake({ root, command: 'init', write: true, runtime, log }, publish);
    return { created: true };
}

function refuseOther(root: string, present: LakeManifest, wanted: LakeManifest): void {
    const same: readonly (keyof LakeManifest)[] = ['granularity', 'fields', 'parquet'];
    const other = same.find((key) => JSON.stringify(present[key]) !== JSON.stringify(wanted[key]));
    if (other === undefined) return;
    throw new AppError(
        'LAKE_EXISTS',
        `${root} already holds a lake whose ${other} is ${JSON.stringify(present[other])}, not ${JSON.stringify(wanted[other])}`,
        {
            hint: 'Change a lake with `eniscope-lake repartition` or `eniscope-lake fields add`, or name another folder.',
        },
    );
}

/**
 * DuckDB takes `?` for a query string and finds no files behind a backslash; a folder named like a partition would be
 * read as the month or channel of everything below it.
 */
function refuseOddPath(root: string): void {
    const isNamedLikePartition = /(^|\/)(channel_id|month|date|year)=/.test(root);
    if (!/[?\\\n]/.test(root) && !isNamedLikePartition) return;
    throw new AppError('USAGE_BAD_ARGUMENTS', `a lake cannot be in ${JSON.stringify(root)}`, {
        hint: isNamedLikePartition
            ? 'Choose a folder that is not inside a partition, such as month=2026-10, of another lake.'
            : 'Choose a folder whose path has no question mark, backslash or line break.',
    });
}

/** A lake in a folder with other people's files would be a lake nobody dares to delete. */
async function refuseStrangers(root: string): Promise<void> {
    const ours = new Set([
        'README.md',
        'raw',
        'readings',
        'reference',
        'overlaps',
        'runs',
        'state',
        'quarantine',
    ]);
    const stranger = (await listFolder(root)).find((name) => !name.startsWith('.') && !ours.has(name));
    if (stranger === undefined) return;
    throw new AppError('LAKE_EXISTS', `${root} is not empty: it holds ${stranger}`, {
        hint: 'Name an empty or a new folder with --lake.',
    });
}
