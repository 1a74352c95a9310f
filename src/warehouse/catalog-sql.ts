/** The catalog as SQL text: every view as a statement, in an order and a form in which creating them costs nothing. */
import { identifier, literal } from './duckdb.ts';
import { type SourceOptions, sourceViews } from './sources.ts';
import type { View } from './view-file.ts';

/**
 * The statements that create sources and views. The views are created over empty sources and the real sources
 * come last: DuckDB lists the lake's files each time a view over them is created, but not when it is replaced.
 */
export function catalogStatements(sources: SourceOptions, views: readonly View[]): readonly string[] {
    const real = sourceViews(sources);
    const empty = emptySources(sources);
    return [
        ...viewStatements(sources, views),
        ...real.filter((view, index) => view.sql !== empty[index]?.sql).map(createStatement),
    ];
}

/** What is the same in every lake with these fields and periods: the views, over empty sources. */
export function viewStatements(sources: SourceOptions, views: readonly View[]): readonly string[] {
    return [
        'create schema if not exists checks',
        ...emptySources(sources).map(createStatement),
        ...views.map(createStatement),
    ];
}

/** What is this lake's own: every source, over its files or empty, with its comments. */
export function sourceStatements(sources: SourceOptions): readonly string[] {
    const real = sourceViews(sources);
    return [...real.map(createStatement), ...real.flatMap(commentsOf)];
}

function emptySources(sources: SourceOptions): readonly View[] {
    return sourceViews({
        root: '',
        fields: sources.fields,
        granularity: sources.granularity,
        present: new Set(),
    });
}

/** The statements that hang the headers' texts on views and columns, for people in a shell. */
export function commentStatements(views: readonly View[]): readonly string[] {
    return views.flatMap(commentsOf);
}

/** The name under which a view is asked: checks have a schema of their own. */
function qualifiedName(view: View): string {
    return view.kind === 'check' ? `checks.${identifier(view.name)}` : identifier(view.name);
}

/** The statement that creates one view, or replaces it. */
export function createStatement(view: View): string {
    const name = qualifiedName(view);
    const call = `${name}(${view.parameters.map(identifier).join(', ')})`;
    switch (view.kind) {
        case 'macro':
            return `create or replace macro ${call} as table\n${view.sql}`;
        case 'function':
            return `create or replace macro ${call} as\n${view.sql}`;
        default:
            return `create or replace view ${name} as\n${view.sql}`;
    }
}

function commentsOf(view: View): readonly string[] {
    const name = qualifiedName(view);
    if (view.kind === 'macro') return [`comment on macro table ${name} is ${literal(view.summary)}`];
    if (view.kind === 'function') return [`comment on macro ${name} is ${literal(view.summary)}`];
    return [
        `comment on view ${name} is ${literal(view.summary)}`,
        ...view.columns.map(
            (column) => `comment on column ${name}.${identifier(column.name)} is ${literal(column.text)}`,
        ),
    ];
}
