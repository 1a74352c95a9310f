/** No secret in anything the client throws, logs, counts or puts into an address. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/core/errors.ts';
import { type Answer, credentials, hour, request, startBench, thrownBy } from './fake-api.ts';

const token = 'token-9d81b2ac77';
const basic = Buffer.from(`${credentials.email}:${credentials.md5}`).toString('base64');
const secrets = [credentials.apiKey, credentials.password, credentials.md5, basic, token];

/** A server that repeats in its body whatever the client sent it, as a debug page would. */
function gossip(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
    return (seen) =>
        seen.index === 0
            ? { body: hour, headers: { 'X-Eniscope-Token': token } }
            : { status, headers, body: `${secrets.join(' ')} ${JSON.stringify(seen.headers)}` };
}

describe('secrets', () => {
    it.each([
        ['a server error', gossip(500)],
        ['a gateway error', gossip(502)],
        ['a rate limit', gossip(429, { 'Retry-After': '1' })],
        ['a refusal', gossip(403)],
        ['an answer that is not JSON', gossip(200)],
        ['refused credentials', gossip(401)],
        ['a redirect', gossip(302, { location: `https://me:${credentials.password}@x.org/?key=${token}` })],
        ['a time-out', (seen) => (seen.index === 0 ? gossip(200)(seen) : { stall: true })],
        ['a cut connection', (seen) => ({ ...gossip(200)(seen), cut: seen.index > 0 })],
    ] satisfies [string, Answer][])(
        'are in nothing that is thrown or logged after %s',
        async (_what, answer) => {
            const { client, logged } = await startBench(answer, { options: { timeoutMs: 200 } });
            await client.readings(request);
            const error = await thrownBy(client.readings(request));
            expect(error).toBeInstanceOf(AppError);
            const said = [
                inspect(error, { depth: 10, showHidden: true }),
                error instanceof AppError ? JSON.stringify(error.details) : '',
                error.message,
                ...logged,
                inspect(client, { depth: 10 }),
            ].join('\n');
            expect(logged.length).toBeGreaterThan(0);
            for (const secret of secrets) expect(said).not.toContain(secret);
        },
    );

    it('are in no address and no answer', async () => {
        const { client, seen } = await startBench(() => ({
            body: hour,
            headers: { 'X-Eniscope-Token': token },
        }));
        await client.readings(request);
        const answer = await client.readings(request);
        const said = seen.map(({ url }) => url).join('\n') + JSON.stringify(answer);
        for (const secret of [...secrets, encodeURIComponent(basic)]) expect(said).not.toContain(secret);
    });
});
