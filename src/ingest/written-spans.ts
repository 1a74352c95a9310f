/**
 * What a run wrote into the partition files, to the second, so that a new hour does not make a month of derived rows
 * anew. Kept in memory only: a file that was changed otherwise is taken as changed all over.
 */
import type { Span } from '../model/time.ts';

export interface WrittenSpans {
    /** The file was replaced: `before` and `after` are its marks, and nothing outside `span` changed. */
    note(path: string, before: string | undefined, after: string, span: Span): void;
    /** What changed between two marks of a file; undefined when that is not known. */
    between(path: string, before: string | undefined, after: string): Span | undefined;
}

interface Note {
    readonly before: string | undefined;
    readonly after: string;
    readonly span: Span;
}

export function noteWrittenSpans(): WrittenSpans {
    const notes = new Map<string, Note>();
    return {
        note: (path, before, after, span) => {
            const last = notes.get(path);
            const isNext = last !== undefined && last.after === before;
            notes.set(path, {
                before: isNext ? last.before : before,
                after,
                span: isNext
                    ? { from: Math.min(last.span.from, span.from), to: Math.max(last.span.to, span.to) }
                    : span,
            });
        },
        between: (path, before, after) => {
            const note = notes.get(path);
            return note?.before === before && note?.after === after ? note.span : undefined;
        },
    };
}
