/** Which view reads which, found in the SQL text: the order of creation and the rule of layers follow from it. */
import { AppError } from '../core/errors.ts';
import type { View } from './view-file.ts';

/** The names of `known` that the view's `from`, `join` and table functions mention; its own CTEs hide outer names. */
export function referencesOf(view: View, known: ReadonlySet<string>): readonly string[] {
    const sql = view.sql.replaceAll(/--[^\n]*/g, '').replaceAll(/'(?:[^']|'')*'/g, "''");
    const found = [...sql.matchAll(/\b(?:from|join)\s+([a-z_][a-z0-9_]*)/gi)].flatMap(
        (match) => match[1] ?? [],
    );
    return [...new Set(found)].filter((name) => known.has(name));
}

/**
 * The views in an order in which each can be created. Throws QUERY_INVALID when a view names a file, reads a
 * higher layer, or reads itself by way of others. `sources` are the names that exist beforehand.
 */
export function orderViews(views: readonly View[], sources: readonly string[]): readonly View[] {
    const byName = new Map(views.map((view) => [view.name, view]));
    const known = new Set([...byName.keys(), ...sources]);
    const ordered: View[] = [];
    const open = new Set<string>();
    const visit = (view: View): void => {
        if (ordered.includes(view)) return;
        if (open.has(view.name)) throw broken(view, 'reads itself by way of other views');
        open.add(view.name);
        for (const name of referencesOf(view, known)) {
            const read = byName.get(name);
            // A CTE may carry the name of the view it imports.
            if (read === undefined || read === view) continue;
            if (read.layer > view.layer)
                throw broken(view, `reads ${read.name} of the higher layer ${read.layer}`);
            visit(read);
        }
        open.delete(view.name);
        ordered.push(view);
    };
    // Functions read nothing, and any view may call them.
    const functions = views.filter(({ kind }) => kind === 'function');
    for (const view of [...functions, ...views]) {
        if (/\bread_(parquet|csv|json|text|blob)|\bglob\s*\(|\bfrom\s+'/i.test(view.sql)) {
            throw broken(view, 'names a file, which only sources may');
        }
        visit(view);
    }
    return ordered;
}

function broken(view: View, problem: string): AppError {
    return new AppError('QUERY_INVALID', `the view ${view.layer}/${view.name} ${problem}`);
}
