/** `fields add`: more columns, in every data file at once. History is read again with `--refetch`. */
import { forgetFields } from '../lake/coverage.ts';
import type { LakeContext } from './context.ts';
import { refuseSame, rewriteLake } from './rewrite-lake.ts';
import type { RunSummary } from './summary.ts';

/** Codes must be in the catalogue. */
export async function addFields(
    lake: LakeContext,
    options: { readonly fields: readonly string[] },
): Promise<RunSummary> {
    const { fields } = lake.manifest;
    const added = [...new Set(options.fields)].filter((code) => !fields.includes(code));
    refuseSame(added.length === 0, `has the fields ${options.fields.join(', ')}`);
    await forgetFields(lake.files, lake.paths);
    return rewriteLake(lake, { ...lake.manifest, fields: [...fields, ...added] });
}
