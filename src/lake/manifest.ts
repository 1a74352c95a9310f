/** `lake.json`: what a lake is. Written by `init`, changed by commands only. */
import { z } from 'zod';
import { AppError } from '../core/errors.ts';
import { findField } from '../model/fields.ts';
import type { Granularity } from '../model/time.ts';
import { type LakeFiles, readMaybe } from './files.ts';
import { type LakePaths, lakeFormat } from './layout.ts';

export type ParquetCodec = 'zstd' | 'snappy' | 'gzip' | 'uncompressed';

export interface LakeManifest {
    readonly format: number;
    readonly granularity: Granularity;
    /** Field codes, in the order of their columns. */
    readonly fields: readonly string[];
    readonly parquet: { readonly codec: ParquetCodec; readonly version: 'V1' | 'V2' };
    /** ISO instant. */
    readonly createdAt: string;
    /** First month whose raw snapshots are still there, after `retention`; left out when all are. */
    readonly rawKeptFrom?: string | undefined;
}

const schema = z.strictObject({
    format: z.int(),
    granularity: z.enum(['day', 'month', 'year']),
    fields: z.array(z.string().refine((code) => findField(code) !== undefined, 'not a known field')).min(1),
    parquet: z.strictObject({
        codec: z.enum(['zstd', 'snappy', 'gzip', 'uncompressed']),
        version: z.enum(['V1', 'V2']),
    }),
    createdAt: z.string(),
    rawKeptFrom: z.string().optional(),
});

/** The manifest of a lake; undefined when the folder holds none. Throws for a newer format and for a damaged file. */
export async function readManifest(paths: LakePaths): Promise<LakeManifest | undefined> {
    const text = await readMaybe(paths.manifest);
    if (text === undefined) return undefined;
    const json = parseJson(text);
    const format = z.object({ format: z.int() }).safeParse(json);
    if (format.success && format.data.format > lakeFormat) {
        throw new AppError(
            'LAKE_NEWER_FORMAT',
            `${paths.manifest} says format ${format.data.format}; this program knows formats up to ${lakeFormat}`,
            { hint: 'Update eniscope-lake on this machine.' },
        );
    }
    const parsed = schema.safeParse(json);
    if (!parsed.success) {
        throw new AppError('DATA_CORRUPT', `${paths.manifest} is damaged: ${z.prettifyError(parsed.error)}`, {
            hint: 'Restore it from a backup; it holds the granularity and the field list of the lake.',
        });
    }
    return parsed.data;
}

export async function writeManifest(
    files: LakeFiles,
    paths: LakePaths,
    manifest: LakeManifest,
): Promise<void> {
    await files.write(paths.manifest, `${JSON.stringify(manifest, null, 4)}\n`);
}

function parseJson(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        // The schema refuses undefined with a sentence of its own.
        return undefined;
    }
}
