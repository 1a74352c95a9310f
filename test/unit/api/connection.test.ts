/** What happens when the way to the API is in trouble, or somebody stops the work. */
import { describe, expect, it } from 'vitest';
import { hour, inTurn, request, startBench, thrownBy } from './fake-api.ts';

const good = { body: hour };

describe('the connection', () => {
    it('is tried again when it is cut within a body', async () => {
        const { client, slept, seen } = await startBench(inTurn({ body: '{"from":1', cut: true }, good));
        expect((await client.readings(request)).envelope.recordCount).toBe(4);
        expect(slept).toEqual([4000]);
        expect(seen).toHaveLength(2);
    });

    it('is given up after three more cuts', async () => {
        const { client, slept } = await startBench(() => ({ body: '{"from":1', cut: true }));
        expect(await thrownBy(client.readings(request))).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
        expect(slept).toEqual([4000, 8000, 16_000]);
    });

    it('is given up when the whole answer takes too long, tries included', async () => {
        const { client, slept, seen } = await startBench(() => ({ stall: true }), {
            options: { timeoutMs: 30 },
        });
        const error = await thrownBy(client.readings(request));
        expect(error).toMatchObject({ code: 'SOURCE_TIMEOUT' });
        expect(error.message).toBe('GET /readings/162119 took longer than 30 ms');
        expect(slept).toEqual([4000, 8000, 16_000]);
        expect(seen).toHaveLength(4);
    });

    it('names the host that refuses it', async () => {
        // Nobody listens at port 2, and fetch does not forbid it.
        const { client, slept } = await startBench(() => good, {
            options: { baseUrl: 'http://127.0.0.1:2/v1' },
        });
        const error = await thrownBy(client.readings(request));
        expect(error).toMatchObject({
            code: 'SOURCE_UNREACHABLE',
            details: { network_code: 'ECONNREFUSED' },
            hint: expect.stringContaining('port'),
        });
        expect(error.message).toBe('127.0.0.1:2 could not be reached: the connection was refused');
        expect(slept).toEqual([4000, 8000, 16_000]);
    });

    it('is not tried for long where the other side speaks no TLS', async () => {
        const bench = await startBench(() => good);
        const { client, slept } = await startBench(() => good, {
            options: { baseUrl: bench.url.replace('http:', 'https:') },
        });
        const error = await thrownBy(client.readings(request));
        expect(error).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
        expect(error.message).toContain('no secure connection');
        expect(slept).toEqual([4000]);
    });

    it.each([
        ['ENOTFOUND', 'no such host', 1],
        ['EAI_AGAIN', 'the name service does not answer', 3],
        ['CERT_HAS_EXPIRED', 'no secure connection (certificate or TLS)', 1],
        ['UND_ERR_CONNECT_TIMEOUT', 'nothing answers there', 3],
    ])('that fails with %s says: %s', async (code, sentence, retries) => {
        const failing: typeof fetch = async () => {
            throw new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
        };
        const { client, slept } = await startBench(() => good, {
            effects: { fetch: failing },
            options: { baseUrl: 'https://core.example' },
        });
        const error = await thrownBy(client.readings(request));
        expect(error).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
        expect(error.message).toBe(`core.example could not be reached: ${sentence}`);
        expect(slept).toHaveLength(retries);
    });

    it('finds the reason behind several addresses that failed', async () => {
        const failing: typeof fetch = async () => {
            const inner = [4, 6].map(() => Object.assign(new Error('no'), { code: 'ECONNREFUSED' }));
            throw new TypeError('fetch failed', { cause: new AggregateError(inner) });
        };
        const { client } = await startBench(() => good, { effects: { fetch: failing } });
        expect((await thrownBy(client.readings(request))).message).toContain('the connection was refused');
    });
});

describe('stopping', () => {
    it('ends a wait at once, with its own reason', async () => {
        const bench = await startBench(() => ({ status: 500 }), {
            effects: {
                sleep: (_ms, signal) =>
                    new Promise((_resolve, reject) => {
                        signal?.addEventListener('abort', () => reject(new Error('sleep interrupted')));
                        bench.abort.abort(new Error('SIGINT'));
                    }),
            },
        });
        expect((await thrownBy(bench.client.readings(request))).message).toBe('SIGINT');
        expect(bench.seen).toHaveLength(1);
    });

    it('ends a request under way and all that queue behind it', async () => {
        const bench = await startBench(() => {
            setImmediate(() => bench.abort.abort(new Error('SIGTERM')));
            return { stall: true };
        });
        const errors = await Promise.all([1, 2, 3].map(() => thrownBy(bench.client.readings(request))));
        expect(errors.map(({ message }) => message)).toEqual(['SIGTERM', 'SIGTERM', 'SIGTERM']);
        expect(bench.seen).toHaveLength(1);
        expect(bench.client.counters.retries).toBe(0);
    });
});
