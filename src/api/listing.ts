/** Whole lists, page by page: complete, each id once, and never without end. */
import type { Logger } from '../core/log.ts';
import { badAnswer } from './answer.ts';
import type { Transport } from './http.ts';
import type { QueryPair } from './query.ts';
import { idOf, parseList, type Resource, type WireItems } from './wire.ts';

export interface ListAnswer<R extends Resource> {
    readonly resource: R;
    /** Epoch milliseconds when the last page was complete. */
    readonly fetchedAt: number;
    /** Every page as it came, in the order asked. */
    readonly pages: readonly {
        readonly path: string;
        readonly query: string;
        readonly status: number;
        readonly body: string;
    }[];
    /** Each id once, in the order of the source. */
    readonly items: readonly WireItems[R][];
    /** False when the API says there are more than it listed: an id that is missing may still be there. */
    readonly isComplete: boolean;
}

const pageSize = 100;
const maxPages = 10_000;
/** All pages of a list are held in memory: a hundred thousand items, and no more. */
const maxListChars = 128 * 1024 * 1024;

type Page = ListAnswer<Resource>['pages'][number];

/**
 * Every page of a list. When the list changed while it was read, so that it holds fewer ids than it says, it is
 * read once more and both readings are joined.
 */
export async function readPages<R extends Resource>(
    transport: Transport,
    log: Logger,
    resource: R,
    filter: Readonly<Record<string, string>>,
): Promise<ListAnswer<R>> {
    const pages: Page[] = [];
    const items = new Map<string, WireItems[R]>();
    const unreadable = new Set<string>();
    let fetchedAt = 0;
    let expected = 0;
    let chars = 0;

    /** Reads page `number`; true when it was the last. `seen` are the ids of this reading's earlier pages. */
    async function readPage(number: number, seen: Set<string>): Promise<boolean> {
        const path = `/${resource}`;
        const query: QueryPair[] = [
            ...Object.entries(filter),
            ['limit', String(pageSize)],
            ['page', String(number)],
        ];
        const answer = await transport.ask({ method: 'GET', path, query }, (text, context) =>
            parseList(resource, text, context),
        );
        const { status, body, value: list } = answer;
        pages.push({ path, query: answer.query, status, body });
        fetchedAt = answer.finishedAt;
        const context = { path, query: answer.query, status };
        for (const key of list.unreadable) unreadable.add(key);
        chars += body.length;
        const known = seen.size;
        for (const item of list.items) {
            seen.add(idOf(resource, item));
            items.set(idOf(resource, item), item);
        }
        expected = list.meta?.recordCount ?? 0;
        // Without meta nothing says how many pages there are: a short page or one without news is the last.
        if (list.meta === null) return list.items.length < pageSize || seen.size === known;
        const { currentPage, pageCount } = list.meta;
        if (Math.max(number, currentPage) >= pageCount) return true;
        if (currentPage < number) {
            throw badAnswer('paging', `is page ${currentPage}, not page ${number}`, body, context);
        }
        if (seen.size === known)
            throw badAnswer('paging', 'brings nothing new and is not the last', body, context);
        if (number >= maxPages) throw badAnswer('paging', `goes on after ${maxPages} pages`, body, context);
        if (chars > maxListChars) {
            throw badAnswer('too_large', `goes on after ${chars} characters`, body, context);
        }
        return false;
    }

    for (let round = 1; round <= 2; round += 1) {
        const seen = new Set<string>();
        for (let number = 1; !(await readPage(number, seen)); number += 1);
        if (items.size >= expected) break;
        log.debug(
            'list_changed',
            { resource, found: items.size, expected },
            `${resource} changed while read`,
        );
    }
    if (items.size < expected) {
        const sentence = `${resource}: the API says there are ${expected}, but lists ${items.size}`;
        log.warn('list_incomplete', { resource, found: items.size, expected }, sentence);
    }
    if (unreadable.size > 0) {
        const keys = [...unreadable].join(', ');
        log.warn('list_unreadable', { resource, keys }, `${resource}: ${keys} not understood, read as null`);
    }
    return { resource, fetchedAt, pages, items: [...items.values()], isComplete: items.size >= expected };
}
