/** Asks the simulator's routes without HTTP and narrows what comes back. */
import { generatedSite } from '../../../src/simulator/generated.ts';
import { type Quirks, quietQuirks } from '../../../src/simulator/quirks.ts';
import { Routes } from '../../../src/simulator/routes.ts';
import type { SiteSource } from '../../../src/simulator/site.ts';

export interface Ask {
    readonly path: string;
    readonly query?: string;
    readonly quirks?: Partial<Quirks>;
    readonly site?: SiteSource;
    readonly now?: number;
    readonly method?: string;
}

export interface Reply {
    readonly status: number;
    readonly text: string;
    readonly json: Record<string, unknown>;
    readonly records: readonly Record<string, number | null>[];
}

export const utc = (text: string): number => Date.parse(text) / 1000;
/** Monday 12:51:26 in New York. */
export const noon = utc('2026-11-23T17:51:26Z');
export const testSite = generatedSite({ seed: 7 });

export function ask({
    path,
    query = '',
    quirks = {},
    site = testSite,
    now = noon,
    method = 'GET',
}: Ask): Reply {
    const routes = new Routes(site, { ...quietQuirks, ...quirks });
    const answer = routes.answer({ method, path, parameters: new URLSearchParams(query), now });
    const text = answer.body.toString();
    const json = text === '' ? {} : JSON.parse(text);
    return { status: answer.status, text, json, records: json.records ?? [] };
}

export function readings(channel: string, query: string, rest: Omit<Ask, 'path' | 'query'> = {}): Reply {
    return ask({ path: `/readings/${channel}`, query, ...rest });
}

export const range = (from: number, to: number): string => `daterange[]=${from}&daterange[]=${to}`;
