/** Login as the contract's §3 tells it, seen from the server's side. */
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/core/errors.ts';
import { Secret } from '../../../src/core/secret.ts';
import { type Answer, credentials, hour, request, startBench, thrownBy, withToken } from './fake-api.ts';

/** A server that lets in Basic always, and tokens as `takes` says; it hands out t1, t2, … at each login. */
function doorkeeper(takes: (token: string, index: number) => boolean, status = 419): Answer {
    let logins = 0;
    return (seen) => {
        if (seen.auth === 'basic') {
            logins += 1;
            return withToken(`t${logins}`);
        }
        const token = String(seen.headers['x-eniscope-token'] ?? '');
        return takes(token, seen.index) ? { body: hour } : { status, body: 'lapsed' };
    };
}

describe('the session', () => {
    it('logs in by Basic with the MD5 of the password and the key, then sends key and token alone', async () => {
        const { client, seen } = await startBench(doorkeeper(() => true));
        await client.readings(request);
        await client.readings(request);
        const basic = Buffer.from(`${credentials.email}:${credentials.md5}`).toString('base64');
        expect(seen[0]?.headers.authorization).toBe(`Basic ${basic}`);
        expect(seen[0]?.headers['x-eniscope-api']).toBe(credentials.apiKey);
        expect(seen[0]?.headers['x-eniscope-token']).toBeUndefined();
        expect(seen[1]?.headers.authorization).toBeUndefined();
        expect(seen[1]?.headers['x-eniscope-api']).toBe(credentials.apiKey);
        expect(seen[1]?.headers['x-eniscope-token']).toBe('t1');
        expect(client.counters.logins).toBe(1);
    });

    it('trims stray white space from key, e-mail and password', async () => {
        const { client, seen } = await startBench(() => withToken('t'), {
            options: {
                apiKey: new Secret(` ${credentials.apiKey}\n`),
                email: `\t${credentials.email} `,
                password: new Secret(`${credentials.password}\r\n`),
            },
        });
        await client.readings(request);
        const basic = Buffer.from(`${credentials.email}:${credentials.md5}`).toString('base64');
        expect(seen[0]?.headers.authorization).toBe(`Basic ${basic}`);
        expect(seen[0]?.headers['x-eniscope-api']).toBe(credentials.apiKey);
    });

    it('adopts the newest token of any answer', async () => {
        const { client, seen } = await startBench((asked) => withToken(`t${asked.index}`));
        for (let i = 0; i < 3; i += 1) await client.readings(request);
        expect(seen.map(({ headers }) => headers['x-eniscope-token'])).toEqual([undefined, 't0', 't1']);
    });

    it.each([401, 419])('logs in once more after a %i and goes on by token', async (status) => {
        const answer = doorkeeper((token, index) => !(token === 't1' && index >= 2), status);
        const { client, seen, slept } = await startBench(answer);
        for (let i = 0; i < 4; i += 1) await client.readings(request);
        expect(seen.map(({ auth }) => auth)).toEqual(['basic', 'token', 'token', 'basic', 'token']);
        expect(client.counters.logins).toBe(2);
        expect(slept).toEqual([]);
    });

    it('returns to the token however often it lapses', async () => {
        const { client, seen } = await startBench(doorkeeper((_token, index) => index % 4 !== 3));
        for (let i = 0; i < 12; i += 1) await client.readings(request);
        const period = ['basic', 'token', 'token', 'token'];
        expect(seen.map(({ auth }) => auth)).toEqual(
            [...period, ...period, ...period, ...period].slice(0, 15),
        );
    });

    it('keeps to Basic once tokens alone turn out not to be taken', async () => {
        const { client, seen } = await startBench(doorkeeper(() => false, 401));
        for (let i = 0; i < 4; i += 1) await client.readings(request);
        expect(seen.map(({ auth }) => auth)).toEqual(['basic', 'token', 'basic', 'basic', 'basic']);
    });

    it('keeps to Basic when tokens that once worked are refused fresh', async () => {
        const { client, seen } = await startBench(doorkeeper((_token, index) => index < 3));
        for (let i = 0; i < 7; i += 1) await client.readings(request);
        const auths = seen.map(({ auth }) => auth);
        expect(auths.slice(0, 3)).toEqual(['basic', 'token', 'token']);
        expect(auths.slice(3)).toEqual(['token', 'basic', 'token', 'basic', 'basic', 'basic']);
    });

    it('keeps to Basic where no token is handed out', async () => {
        const { client, seen } = await startBench(() => ({ body: hour }));
        for (let i = 0; i < 3; i += 1) await client.readings(request);
        expect(seen.map(({ auth }) => auth)).toEqual(['basic', 'basic', 'basic']);
        expect(client.counters.logins).toBe(1);
    });

    it('says that the credentials were refused after one 401 to Basic, and asks no more', async () => {
        const { client, seen, url } = await startBench(() => ({ status: 401 }), {
            options: { concurrency: 3 },
        });
        const errors = await Promise.all([1, 2, 3].map(() => thrownBy(client.readings(request))));
        for (const error of errors) {
            expect(error).toMatchObject({ code: 'SETTINGS_CREDENTIALS_REFUSED', exitCode: 3 });
            expect(error.message).toBe(`The API at ${new URL(url).host} refused the credentials (401)`);
        }
        expect(seen).toHaveLength(1);
        await thrownBy(client.list('channels'));
        expect(seen).toHaveLength(1);
    });

    it('says so too when the password changes while it works', async () => {
        const { client, seen } = await startBench((asked) =>
            asked.index < 2 ? withToken('t') : { status: 401 },
        );
        await client.readings(request);
        await client.readings(request);
        const error = await thrownBy(client.readings(request));
        expect(error).toMatchObject({ code: 'SETTINGS_CREDENTIALS_REFUSED' });
        expect(seen.map(({ auth }) => auth)).toEqual(['basic', 'token', 'token', 'basic']);
    });

    it('repeats a Basic request once after 419', async () => {
        const { client, seen } = await startBench((asked) =>
            asked.index === 0 ? { status: 419 } : withToken('t'),
        );
        await client.readings(request);
        expect(seen.map(({ auth }) => auth)).toEqual(['basic', 'basic']);
    });

    it('opens one session for many requests at once', async () => {
        const { client, seen } = await startBench(
            doorkeeper(() => true),
            { options: { concurrency: 8 } },
        );
        await Promise.all(Array.from({ length: 8 }, () => client.readings(request)));
        expect(seen.filter(({ auth }) => auth === 'basic')).toHaveLength(1);
        expect(seen).toHaveLength(8);
        expect(client.counters.logins).toBe(1);
    });

    it('opens one new session when it lapses under many requests at once', async () => {
        let lapsed = false;
        const keeper = doorkeeper((token) => token === 't2' || !lapsed);
        const { client, seen } = await startBench((asked) => keeper(asked), { options: { concurrency: 6 } });
        await client.readings(request);
        await client.readings(request);
        lapsed = true;
        await Promise.all(Array.from({ length: 6 }, () => client.readings(request)));
        expect(seen.filter(({ auth }) => auth === 'basic')).toHaveLength(2);
        expect(client.counters.logins).toBe(2);
    });

    it('lets the next request log in when a login fails on the way', async () => {
        const { client, seen } = await startBench(
            (asked) => (asked.index === 0 ? { status: 403 } : withToken('t')),
            { options: { concurrency: 2 } },
        );
        const [first, second] = await Promise.allSettled([
            client.readings(request),
            client.readings(request),
        ]);
        expect([first?.status, second?.status]).toEqual(['rejected', 'fulfilled']);
        expect(seen.map(({ auth }) => auth)).toEqual(['basic', 'basic']);
    });

    it.each([
        ['apiKey', { apiKey: new Secret('key\u2028with a line separator') }, 'SETTINGS_INVALID'],
        ['apiKey', { apiKey: new Secret('key\nX-Evil: 1') }, 'SETTINGS_INVALID'],
        ['userAgent', { userAgent: 'lake\r\nX-Evil: 1' }, 'SETTINGS_INVALID'],
        ['password', { password: new Secret('  ') }, 'SETTINGS_MISSING_CREDENTIALS'],
        ['baseUrl', { baseUrl: 'https://me:hunter22@example.org' }, 'SETTINGS_INVALID'],
        ['baseUrl', { baseUrl: 'ftp://example.org' }, 'SETTINGS_INVALID'],
        ['baseUrl', { baseUrl: 'core.eniscope.com' }, 'SETTINGS_INVALID'],
        ['baseUrl', { baseUrl: 'https://example.org/?apikey=hunter22' }, 'SETTINGS_INVALID'],
    ])('refuses a %s that cannot be sent, without quoting it: %o', async (_name, options, code) => {
        const error = await thrownBy(startBench(() => ({}), { options }));
        expect(error).toBeInstanceOf(AppError);
        expect(error).toMatchObject({ code });
        expect(JSON.stringify(error) + error.message).not.toMatch(/hunter22|line separator|X-Evil/);
    });
});
