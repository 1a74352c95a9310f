/** The API client against the simulator: two programs written from one contract, over real HTTP. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ApiOptions, createApiClient } from '../../src/api/client.ts';
import { silentLogger } from '../../src/core/log.ts';
import { Secret } from '../../src/core/secret.ts';
import { generatedSite, trueMinute } from '../../src/simulator/generated.ts';
import { defaultQuirks, type Quirks, quietQuirks } from '../../src/simulator/quirks.ts';
import { demoCredentials, type Simulator, startSimulator } from '../../src/simulator/server.ts';

const now = Date.parse('2026-11-23T09:00:00Z');
const day = {
    from: Date.parse('2026-11-20T05:00:00Z') / 1000,
    to: Date.parse('2026-11-21T05:00:00Z') / 1000,
};
const meter = '162320';
const quarterHours = { channelId: meter, ...day, resolution: 900, fields: ['E', 'P'] };

/** A simulator and a client that share a clock which only sleeping moves. */
async function connect(quirks: Partial<Quirks> = {}, options: Partial<ApiOptions> = {}) {
    const clock = { ms: now };
    const simulator = await startSimulator({
        source: generatedSite({ seed: 7 }),
        quirks: { ...quietQuirks, ...quirks },
        now: () => clock.ms,
        sleep: async () => {},
    });
    onTestFinished(() => simulator.close());
    const knownFields = new Map<string, readonly string[]>();
    const client = createApiClient(
        {
            baseUrl: simulator.url,
            apiKey: new Secret(demoCredentials.apiKey),
            email: demoCredentials.email,
            password: new Secret(demoCredentials.password),
            userAgent: 'eniscope-lake/test',
            requestsPerSecond: 0,
            concurrency: 2,
            timeoutMs: 10_000,
            knownFields,
            ...options,
        },
        {
            fetch: globalThis.fetch,
            now: () => clock.ms,
            sleep: async (ms) => {
                clock.ms += ms;
            },
            random: () => 0.5,
            signal: new AbortController().signal,
        },
        silentLogger,
    );
    return { simulator, client, clock, knownFields };
}

const served = (simulator: Simulator): string[] =>
    simulator.requests.map(({ method, path, status, auth }) => `${auth} ${method} ${path} ${status}`);

describe('the client and the simulator', () => {
    it.each(['', '/', '/v1', '/v1/1/'])('meet under the prefix %j', async (prefix) => {
        const { simulator } = await connect();
        const { client } = await connect({}, { baseUrl: `${simulator.url}${prefix}` });
        expect((await client.list('organizations')).items.map((item) => item.organizationId)).toContain(
            '23271',
        );
        expect(served(simulator)).toEqual(['basic GET /organizations 200']);
    });

    it.each([{}, { idTypes: 'numbers' }, { channelFields: '2020' }] satisfies Partial<Quirks>[])(
        'agree on the lists with %j',
        async (quirks) => {
            const { client } = await connect(quirks);
            const site = generatedSite({ seed: 7 });
            const [organizations, devices, channels] = await Promise.all([
                client.list('organizations'),
                client.list('devices'),
                client.list('channels'),
            ]);
            expect(organizations.items.map((item) => [item.organizationId, item.timeZone])).toEqual(
                site.organizations.map((item) => [item.organizationId, item.timeZone]),
            );
            expect(devices.items.map((item) => [item.deviceId, item.parentId, item.status])).toEqual(
                site.devices.map((item) => [item.deviceId, item.parentId, Number(item.status)]),
            );
            expect(channels.items.map((item) => [item.dataChannelId, item.deviceId])).toEqual(
                site.channels.map((item) => [item.channelId, item.deviceId]),
            );
        },
    );

    it('read every page where pages are small', async () => {
        const { client, simulator } = await connect({ maxPageSize: 5 });
        const { items } = await client.list('channels');
        expect(new Set(items.map((item) => item.dataChannelId)).size).toBe(23);
        expect(simulator.requests).toHaveLength(5);
    });

    it('agree on what a filter means', async () => {
        const { client } = await connect();
        const { items } = await client.list('channels', { organization: '23271' });
        expect(items.length).toBeGreaterThan(0);
        expect(new Set(items.map((item) => item.organizationId))).toEqual(new Set(['23271']));
    });

    it('agree on the energy of a day, to the minute it is made of', async () => {
        const { client } = await connect();
        const { envelope } = await client.readings(quarterHours);
        let truth = 0;
        for (let at = day.from; at < day.to; at += 60) truth += trueMinute(7, meter, at).E ?? Number.NaN;
        const energy = envelope.records.reduce((sum, record) => sum + (record.E ?? 0), 0);
        expect(envelope).toMatchObject({
            ...day,
            resolution: 900,
            recordCount: 96,
            units: { E: 'Wh', P: 'W' },
        });
        expect(Math.abs(energy / truth - 1)).toBeLessThan(1e-9);
    });

    it('heal a sensor that has none of the electricity but a temperature', async () => {
        const { client, simulator, knownFields } = await connect();
        const site = generatedSite({ seed: 7 });
        const sensor = site.channels.find(({ fields }) => fields.includes('CO2'))?.channelId ?? '';
        await expect(client.readings({ ...quarterHours, channelId: sensor })).rejects.toMatchObject({
            code: 'SOURCE_INVALID_PARAMETER',
            details: { fields: expect.arrayContaining(['T', 'CO2']) },
        });
        const asked = simulator.requests.length;
        const { fields } = await client.readings({ ...quarterHours, channelId: sensor, fields: ['E', 'T'] });
        expect(fields).toEqual(['T']);
        expect(simulator.requests).toHaveLength(asked + 1);
        expect(knownFields.get(sensor)).toContain('CO2');
    });

    it('give up on a virtual channel without a wait', async () => {
        const { client, simulator, clock } = await connect();
        const virtual = generatedSite().channels.find(({ answers }) => answers === 'error')?.channelId ?? '';
        await expect(client.readings({ ...quarterHours, channelId: virtual })).rejects.toMatchObject({
            code: 'SOURCE_INVALID_PARAMETER',
        });
        expect(simulator.requests.map(({ method }) => method)).toEqual(['GET', 'OPTIONS']);
        expect(clock.ms).toBe(now);
    });

    it('go on when a session lapses in the middle', async () => {
        const { client, simulator } = await connect({ tokenLifetime: 'requests:3' });
        for (let i = 0; i < 10; i += 1) await client.readings(quarterHours);
        const auths = simulator.requests.map(({ auth }) => auth);
        expect(auths.filter((auth) => auth === 'token').length).toBeGreaterThanOrEqual(6);
        expect(client.counters.logins).toBeGreaterThanOrEqual(2);
        expect(simulator.requests.filter(({ status }) => status === 200)).toHaveLength(10);
    });

    it('go on by Basic where tokens alone are refused', async () => {
        const { client, simulator } = await connect({ tokenOnly: 'refused' });
        for (let i = 0; i < 5; i += 1) await client.readings(quarterHours);
        expect(simulator.requests.map(({ auth }) => auth)).toEqual([
            'basic',
            'token',
            'basic',
            'basic',
            'basic',
            'basic',
        ]);
    });

    it('say that the password is wrong after one request', async () => {
        const { client, simulator } = await connect({}, { password: new Secret('not it') });
        await expect(client.list('channels')).rejects.toMatchObject({ code: 'SETTINGS_CREDENTIALS_REFUSED' });
        expect(simulator.requests).toHaveLength(1);
    });

    it.each(['silent', 'retry-after'] as const)(
        'come through a rate limit (%s) that is hit at full speed',
        async (rateLimit) => {
            const { client } = await connect({ rateLimit });
            const answers = await Promise.all(
                Array.from({ length: 30 }, () => client.readings(quarterHours)),
            );
            expect(answers).toHaveLength(30);
            expect(client.counters.rateLimited).toBeGreaterThan(0);
        },
    );

    it('meet no rate limit at one request a second', async () => {
        const { client } = await connect({ rateLimit: defaultQuirks.rateLimit }, { requestsPerSecond: 1 });
        for (let i = 0; i < 40; i += 1) await client.readings(quarterHours);
        expect(client.counters).toMatchObject({ requests: 40, rateLimited: 0 });
    });

    it('come through a night of faults with every answer right', async () => {
        const { client, simulator } = await connect();
        const plain = await client.readings(quarterHours);
        const replace = (status: number, body = '', headers = {}) =>
            ({ kind: 'replace', status, body, headers }) as const;
        simulator.faults.sequence(
            { channel: meter },
            replace(502, '<html><h1>Bad gateway</h1></html>'),
            { kind: 'cut', afterBytes: 400 },
            replace(500, 'Internal error'),
            { kind: 'none' },
            { kind: 'lapse', status: 419 },
            { kind: 'rotateToken' },
            replace(429, '', { 'retry-after': '3' }),
            { kind: 'lapse', status: 401 },
        );
        for (let i = 0; i < 5; i += 1) {
            const answer = await client.readings(quarterHours);
            expect(answer.body).toBe(plain.body);
        }
        expect(simulator.faults.pending).toBe(0);
    });

    it.each([
        ['truncated', (body: string) => body.slice(0, -40)],
        ['rows_elsewhere', (body: string) => body.replace('"records"', '"data"')],
        ['no_records', () => '{}'],
        ['not_an_object', () => '[]'],
        ['empty_body', () => ''],
    ] as const)('refuse an answer that is %s', async (reason, edit) => {
        const { client, simulator } = await connect();
        simulator.faults.next({ channel: meter }, { kind: 'edit', edit, headers: {} });
        await expect(client.readings(quarterHours)).rejects.toMatchObject({
            code: 'SOURCE_BAD_ANSWER',
            details: { reason, status: 200, path: `/readings/${meter}` },
        });
    });

    it('miss no channel when a page repeats rows of the one before', async () => {
        const { client, simulator } = await connect({ maxPageSize: 5 });
        simulator.faults.next({ path: '/channels', nth: 2 }, { kind: 'shiftPage', rows: 2 });
        const { items } = await client.list('channels');
        expect(new Set(items.map((item) => item.dataChannelId)).size).toBe(23);
        expect(items).toHaveLength(23);
    });
});
