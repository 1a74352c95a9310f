/** Questions for readings: how they are spelled, and how "Invalid Parameter" is healed. */
import { describe, expect, it } from 'vitest';
import { type Answer, hour, request, startBench, thrownBy } from './fake-api.ts';

const fieldsAnswer = (...fields: string[]): { body: object } => ({ body: { filters: { fields } } });

/** A channel that refuses a question unless it can deliver one of the fields, as the platform does. */
function hardware(...delivers: string[]): Answer {
    return ({ method, query }) => {
        if (method === 'OPTIONS') return fieldsAnswer(...delivers);
        const served = query.getAll('fields[]').every((code) => delivers.includes(code));
        return served ? { body: hour } : { status: 500, body: '{"message":"Invalid Parameter"}' };
    };
}

describe('a question for readings', () => {
    it('names every field, both bounds as epoch seconds, the resolution and the action', async () => {
        const { client, seen } = await startBench(() => ({ body: hour }), { prefix: '/v1/' });
        await client.readings(request);
        expect(seen[0]?.method).toBe('GET');
        expect(seen[0]?.url).toBe(
            '/v1/readings/162119?fields%5B%5D=E&fields%5B%5D=P&daterange%5B%5D=1764565200' +
                '&daterange%5B%5D=1764568800&res=900&action=summarize',
        );
        expect(seen[0]?.headers.accept).toBe('text/json');
        expect(seen[0]?.headers['user-agent']).toBe('eniscope-lake/test');
    });

    it('gives back what was asked, when, and the body verbatim', async () => {
        const body = JSON.stringify(hour, null, 3).replace('312.25', '312.25000000000000000001');
        const { client, clock } = await startBench(() => ({ body }));
        const answer = await client.readings(request);
        expect(answer).toMatchObject({
            path: '/readings/162119',
            query: 'fields[]=E&fields[]=P&daterange[]=1764565200&daterange[]=1764568800&res=900&action=summarize',
            fields: ['E', 'P'],
            status: 200,
            fetchedAt: clock.ms,
            durationMs: 0,
        });
        expect(answer.body).toBe(body);
        expect(answer.envelope.records).toHaveLength(4);
    });

    it('measures how long the answer took', async () => {
        const clock = { ms: 1000 };
        const { client } = await startBench(
            () => {
                clock.ms += 412;
                return { body: hour };
            },
            { effects: { now: () => clock.ms } },
        );
        expect(await client.readings(request)).toMatchObject({ durationMs: 412, fetchedAt: 1412 });
    });

    it('asks each field once', async () => {
        const { client, seen } = await startBench(() => ({ body: hour }));
        const answer = await client.readings({ ...request, fields: ['E', 'P', 'E'] });
        expect(seen[0]?.query.getAll('fields[]')).toEqual(['E', 'P']);
        expect(answer.fields).toEqual(['E', 'P']);
    });

    it.each(['', '12a', '../accounts', '1/../2', '-1', '1 ', '١٢', '9'.repeat(21)])(
        'never makes a path of the id %j',
        async (channelId) => {
            const { client, seen } = await startBench(() => ({ body: hour }));
            const error = await thrownBy(client.readings({ ...request, channelId }));
            expect(error).toMatchObject({ code: 'SOURCE_BAD_ANSWER', details: { reason: 'bad_id' } });
            await thrownBy(client.learnFields(channelId));
            expect(seen).toHaveLength(0);
        },
    );

    it.each([
        [1764568800, 1764565200],
        [1764565200, 1764565200],
        [1764565200.5, 1764568800],
        [Number.NaN, 1764568800],
    ])('is not sent for the range %d to %d', async (from, to) => {
        const { client, seen } = await startBench(() => ({ body: hour }));
        expect(await thrownBy(client.readings({ ...request, from, to }))).toMatchObject({
            code: 'USAGE_BAD_RANGE',
        });
        expect(seen).toHaveLength(0);
    });
});

describe('"Invalid Parameter"', () => {
    it('is healed by asking once what the channel delivers', async () => {
        const knownFields = new Map<string, readonly string[]>();
        const { client, seen, slept } = await startBench(hardware('E', 'T', 'RH'), {
            options: { knownFields },
        });
        const answer = await client.readings({ ...request, fields: ['E', 'P', 'V', 'T'] });
        expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
            'GET /readings/162119',
            'OPTIONS /readings/162119/',
            'GET /readings/162119',
        ]);
        expect(seen[2]?.query.getAll('fields[]')).toEqual(['E', 'T']);
        expect(answer.fields).toEqual(['E', 'T']);
        expect(slept).toEqual([]);
        expect(knownFields.get('162119')).toEqual(['E', 'T', 'RH']);
    });

    it('does not come back for a channel whose fields are known', async () => {
        const { client, seen } = await startBench(hardware('T'), {
            options: { knownFields: new Map([['162119', ['T']]]) },
        });
        await client.readings({ ...request, fields: ['E', 'T'] });
        expect(seen.map(({ query }) => query.getAll('fields[]'))).toEqual([['T']]);
    });

    it('is said without a request when none of the asked fields is known to be delivered', async () => {
        const { client, seen } = await startBench(hardware('T', 'RH'), {
            options: { knownFields: new Map([['162119', ['T', 'RH']]]) },
        });
        expect(await thrownBy(client.readings(request))).toMatchObject({
            code: 'SOURCE_INVALID_PARAMETER',
            details: { channel_id: '162119', asked: ['E', 'P'], fields: ['T', 'RH'] },
        });
        expect(seen).toHaveLength(0);
    });

    it('ends the question when nothing is left, and tells what could be asked', async () => {
        const { client, seen } = await startBench(hardware('T', 'RH'));
        const error = await thrownBy(client.readings(request));
        expect(error).toMatchObject({
            code: 'SOURCE_INVALID_PARAMETER',
            details: { fields: ['T', 'RH'] },
        });
        expect(error.message).toContain('it delivers T, RH');
        expect(seen).toHaveLength(2);
    });

    it('is not asked again when the channel claims to deliver all that was asked', async () => {
        const { client, seen, slept } = await startBench(({ method }) =>
            method === 'OPTIONS' ? fieldsAnswer('E', 'P', 'V') : { status: 500, body: 'Invalid Parameter' },
        );
        expect(await thrownBy(client.readings(request))).toMatchObject({
            code: 'SOURCE_INVALID_PARAMETER',
            details: { fields: ['E', 'P', 'V'] },
        });
        expect(seen).toHaveLength(2);
        expect(slept).toEqual([]);
    });

    it('is asked again only once', async () => {
        const { client, seen } = await startBench(({ method }) =>
            method === 'OPTIONS' ? fieldsAnswer('E') : { status: 500, body: 'Invalid Parameter' },
        );
        expect(await thrownBy(client.readings(request))).toMatchObject({
            code: 'SOURCE_INVALID_PARAMETER',
            details: { fields: ['E'], asked: ['E'] },
        });
        expect(seen.map(({ method }) => method)).toEqual(['GET', 'OPTIONS', 'GET']);
    });

    it.each([
        ['answers the same', { status: 500, body: 'Invalid Parameter' }],
        ['is not allowed', { status: 403 }],
        ['is unknown', { status: 404, body: 'nothing here' }],
        ['lists nothing', { body: '{"filters":{}}' }],
        ['is HTML', { body: '<html>' }],
    ])('stands when OPTIONS %s, without a wait', async (_what, options) => {
        const { client, seen, slept } = await startBench(({ method }) =>
            method === 'OPTIONS' ? options : { status: 500, body: 'Invalid Parameter' },
        );
        expect(await thrownBy(client.readings(request))).toMatchObject({ code: 'SOURCE_INVALID_PARAMETER' });
        expect(seen.map(({ method }) => method)).toEqual(['GET', 'OPTIONS']);
        expect(slept).toEqual([]);
    });

    it('is learned once for two questions at the same time', async () => {
        const { client, seen } = await startBench(hardware('E'), { options: { concurrency: 2 } });
        await Promise.all([client.readings(request), client.readings(request)]);
        expect(seen.filter(({ method }) => method === 'OPTIONS')).toHaveLength(1);
    });

    it('does not stop a client that may have one call under way', async () => {
        const { client } = await startBench(hardware('E'), { options: { concurrency: 1 } });
        expect((await client.readings(request)).fields).toEqual(['E']);
        expect(await client.learnFields('162119')).toEqual(['E']);
    });
});
