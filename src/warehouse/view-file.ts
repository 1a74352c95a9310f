/** A view's file: a header comment that is its documentation, and one `select`. Parsed here, trusted elsewhere. */
import { AppError } from '../core/errors.ts';

export interface ViewColumn {
    readonly name: string;
    /** DuckDB's type in lower case: `double`, `timestamptz`, `date`. */
    readonly type: string;
    /** Meaning, unit and what null says. */
    readonly text: string;
}

/**
 * How a view is created: a `macro` is a table with parameters, a `function` gives one value, a `check` returns the rows
 * that must not exist.
 */
export type ViewKind = 'source' | 'view' | 'macro' | 'function' | 'check';

export interface View {
    readonly name: string;
    readonly kind: ViewKind;
    /** `10_sources`, `20_clean` …: a view reads lower layers, or its own. */
    readonly layer: string;
    /** The first paragraph of the header. */
    readonly summary: string;
    /** `one row per channel_id, date`; undefined for macros and checks. */
    readonly grain: string | undefined;
    /** The column that `--from` and `--to` act on; undefined when the view has none. */
    readonly time: string | undefined;
    /** The parameters of a macro or function, in order. */
    readonly parameters: readonly string[];
    /** A call of a macro or function as people write it; undefined for the others. */
    readonly example: string | undefined;
    /** True for what other views are made of and people rarely ask. */
    readonly isInner: boolean;
    readonly columns: readonly ViewColumn[];
    /** One `select`, without semicolon. */
    readonly sql: string;
}

/**
 * Reads the text of `queries/<layer>/<name>.sql`. Throws AppError QUERY_INVALID naming the file when the header
 * lacks what every view must have.
 */
export function parseViewFile(layer: string, name: string, text: string): View {
    const lines = text.split('\n');
    const end = lines.findIndex((line) => !line.startsWith('--'));
    const header = lines.slice(0, end).map((line) => line.replace(/^-- ?/, ''));
    const sql = lines.slice(end).join('\n').trim().replace(/;$/, '');
    const fields = new Map<string, string>();
    const columns: ViewColumn[] = [];
    const summary: string[] = [];
    let reading: 'summary' | 'fields' = 'summary';
    for (const line of header) {
        const field = /^(grain|time|macro|function|example|inner):\s+(.+)$/.exec(line);
        const column = /^([a-z][a-z0-9_]*) {2,}([a-z]+)\s{2,}(\S.*)$/.exec(line);
        const last = columns.at(-1);
        if (field?.[1] !== undefined && field[2] !== undefined) {
            fields.set(field[1], field[2].trim());
            reading = 'fields';
        } else if (column?.[1] !== undefined && column[2] !== undefined && column[3] !== undefined) {
            columns.push({ name: column[1], type: column[2], text: column[3].trim() });
            reading = 'fields';
        } else if (/^\s{8,}\S/.test(line) && last !== undefined) {
            columns[columns.length - 1] = { ...last, text: `${last.text} ${line.trim()}` };
        } else if (reading === 'summary') {
            summary.push(line.trim());
        }
    }
    const view: View = {
        name,
        kind: kindOf(layer, fields),
        layer,
        summary: summary.join(' ').replace(/\s+/g, ' ').trim(),
        grain: fields.get('grain'),
        time: fields.get('time'),
        parameters: (fields.get('macro') ?? fields.get('function') ?? '')
            .split(/[\s,]+/)
            .filter((word) => word !== ''),
        example: fields.get('example'),
        isInner: fields.has('inner'),
        columns,
        sql,
    };
    return checkedView(view);
}

function kindOf(layer: string, fields: ReadonlyMap<string, string>): ViewKind {
    if (layer === '90_checks') return 'check';
    return fields.has('macro') ? 'macro' : fields.has('function') ? 'function' : 'view';
}

function checkedView(view: View): View {
    const problem =
        view.summary === ''
            ? 'has no summary in its header'
            : view.sql === ''
              ? 'has no select'
              : view.kind === 'view' && view.grain === undefined
                ? 'has no "grain:" line in its header'
                : view.kind === 'view' && view.columns.length === 0
                  ? 'documents no column'
                  : undefined;
    if (problem === undefined) return view;
    throw new AppError('QUERY_INVALID', `the view file ${view.layer}/${view.name}.sql ${problem}`, {
        hint: 'Every file of queries/ opens with a comment: summary, grain, columns.',
    });
}
