/**
 * The source views: the only SQL that names files. Typed from the field catalogue, never inferred, and present
 * even when the lake has no file yet.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultFieldCodes, type Field, findField } from '../model/fields.ts';
import { allTime, type Granularity, partitionColumn, type Span } from '../model/time.ts';
import { identifier, literal, literalList } from './duckdb.ts';
import { journalView } from './journal-source.ts';
import { type ReferenceTable, referenceColumns, referenceTables } from './reference-columns.ts';
import type { View, ViewColumn } from './view-file.ts';

/** The names of the source views: what exists before any view file is read. */
export const sourceNames: readonly string[] = [
    'readings',
    'overlapping_readings',
    'run_journal',
    ...referenceTables,
    'readings_span',
];

export interface SourceOptions {
    /** Absolute path of the lake. */
    readonly root: string;
    /** The lake's field codes, in order: `E`, `P`, `V` … */
    readonly fields: readonly string[];
    readonly granularity: Granularity;
    /** The tables that have at least one file; the others become typed empty views. */
    readonly present: ReadonlySet<string>;
    /** Only these files, and of them only the readings that begin in the span, are the views of readings. */
    readonly portion?: ReadingsPortion;
    /** A table that is read from a file which is not in its place yet. */
    readonly staged?: { readonly table: ReferenceTable; readonly file: string };
}

/** A part of the readings: absolute paths of partition files, and a span of epoch seconds. */
export interface ReadingsPortion {
    readonly channelIds: readonly string[];
    readonly files: readonly string[];
    /** Those of the files whose channels may have overlaps. */
    readonly overlapping: readonly string[];
    readonly span: Span;
}

/** `readings`, those of channels with overlaps, and one view for each reference table. */
export function sourceViews(options: SourceOptions): readonly View[] {
    return [
        readingsView('readings', options),
        readingsView('overlapping_readings', options),
        journalView(escapeGlob(options.root), options.present.has('run_journal')),
        ...referenceTables.map((table) => referenceView(table, options)),
        readingsSpanView(options),
    ];
}

/** Which source tables of the lake have a file now. Stops at the first partition it finds. */
export async function findPresentTables(root: string): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    if (await hasPartition(join(root, 'readings'))) found.add('readings');
    if (await hasPartition(join(root, 'overlaps'))) found.add('overlapping_readings');
    if ((await namesIn(join(root, 'runs'))).some((name) => name.endsWith('.jsonl'))) found.add('run_journal');
    for (const table of referenceTables) {
        if (await isFile(join(root, 'reference', `${table}.parquet`))) found.add(table);
    }
    return found;
}

async function hasPartition(folder: string): Promise<boolean> {
    for (const channel of await namesIn(folder)) {
        for (const period of await namesIn(join(folder, channel))) {
            if (await isFile(join(folder, channel, period, 'readings.parquet'))) return true;
        }
    }
    return false;
}

async function namesIn(folder: string): Promise<readonly string[]> {
    try {
        return await readdir(folder);
    } catch {
        // No folder, or a stray file in its place: no partition there.
        return [];
    }
}

async function isFile(path: string): Promise<boolean> {
    try {
        return (await stat(path)).isFile();
    } catch {
        // Absent is the ordinary answer here.
        return false;
    }
}

/** What the cleaning checks: the default fields, and the frequency. */
const checkedFieldCodes: readonly string[] = [...defaultFieldCodes, 'F'];

/** A measure that is not in the lake's field list is null, so that every view above works in every lake. */
export function readingsView(table: 'readings' | 'overlapping_readings', options: SourceOptions): View {
    const stored = new Set(options.fields);
    const extra = options.fields.filter((code) => !checkedFieldCodes.includes(code));
    const measures = [...checkedFieldCodes, ...extra].flatMap((code) => findField(code) ?? []);
    const period = partitionColumn(options.granularity);
    const columns: readonly ViewColumn[] = [
        { name: 'channel_id', type: 'varchar', text: 'the channel, from the path' },
        { name: 'timestamp', type: 'timestamptz', text: 'start of the interval, UTC' },
        {
            name: 'interval_s',
            type: 'integer',
            text: 'length of the interval in seconds, as the API answered it',
        },
        ...measures.map(measureColumn),
        {
            name: 'fetched_at',
            type: 'timestamptz',
            text: 'when the newest value of the row was fetched, UTC',
        },
        { name: period, type: 'varchar', text: `the file's ${options.granularity} in UTC, from the path` },
        { name: 'period', type: 'varchar', text: `the same as ${period}, under one name in every lake` },
    ];
    const sources: Readonly<Record<string, string>> = {
        ...Object.fromEntries(
            measures.filter(({ code }) => !stored.has(code)).map(({ column }) => [column, 'null']),
        ),
        period: identifier(period),
    };
    const types = `{'channel_id': VARCHAR, ${literal(period)}: VARCHAR}`;
    const { portion } = options;
    // Without its folder every channel may overlap: slower, never wrong.
    const folder = table === 'readings' || !options.present.has(table) ? 'readings' : 'overlaps';
    const portionFiles = (table === 'readings' ? portion?.files : portion?.overlapping) ?? [];
    // A fixed depth and name: neither unfinished nor stray files match.
    const files =
        portion === undefined
            ? literal(
                  join(escapeGlob(options.root), folder, 'channel_id=*', `${period}=*`, 'readings.parquet'),
              )
            : literalList(portionFiles.map(escapeGlob));
    const within =
        portion === undefined
            ? ''
            : `\nwhere timestamp >= make_timestamptz(${portion.span.from}000000) ` +
              `and timestamp < make_timestamptz(${portion.span.to}000000)`;
    const isPresent = portion === undefined ? options.present.has('readings') : portionFiles.length > 0;
    return {
        name: table,
        kind: 'source',
        layer: '10_sources',
        summary:
            table === 'readings'
                ? 'What the meters measured, as stored: every interval the API answered, of every resolution. ' +
                  'Null means asked and answered without a value; an interval without a row was not answered.'
                : 'The same readings, of those channels alone whose readings may overlap: two resolutions, two grids.',
        grain: 'one row per channel_id, timestamp, interval_s',
        time: 'timestamp',
        parameters: [],
        example: undefined,
        isInner: table !== 'readings',
        columns,
        sql: isPresent
            ? selectFrom(
                  columns,
                  sources,
                  `read_parquet(${files}, hive_partitioning = true, hive_types = ${types})${within}`,
              )
            : emptySelect(columns),
    };
}

/** So that a derived table knows which channels it is about, and where their readings end because it sees no further. */
export function readingsSpanView({ portion }: Pick<SourceOptions, 'portion'>): View {
    const instant = (seconds: number): string => `make_timestamptz(${seconds}000000)`;
    const { from, to } = portion?.span ?? allTime;
    const channels =
        portion === undefined ? 'channel_id' : `unnest(${literalList(portion.channelIds)}::varchar[])`;
    return {
        name: 'readings_span',
        kind: 'source',
        layer: '10_sources',
        summary:
            'The channels and the time that the views of readings hold: all, but while tables are derived.',
        grain: 'one row per channel_id',
        time: undefined,
        parameters: [],
        example: undefined,
        isInner: true,
        columns: [
            { name: 'channel_id', type: 'varchar', text: 'the channel' },
            { name: 'from_at', type: 'timestamptz', text: 'start, UTC' },
            { name: 'to_at', type: 'timestamptz', text: 'end, UTC' },
        ],
        sql:
            `select ${channels} as channel_id, ${instant(from)} as from_at, ${instant(to)} as to_at` +
            (portion === undefined ? '\nfrom channel_grids' : ''),
    };
}

/** A folder's name may hold what a glob reads as a pattern. */
export function escapeGlob(path: string): string {
    return path.replace(/[[*?]/g, '[$&]');
}

function measureColumn(field: Field): ViewColumn {
    const unit = field.unit === '' ? '' : `, ${field.unit}`;
    const meaning = field.kind === 'counter' ? 'amount in the interval' : 'mean of the interval';
    return { name: field.column, type: 'double', text: `${field.label}, ${meaning}${unit}` };
}

function referenceView(table: ReferenceTable, options: SourceOptions): View {
    const { summary, grain, columns } = referenceColumns[table];
    const staged = options.staged?.table === table ? options.staged.file : undefined;
    const file = literal(staged ?? join(options.root, 'reference', `${table}.parquet`));
    return {
        name: table,
        kind: 'source',
        layer: '10_sources',
        summary,
        grain,
        time: undefined,
        parameters: [],
        example: undefined,
        isInner: false,
        columns,
        sql:
            staged !== undefined || options.present.has(table)
                ? selectFrom(columns, {}, `read_parquet(${file}, hive_partitioning = false)`)
                : emptySelect(columns),
    };
}

/** Casts cost nothing where the file already has the type, and fail loudly where it does not fit. */
function selectFrom(
    columns: readonly ViewColumn[],
    sources: Readonly<Record<string, string>>,
    from: string,
): string {
    const lines = columns.map(
        ({ name, type }) =>
            `    cast(${sources[name] ?? identifier(name)} as ${type}) as ${identifier(name)},`,
    );
    return ['select', ...lines, `from ${from}`].join('\n');
}

function emptySelect(columns: readonly ViewColumn[]): string {
    const lines = columns.map(({ name, type }) => `    cast(null as ${type}) as ${identifier(name)},`);
    return ['select', ...lines, 'where false'].join('\n');
}
