import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { demoCredentials } from '../../src/simulator/server.ts';
import { type Bench, basic, from, key, readings, startBench, startMs } from './simulator-bench.ts';

let bench: Bench;
beforeEach(async () => {
    bench = await startBench();
});
afterEach(() => bench.simulator.close());

describe('paths', () => {
    it.each([
        '/channels',
        '/v1/channels',
        '/v1/1/channels',
        '/channels/',
        '/v1//channels//',
        '/v1/1//channels?page=1',
    ])('%s leads to the channels', async (path) => {
        const response = await bench.get(path);
        expect(response.status).toBe(200);
        expect(response.headers.get('content-type')).toBe('text/json');
        expect(await response.json()).toMatchObject({ meta: { recordCount: 23 } });
    });

    it('only one prefix leads anywhere when the quirk says so', async () => {
        bench.simulator.changeQuirks({ prefix: 'v1' });
        const statuses = await Promise.all(
            ['/channels', '/v1/channels', '/v1/1/channels'].map(
                async (path) => (await bench.get(path)).status,
            ),
        );
        expect(statuses).toEqual([404, 200, 404]);
    });

    it('take brackets bare or encoded', async () => {
        const encoded = readings.replaceAll('[]', '%5B%5D');
        expect(await (await bench.get(encoded)).text()).toBe(await (await bench.get(readings)).text());
        expect(bench.simulator.requests.map(({ query }) => query.slice(0, 20))).toEqual([
            'res=900&fields[]=E&f',
            'res=900&fields[]=E&f',
        ]);
    });

    it('the wrong scheme is a 403 without a body', async () => {
        const response = await bench.get('/api?action=readings&apikey=x&id=1', {});
        expect([response.status, await response.text()]).toEqual([403, '']);
    });
});

describe('sessions', () => {
    it('begin with Basic and the key, and go on with the token and the key', async () => {
        const token = await bench.login();
        expect((await bench.get('/channels', token)).status).toBe(200);
        expect(bench.simulator.requests.map(({ auth, path }) => [auth, path])).toEqual([
            ['basic', '/'],
            ['token', '/channels'],
        ]);
    });

    it.each([
        ['nothing', {}],
        ['the key alone', key],
        ['Basic without the key', { authorization: basic.authorization }],
        ['a wrong key', { ...basic, 'x-eniscope-api': 'x' }],
        ['a wrong password', { ...key, authorization: `Basic ${Buffer.from('a:b').toString('base64')}` }],
        [
            'the plain password',
            {
                ...key,
                authorization: `Basic ${Buffer.from(`${demoCredentials.email}:${demoCredentials.password}`).toString('base64')}`,
            },
        ],
    ])('%s is refused', async (_name, headers) => {
        expect((await bench.get('/channels', headers)).status).toBe(401);
    });

    it('credentials in the query string are refused, and so is a token without the key', async () => {
        const { email, password, apiKey } = demoCredentials;
        const query = new URLSearchParams({ email, password, apikey: apiKey });
        expect((await bench.get(`/channels?${query}`, {})).status).toBe(401);
        const token = await bench.login();
        expect(
            (await bench.get('/channels', { 'x-eniscope-token': token['x-eniscope-token'] ?? '' })).status,
        ).toBe(401);
    });

    it('lapse after an idle hour, with 419 or 401', async () => {
        const token = await bench.login();
        bench.advance(3_600_000);
        expect((await bench.get('/', token)).status).toBe(200);
        bench.advance(3_600_001);
        expect((await bench.get('/', token)).status).toBe(419);
        bench.simulator.changeQuirks({ lapseStatus: 401 });
        expect((await bench.get('/', token)).status).toBe(401);
        expect((await bench.get('/', basic)).status).toBe(200);
    });

    it('lapse after so many requests, or never', async () => {
        bench.simulator.changeQuirks({ tokenLifetime: 'requests:2' });
        const token = await bench.login();
        const statuses = [];
        for (let i = 0; i < 3; i += 1) statuses.push((await bench.get('/', token)).status);
        expect(statuses).toEqual([200, 200, 419]);
        bench.simulator.changeQuirks({ tokenLifetime: 'never' });
        const lasting = await bench.login();
        bench.advance(1e12);
        expect((await bench.get('/', lasting)).status).toBe(200);
    });

    it('token alone is refused when the quirk says so', async () => {
        bench.simulator.changeQuirks({ tokenOnly: 'refused' });
        expect((await bench.get('/', await bench.login())).status).toBe(401);
    });
});

describe('limits', () => {
    it('too many calls are a 429, with Retry-After when the quirk says so', async () => {
        bench.simulator.changeQuirks({ rateLimit: 'silent' });
        const responses = [];
        for (let i = 0; i < 6; i += 1) responses.push(await bench.get('/'));
        expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
        expect(responses[5]?.headers.get('retry-after')).toBeNull();
        bench.simulator.changeQuirks({ rateLimit: 'retry-after' });
        expect((await bench.get('/')).headers.get('retry-after')).toBe('1');
        bench.advance(1000);
        expect((await bench.get('/')).status).toBe(200);
    });

    it('latency grows with the rows', async () => {
        bench.simulator.changeQuirks({ latency: { minMs: 300, maxMs: 3000 } });
        await bench.get('/channels/162320');
        await bench.get(
            `/readings/162320?res=900&fields[]=E&daterange[]=${from - 90 * 86_400}&daterange[]=${from}`,
        );
        expect(bench.waits[0]).toBeLessThan(301);
        expect(bench.waits[1]).toBe(3000);
    });

    it('a time-out never answers', async () => {
        bench.simulator.changeQuirks({ latency: 'timeout' });
        await expect(bench.get('/', basic, { signal: AbortSignal.timeout(30) })).rejects.toThrow();
        expect(bench.simulator.requests[0]?.status).toBe(0);
    });
});

it('keeps a record of every request', async () => {
    await bench.get(`/v1${readings}`);
    expect(bench.simulator.requests).toEqual([
        {
            method: 'GET',
            path: '/readings/162320',
            query: readings.slice(readings.indexOf('?') + 1),
            channelId: '162320',
            status: 200,
            at: startMs,
            auth: 'basic',
        },
    ]);
});
