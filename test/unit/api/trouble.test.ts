/** What happens when the API is in trouble or refuses: waits, tries, and the error at the end. */
import { describe, expect, it } from 'vitest';
import type { ApiOptions } from '../../../src/api/client.ts';
import { AppError } from '../../../src/core/errors.ts';
import {
    type Answer,
    hour,
    inTurn,
    request,
    type Seen,
    startBench,
    thrownBy,
    withToken,
} from './fake-api.ts';

const good = { body: hour };

describe('429', () => {
    it('waits as long as Retry-After says', async () => {
        const { client, slept, seen } = await startBench(
            inTurn({ status: 429, headers: { 'Retry-After': '7' } }, good),
        );
        await client.readings(request);
        expect(slept).toEqual([7000]);
        expect(seen).toHaveLength(2);
        expect(client.counters).toMatchObject({ requests: 2, retries: 1, rateLimited: 1, pausedMs: 7000 });
    });

    it('waits until the date Retry-After names', async () => {
        const { client, slept } = await startBench(
            inTurn({ status: 429, headers: { 'Retry-After': 'Mon, 23 Nov 2026 09:00:20 GMT' } }, good),
        );
        await client.readings(request);
        expect(slept).toEqual([20_000]);
    });

    it('is given up after five pauses of 8, 16 and 32 s and more', async () => {
        const { client, slept, seen } = await startBench(() => ({ status: 429 }));
        expect(await thrownBy(client.readings(request))).toMatchObject({
            code: 'SOURCE_RATE_LIMITED',
            exitCode: 4,
            details: { reason: 'rate_limited', status: 429 },
        });
        expect(slept).toEqual([9000, 18_000, 36_000, 36_000, 36_000]);
        expect(seen).toHaveLength(6);
    });

    it('pauses every request of the client', async () => {
        const { client, starts } = await startTimed(
            { requestsPerSecond: 1, concurrency: 4 },
            inTurn(withToken('t'), { status: 429 }, good),
        );
        await Promise.all(Array.from({ length: 4 }, () => client.readings(request)));
        // The second start, at 1 s, is refused: nobody starts for 9 s, then one a second, its retry last.
        expect(starts).toEqual([0, 1000, 10_000, 11_000, 12_000]);
    });
});

describe('server errors', () => {
    it.each([
        [500, [4000, 8000]],
        [502, [4000, 8000, 16_000]],
        [503, [4000, 8000, 16_000]],
        [504, [4000, 8000, 16_000]],
        [599, [4000, 8000]],
    ])('%i is tried again after %j ms, then given up', async (status, waits) => {
        const { client, slept, seen } = await startBench(() => ({ status, body: '<html>Oops</html>' }));
        expect(await thrownBy(client.readings(request))).toMatchObject({
            code: 'SOURCE_SERVER_ERROR',
            details: { reason: 'server_error', status, body: '<html>Oops</html>', path: '/readings/162119' },
        });
        expect(slept).toEqual(waits);
        expect(seen).toHaveLength(waits.length + 1);
    });

    it('heal', async () => {
        const { client } = await startBench(inTurn({ status: 502, body: '<html>' }, { status: 500 }, good));
        expect((await client.readings(request)).envelope.records).toHaveLength(4);
        expect(client.counters).toMatchObject({ requests: 3, retries: 2 });
    });

    it('count retries against the rate as well', async () => {
        const { client, seen } = await startBench(inTurn({ status: 500 }, good), {
            options: { requestsPerSecond: 0.1 },
        });
        await client.readings(request);
        expect((seen[1]?.at ?? 0) - (seen[0]?.at ?? 0)).toBe(10_000);
    });
});

describe('refusals', () => {
    it.each([402, 403, 404, 409, 418])('%i is not tried again', async (status) => {
        const { client, slept, seen } = await startBench(() => ({ status }));
        const error = await thrownBy(client.readings(request));
        expect(error).toMatchObject({
            code: 'SOURCE_REFUSED',
            details: { reason: 'refused', status, body: '' },
        });
        expect(error.message).toBe(`GET /readings/162119 was answered ${status} with an empty body`);
        expect(seen).toHaveLength(1);
        expect(slept).toEqual([]);
    });

    it.each([301, 302, 307, 308])('a redirect (%i) is not followed', async (status) => {
        const location = 'http://127.0.0.1:9/elsewhere?token=abc';
        const { client, seen } = await startBench(() => ({ status, headers: { location } }));
        const error = await thrownBy(client.readings(request));
        expect(error).toMatchObject({ code: 'SOURCE_REDIRECTED' });
        expect(error.message).toBe(`GET /readings/162119 was redirected to 127.0.0.1:9 (${status})`);
        expect(seen).toHaveLength(1);
    });
});

describe('broken answers', () => {
    it.each([
        ['empty_body', ''],
        ['not_json', '<html>Maintenance</html>'],
        ['truncated', JSON.stringify(hour).slice(0, 250)],
        ['not_an_object', '[]'],
        ['no_records', '{"recordCount":0}'],
    ])('with status 200 are refused as %s, with all a quarantine needs', async (reason, body) => {
        const { client, seen } = await startBench(() => ({ body }));
        const error = await thrownBy(client.readings(request));
        expect(error).toMatchObject({ code: 'SOURCE_BAD_ANSWER', exitCode: 4 });
        expect(error instanceof AppError && error.details).toEqual({
            reason,
            body,
            status: 200,
            path: '/readings/162119',
            query: 'fields[]=E&fields[]=P&daterange[]=1764565200&daterange[]=1764568800&res=900&action=summarize',
        });
        expect(seen).toHaveLength(1);
    });

    it('are read no further than the limit', async () => {
        const { client, seen } = await startBench(() => ({ body: 'x'.repeat(50_000) }), {
            options: { maxAnswerBytes: 10_000 },
        });
        const error = await thrownBy(client.readings(request));
        expect(error).toMatchObject({ code: 'SOURCE_BAD_ANSWER', details: { reason: 'too_large' } });
        expect(error instanceof AppError && error.details.body).toBe('x'.repeat(10_000 - 1024));
        expect(seen).toHaveLength(1);
    });

    it('may be exactly as large as the limit', async () => {
        const body = JSON.stringify(hour);
        const { client } = await startBench(() => ({ body }), {
            options: { maxAnswerBytes: Buffer.byteLength(body) },
        });
        expect((await client.readings(request)).body).toBe(body);
    });
});

describe('concurrency and pace', () => {
    it('has no more calls under way than allowed', async () => {
        let open = 0;
        let most = 0;
        const { client } = await startBench(
            () => {
                open += 1;
                most = Math.max(most, open);
                const after = new Promise<void>((resolve) => {
                    setTimeout(() => {
                        open -= 1;
                        resolve();
                    }, 3);
                });
                return { ...good, after, headers: { 'X-Eniscope-Token': 't' } };
            },
            { options: { concurrency: 3 } },
        );
        await Promise.all(Array.from({ length: 12 }, () => client.readings(request)));
        expect(most).toBe(3);
    });

    it('starts requests no closer than the rate allows', async () => {
        const { client, starts } = await startTimed(
            { requestsPerSecond: 4, concurrency: 5 },
            inTurn(withToken('t'), good),
        );
        await Promise.all(Array.from({ length: 5 }, () => client.readings(request)));
        expect(starts).toEqual([0, 250, 500, 750, 1000]);
    });
});

/** A client whose answers come before any sleep ends, and the fake clock at the start of each request. */
async function startTimed(options: Partial<ApiOptions>, answer: Answer) {
    const starts: number[] = [];
    const clock = { ms: 0 };
    const timed: typeof fetch = async () => {
        starts.push(clock.ms);
        const { status = 200, headers, body } = answer(unseen);
        return Response.json(body ?? '', { status, headers: { ...headers } });
    };
    const { client } = await startBench(() => good, {
        options,
        effects: {
            fetch: timed,
            now: () => clock.ms,
            sleep: async (ms) => {
                for (let tick = 0; tick < 10; tick += 1) await new Promise(setImmediate);
                clock.ms += ms;
            },
        },
    });
    return { client, starts };
}

const unseen: Seen = {
    method: 'GET',
    url: '/',
    path: '/',
    query: new URLSearchParams(),
    headers: {},
    auth: 'none',
    at: 0,
    index: 0,
};
