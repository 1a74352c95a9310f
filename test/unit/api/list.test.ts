/** Lists are read to the end, each id once, whatever the pages do. */
import { describe, expect, it } from 'vitest';
import { type Answer, startBench, thrownBy } from './fake-api.ts';

const channel = (id: number): object => ({ dataChannelId: String(id), channelName: `Channel ${id}` });

const range = (from: number, to: number): number[] =>
    Array.from({ length: to - from }, (_, index) => from + index);

/** Serves ids page by page as the platform does; `size` is its own idea of a page. */
function paged(ids: readonly number[], size: number, changes: object = {}): Answer {
    return ({ query }) => {
        const page = Number(query.get('page'));
        const items = ids.slice((page - 1) * size, page * size).map(channel);
        const pageCount = Math.ceil(ids.length / size);
        const meta = { currentPage: page, recordsPerPage: size, recordCount: ids.length, pageCount };
        return { body: { channels: items, meta: { ...meta, ...changes } } };
    };
}

describe('a list', () => {
    it('is read page by page, a hundred at a time, to the last page', async () => {
        const { client, seen } = await startBench(paged(range(0, 230), 100));
        const answer = await client.list('channels');
        expect(seen.map(({ url }) => url)).toEqual(
            [1, 2, 3].map((page) => `/channels?limit=100&page=${page}`),
        );
        expect(answer.items.map((item) => item.dataChannelId)).toEqual(range(0, 230).map(String));
        expect(answer.pages.map(({ query }) => query)).toEqual(
            [1, 2, 3].map((page) => `limit=100&page=${page}`),
        );
        expect(JSON.parse(answer.pages[2]?.body ?? '').channels).toHaveLength(30);
    });

    it('goes on where the API gives smaller pages than were asked', async () => {
        const { client, seen } = await startBench(paged(range(0, 41), 20));
        expect((await client.list('channels')).items).toHaveLength(41);
        expect(seen).toHaveLength(3);
    });

    it('ends after one answer when paging is off', async () => {
        const { client, seen } = await startBench(paged(range(0, 150), 200, { pageCount: 0 }));
        expect((await client.list('channels')).items).toHaveLength(150);
        expect(seen).toHaveLength(1);
    });

    it('ends after one answer without meta', async () => {
        const { client, seen } = await startBench(() => ({ body: { channels: range(0, 42).map(channel) } }));
        expect((await client.list('channels')).items).toHaveLength(42);
        expect(seen).toHaveLength(1);
    });

    it('may be empty', async () => {
        const { client } = await startBench(paged([], 100));
        expect((await client.list('channels')).items).toEqual([]);
    });

    it('holds each id once when the list shifts while it is read, and misses none', async () => {
        // Before the second page is asked, a new channel 1000 pushes all others down by one.
        const before = paged(range(0, 150), 100);
        const after = paged([1000, ...range(0, 150)], 100);
        const { client, seen } = await startBench((asked) => (asked.index === 0 ? before : after)(asked));
        const ids = (await client.list('channels')).items.map((item) => Number(item.dataChannelId));
        expect(ids.toSorted((a, b) => a - b)).toEqual([...range(0, 150), 1000]);
        expect(seen.map(({ query }) => query.get('page'))).toEqual(['1', '2', '1', '2']);
    });

    it('says so when the API keeps listing fewer than it counts', async () => {
        const { client, seen, logged } = await startBench(paged(range(0, 3), 100, { recordCount: 5 }));
        expect((await client.list('channels')).items).toHaveLength(3);
        expect(seen).toHaveLength(2);
        expect(logged.join('\n')).toContain('channels: the API says there are 5, but lists 3');
    });

    it('tells when it is complete, and when the API lists fewer than it counts', async () => {
        const whole = await startBench(paged(range(0, 3), 100));
        expect((await whole.client.list('channels')).isComplete).toBe(true);
        const short = await startBench(paged(range(0, 3), 100, { recordCount: 5 }));
        expect((await short.client.list('channels')).isComplete).toBe(false);
    });

    it('is given up when a page in the middle brings nothing new', async () => {
        const { client, seen } = await startBench(({ query }) => ({
            body: {
                channels: range(0, 20).map(channel),
                meta: { currentPage: Number(query.get('page')), recordCount: 9e9, pageCount: 9e9 },
            },
        }));
        expect(await thrownBy(client.list('channels'))).toMatchObject({ details: { reason: 'paging' } });
        expect(seen).toHaveLength(2);
    });

    it('is given up when its pages together are too large to be held', async () => {
        let asked = 0;
        const filler = 'x'.repeat(20 * 1024 * 1024);
        const large: typeof fetch = async () => {
            asked += 1;
            const meta = { currentPage: asked, recordCount: null, pageCount: 100 };
            return Response.json({ channels: [{ ...channel(asked), filler }], meta });
        };
        const { client } = await startBench(() => ({}), { effects: { fetch: large } });
        expect(await thrownBy(client.list('channels'))).toMatchObject({ details: { reason: 'too_large' } });
        expect(asked).toBe(7);
    });

    it('is given up when the API ignores the page', async () => {
        const { client, seen } = await startBench(() => ({
            body: {
                channels: range(0, 20).map(channel),
                meta: { currentPage: 1, recordsPerPage: 20, recordCount: 60, pageCount: 3 },
            },
        }));
        expect(await thrownBy(client.list('channels'))).toMatchObject({
            code: 'SOURCE_BAD_ANSWER',
            details: { reason: 'paging' },
        });
        expect(seen).toHaveLength(2);
    });

    it('is given up when the pages never end', async () => {
        let asked = 0;
        const endless: typeof fetch = async () => {
            asked += 1;
            const meta = { currentPage: asked, recordsPerPage: 1, recordCount: null, pageCount: asked + 1 };
            return Response.json({ channels: [channel(asked)], meta });
        };
        const { client } = await startBench(() => ({}), { effects: { fetch: endless } });
        expect(await thrownBy(client.list('channels'))).toMatchObject({ details: { reason: 'paging' } });
        expect(asked).toBe(10_000);
    });

    it('is not taken from under another name', async () => {
        const { client } = await startBench(() => ({ body: { data: [channel(1)] } }));
        expect(await thrownBy(client.list('channels'))).toMatchObject({
            code: 'SOURCE_BAD_ANSWER',
            details: { reason: 'no_list', path: '/channels', query: 'limit=100&page=1', status: 200 },
        });
    });

    it('sends filters encoded, whatever a stranger put into them', async () => {
        const { client, seen } = await startBench(paged([1], 100));
        await client.list('channels', { organization: '7&limit=0', name: '*Käse / #1?*' });
        const query = seen[0]?.query;
        expect(query?.getAll('organization')).toEqual(['7&limit=0']);
        expect(query?.getAll('limit')).toEqual(['100']);
        expect(query?.get('name')).toBe('*Käse / #1?*');
        expect(seen[0]?.path).toBe('/channels');
    });

    it('warns of values it did not understand', async () => {
        const { client, logged } = await startBench(() => ({
            body: { devices: [{ deviceId: 1, registered: 'long ago' }] },
        }));
        expect((await client.list('devices')).items[0]?.registered).toBeNull();
        expect(logged.join('\n')).toContain('devices: registered not understood, read as null');
    });
});
