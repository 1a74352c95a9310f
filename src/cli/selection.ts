/** Channels and organizations as people name them, looked up in the lake. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../core/errors.ts';
import { findNearest } from '../core/nearest.ts';
import { isChannelId, lakePaths } from '../lake/layout.ts';
import type { DuckDB } from '../warehouse/duckdb.ts';

/** Ids of channels given by id or name. Throws USAGE_UNKNOWN_CHANNEL with the nearest known one. */
export async function findChannels(db: DuckDB, root: string, given: readonly string[]): Promise<string[]> {
    if (given.length === 0) return [];
    const known = await db.rows('select channel_id as id, channel_name as name from channels order by 1');
    return given.flatMap((word) => {
        // A channel the API no longer lists may still have its readings.
        if (isChannelId(word) && existsSync(join(lakePaths(root).readings, `channel_id=${word}`)))
            return [word];
        return findIds('channel', word, known);
    });
}

/** Ids of organizations given by id or name. Throws USAGE_UNKNOWN_CHANNEL with the nearest known one. */
export async function findOrganizations(db: DuckDB, given: readonly string[]): Promise<string[]> {
    if (given.length === 0) return [];
    const known = await db.rows(
        'select organization_id as id, organization_name as name from organizations order by 1',
    );
    return given.flatMap((word) => findIds('organization', word, known));
}

function findIds(thing: string, word: string, known: readonly Readonly<Record<string, unknown>>[]): string[] {
    const same = (value: unknown): boolean => String(value).toLowerCase() === word.toLowerCase();
    const found = known.filter(({ id, name }) => same(id) || same(name)).map(({ id }) => String(id));
    if (found.length > 0) return found;
    const meant = findNearest(
        word,
        known.flatMap(({ id, name }) => [String(id), String(name)]),
    );
    throw new AppError('USAGE_UNKNOWN_CHANNEL', `the lake has no ${thing} "${word}"`, {
        hint: `${meant === undefined ? '' : `Did you mean "${meant}"? `}\`eniscope-lake query ${thing}s\` lists what there is.`,
    });
}
