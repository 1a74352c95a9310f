/** The source view over the run journal, `runs/YYYY-MM.jsonl`: the lines that open and close a run. */
import { join } from 'node:path';
import { identifier, literal } from './duckdb.ts';
import type { View, ViewColumn } from './view-file.ts';

interface JournalColumn extends ViewColumn {
    /** The key in the journal; a list is counted. */
    readonly key: string;
    readonly isList?: true;
}

const column = (name: string, type: string, text: string, key = name): JournalColumn => ({
    name,
    type,
    text,
    key,
});

const listColumn = (name: string, text: string, key: string): JournalColumn => ({
    ...column(name, 'bigint', text, key),
    isList: true,
});

const columns: readonly JournalColumn[] = [
    column('run', 'varchar', 'id of the run, sortable by its start'),
    column('time', 'timestamptz', 'when the line was written'),
    column('event', 'varchar', 'run_started, run_finished or run_failed'),
    column('command', 'varchar', 'the command that ran'),
    column('exit', 'integer', 'run_finished: the exit code'),
    column('code', 'varchar', 'run_failed: the error code'),
    column('message', 'varchar', 'run_failed: what went wrong'),
    column('duration_ms', 'bigint', 'run_finished: how long it took'),
    column('requests', 'bigint', 'HTTP requests sent'),
    column('planned', 'bigint', 'spans planned'),
    column('landed', 'bigint', 'of these, answered with readings'),
    column('empty', 'bigint', 'answered without any'),
    column('coarser', 'bigint', 'answered coarser than asked'),
    column('failed', 'bigint', 'failed'),
    column('quarantined', 'bigint', 'answered against the contract'),
    column('readings', 'bigint', 'readings in the answers'),
    column('measured', 'bigint', 'of these, with at least one value'),
    column('channels', 'bigint', 'channels asked'),
    listColumn('silent_channels', 'channels that answered nothing but nulls', 'silentChannels'),
    listColumn('failures', 'reasons for failure, one per channel and reason', 'failures'),
    listColumn('warnings', 'warnings', 'warnings'),
    column('partitions', 'bigint', 'data files written'),
    column('rows', 'bigint', 'rows in them'),
    column('bytes', 'bigint', 'bytes of them'),
];

/** `root` as a glob reads it. Without a journal file (`isPresent` false) the view is empty and typed. */
export function journalView(root: string, isPresent: boolean): View {
    return {
        name: 'run_journal',
        kind: 'source',
        layer: '10_sources',
        summary: 'The first and last line of each run in the journal; ingestion_runs puts the two together.',
        grain: 'one row per run, event',
        time: 'time',
        parameters: [],
        example: undefined,
        isInner: true,
        columns: columns.map(({ name, type, text }) => ({ name, type, text })),
        sql: isPresent ? journalSelect(root) : emptySelect(),
    };
}

/** A line that a kill cut short is passed over. */
function journalSelect(root: string): string {
    const read = columns.map(({ key, type, isList }) => {
        const source = isList ? 'JSON' : type === 'timestamptz' ? 'VARCHAR' : type.toUpperCase();
        return `${literal(key)}: ${literal(source)}`;
    });
    const lines = columns.map(({ name, key, type, isList }) => {
        const value = isList ? `json_array_length(${identifier(key)})` : identifier(key);
        return `    cast(${value} as ${type}) as ${identifier(name)},`;
    });
    const glob = literal(join(root, 'runs', '*.jsonl'));
    return [
        'select',
        ...lines,
        `from read_json(${glob}, format = 'newline_delimited', ignore_errors = true, columns = {${read.join(', ')}})`,
        "where event in ('run_started', 'run_finished', 'run_failed')",
    ].join('\n');
}

function emptySelect(): string {
    const lines = columns.map(({ name, type }) => `    cast(null as ${type}) as ${identifier(name)},`);
    return ['select', ...lines, 'where false'].join('\n');
}
