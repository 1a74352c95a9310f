/**
 * Derived tables: what needs windows or neighbours is worked out once, at publish, into small Parquet files under
 * `reference/`, and only for the readings that were written since the last time.
 *
 * How to add one: see `derived-tables.ts`. What its view (in `queries/25_derived/`) may rely on:
 * - While it runs, `readings` holds only some channels and a span of time; it reads that, or any view over it, with
 *   no filter of its own. Each channel comes with all readings from `reach` before its first row to `reach` after
 *   its last; rows outside the span that is being made are cut off afterwards.
 * - So a row must follow from the readings within `reach` of it, and from the columns in `follows`. Then a table made
 *   in steps is the same as one made at once, which is what `rebuild` makes.
 * - The rows need no order; two of them must not be equal.
 * For everybody else the view is an ordinary one over the whole lake: slow, and the same as the table.
 *
 * `state/derived.json` holds the marks of the files the tables were made from. It is written last: a run killed
 * before is caught up at the next publish. Without it, or with views of another make, everything is made anew.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { isAppError } from '../core/errors.ts';
import type { Exchange } from '../lake/exchange.ts';
import { listFolder, readMaybe } from '../lake/files.ts';
import { referenceFile } from '../lake/layout.ts';
import { fileMark, listPartitionFiles, type PartitionFile } from '../lake/partitions.ts';
import { allTime, type Span } from '../model/time.ts';
import { loadViews, openUnlocked } from '../warehouse/catalog.ts';
import {
    beginRows,
    isReadable,
    makeRows,
    narrowReadings,
    readFacts,
    showTable,
    writeRows,
} from '../warehouse/derive-rows.ts';
import { type DuckDB, withDuckDB } from '../warehouse/duckdb.ts';
import { type ReferenceTable, referenceTables } from '../warehouse/reference-columns.ts';
import type { SourceOptions } from '../warehouse/sources.ts';
import type { LakeContext } from './context.ts';
import { bridgeGaps, neededFiles } from './derive-gaps.ts';
import { cutPortions, findChanges, halvePortion, marksOf, type Portion } from './derive-plan.ts';
import { type DerivedTable, derivedTables } from './derived-tables.ts';
import { putTables } from './put-files.ts';

/** Windows over a portion of readings fit; a larger sort goes to the staging folder. */
const memoryLimit = '400MB';
/** For the one channel whose readings do not. */
const moreMemory = '2GB';

/** The views behind the tables, and all below them. */
const lastLayer = '25_derived';

/** What the tables were made from. `facts`: by table, by channel. */
const schema = z.object({
    views: z.string(),
    readings: z.record(z.string(), z.record(z.string(), z.string())),
    reference: z.record(z.string(), z.string()),
    facts: z.record(z.string(), z.record(z.string(), z.string())),
});

type DeriveState = z.output<typeof schema>;

const noState: DeriveState = { views: '', readings: {}, reference: {}, facts: {} };

/** Makes the derived tables agree with the readings; costs a look at the files when they already do. */
export async function deriveTables(lake: LakeContext): Promise<void> {
    const files = listPartitionFiles(lake.paths, lake.manifest.granularity);
    const before = await readState(lake);
    const now = {
        views: await digestOfViews(),
        readings: marksOf(files),
        reference: marksOfReference(lake),
    };
    if (JSON.stringify({ ...now, facts: before.facts }) === JSON.stringify(before)) return;
    const { fields, granularity } = lake.manifest;
    const { root, staging } = lake.paths;
    await lake.files.folder(staging);
    const options = { root, fields, granularity, memoryLimit, threads: 1, spillFolder: staging, lastLayer };
    const facts: Record<string, Record<string, string>> = {};
    await removeDamaged(lake);
    const made: Exchange[] = [];
    await openUnlocked(options, async (db, sources) => {
        // A portion's files are read once: kept in memory they would take what its windows need.
        await db.run('set enable_external_file_cache = false');
        for (const derived of derivedTables) {
            const work = { lake, db, sources, files, before, derived };
            const table = await deriveTable(work);
            facts[derived.table] = table.facts;
            if (table.file !== undefined) {
                made.push({ temporary: table.file, final: referenceFile(lake.paths, derived.table) });
            }
        }
    });
    await putTables(lake, made);
    const after = { ...now, reference: marksOfReference(lake), facts };
    await lake.files.write(stateFile(lake), `${JSON.stringify(after)}\n`);
}

/** A table that cannot be read would break every view above it; it is derived, so it is made again. */
async function removeDamaged(lake: LakeContext): Promise<void> {
    await withDuckDB({ threads: 1 }, async (db) => {
        for (const { table } of derivedTables) {
            const file = referenceFile(lake.paths, table);
            if (fileMark(file) === undefined || (await isReadable(db, table, file))) continue;
            lake.log.warn('derived_damaged', { file }, `${file} cannot be read; it is made again`);
            await lake.files.remove(file);
        }
    });
}

interface Work {
    readonly lake: LakeContext;
    readonly db: DuckDB;
    readonly sources: SourceOptions;
    readonly files: readonly PartitionFile[];
    readonly before: DeriveState;
    readonly derived: DerivedTable;
}

/** Makes one table, the file of it when it is another than before, and tells the facts it now rests on. */
async function deriveTable({
    lake,
    db,
    sources,
    files,
    before,
    derived,
}: Work): Promise<{ readonly facts: Record<string, string>; readonly file?: string }> {
    const final = referenceFile(lake.paths, derived.table);
    const facts = await readFacts(db, derived.follows);
    const keepsOld = before.views === (await digestOfViews()) && fileMark(final) !== undefined;
    const changes = findChanges(
        before.readings,
        files,
        lake.manifest.granularity,
        derived.wholePeriods ? undefined : ({ path, mark }, old) => lake.written.between(path, old, mark),
    );
    const wanted = keepsOld
        ? withChangedFacts(
              derived.bridgesGaps ? await bridgeGaps(db, changes, lake.manifest.granularity) : changes,
              before.facts[derived.table] ?? {},
              facts,
          )
        : new Map(files.map(({ channelId }) => [channelId, [allTime]]));
    if (keepsOld && wanted.size === 0) return { facts };
    const time = derived.reach === 'channel' ? undefined : derived.time;
    const source = { table: derived.table, view: derived.view, time };
    const overlaps = new Set(await listFolder(lake.paths.overlaps));
    const mayOverlap = ({ channelId }: PartitionFile): boolean => overlaps.has(`channel_id=${channelId}`);
    const make = async (portion: Portion): Promise<void> => {
        const some = await neededFiles(db, derived.reads, portion.rows, portion.files);
        await narrowReadings(db, sources, {
            channelIds: portion.channelIds,
            files: some.map(({ path }) => path),
            overlapping: some.filter(mayOverlap).map(({ path }) => path),
            span: portion.readings,
        });
        await makeRows(db, source, portion.channelIds, portion.rows);
    };
    await beginRows(db, derived.table);
    const mayNeed = await neededFiles(db, derived.reads, allTime, files);
    for (const portion of cutPortions(wanted, derived.reach, mayNeed)) {
        await makeInMemory(db, derived, portion, make);
    }
    const file = lake.files.temporary(derived.table);
    await writeRows(db, source, keepsOld, lake.manifest.parquet, file);
    await showTable(db, sources, derived.table, file);
    return { facts, file };
}

/** What memory does not hold is made in halves; what cannot be cut gets more of it. */
async function makeInMemory(
    db: DuckDB,
    derived: DerivedTable,
    portion: Portion,
    make: (portion: Portion) => Promise<void>,
): Promise<void> {
    try {
        await make(portion);
    } catch (error) {
        if (!isAppError(error, 'QUERY_OUT_OF_MEMORY')) throw error;
        const halves = halvePortion(portion, derived.reach, !derived.bridgesGaps);
        if (halves === undefined) {
            await db.run(`set memory_limit = '${moreMemory}'`);
            await make(portion);
            await db.run(`set memory_limit = '${memoryLimit}'`);
        } else {
            for (const half of halves) await makeInMemory(db, derived, half, make);
        }
    }
}

/** A channel whose facts changed is made anew from its first reading to its last. */
function withChangedFacts(
    changes: ReadonlyMap<string, readonly Span[]>,
    before: Readonly<Record<string, string>>,
    now: Readonly<Record<string, string>>,
): Map<string, readonly Span[]> {
    const wanted = new Map(changes);
    for (const channelId of new Set([...Object.keys(before), ...Object.keys(now)])) {
        if (before[channelId] !== now[channelId]) wanted.set(channelId, [allTime]);
    }
    return wanted;
}

/** Changes with the SQL of any view that a derived table may rest on. */
async function digestOfViews(): Promise<string> {
    const hash = createHash('sha256');
    for (const { layer, name, sql } of await loadViews()) {
        if (layer <= lastLayer) hash.update(`${name}\n${sql}\n`);
    }
    return hash.update(JSON.stringify(derivedTables)).digest('hex');
}

/** Marks of all reference files, the derived ones among them: one that somebody removed is missed. */
function marksOfReference(lake: LakeContext): Record<string, string> {
    return Object.fromEntries(
        referenceTables.flatMap((table: ReferenceTable) => {
            const found = fileMark(referenceFile(lake.paths, table));
            return found === undefined ? [] : [[table, found.mark]];
        }),
    );
}

function stateFile(lake: LakeContext): string {
    return join(lake.paths.state, 'derived.json');
}

async function readState(lake: LakeContext): Promise<DeriveState> {
    const text = await readMaybe(stateFile(lake));
    try {
        return text === undefined ? noState : schema.parse(JSON.parse(text));
    } catch {
        // State that cannot be read is as good as none.
        return noState;
    }
}
