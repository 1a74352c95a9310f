/** Credentials travel encrypted, to a host that proved who it is, or they do not travel. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkConnection } from '../../src/api/connection.ts';
import { fakeRuntime } from '../support/fake-runtime.ts';
import { runBin, runCli } from '../support/run-cli.ts';
import { makeCertificate } from '../support/self-signed.ts';
import { tempFolder } from '../support/temp-folder.ts';

const settings = {
    ENISCOPE_API_KEY: 'key-0123456789',
    ENISCOPE_EMAIL: 'someone@example.com',
    ENISCOPE_PASSWORD: 'secret-word',
    ENISCOPE_REQUESTS_PER_SECOND: '0',
};

/** An HTTPS server with a certificate of its own making; answers 401 to everything. */
async function startStranger(): Promise<{ url: string; requests: string[]; cert: string }> {
    const { key, cert } = makeCertificate();
    const requests: string[] = [];
    const server = createServer({ key, cert }, (request, response) => {
        requests.push(request.url ?? '');
        response.writeHead(401).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
        server.close();
        server.closeAllConnections();
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return { url: `https://127.0.0.1:${port}`, requests, cert };
}

describe('a certificate nobody vouches for', { timeout: 120_000 }, () => {
    it('is not taken', async () => {
        const { url, requests } = await startStranger();
        const runtime = fakeRuntime({ env: { ...settings, ENISCOPE_API_URL: url }, cwd: tempFolder() });
        const { code, stderr } = await runCli(['sync'], { runtime });
        expect({ code, stderr }).toMatchObject({ code: 4, stderr: expect.stringContaining('certificate') });
        expect(requests).toEqual([]);
    });

    it('is not taken either when the environment tells Node to take any: nothing is asked at all', async () => {
        const { url, requests } = await startStranger();
        const env = { ...settings, ENISCOPE_API_URL: url, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
        const { code, stderr } = await runBin(['sync'], { cwd: tempFolder(), env });
        expect({ code, stderr }).toMatchObject({
            code: 3,
            stderr: expect.stringMatching(/SETTINGS_INSECURE.*NODE_TLS_REJECT_UNAUTHORIZED/s),
        });
        expect(requests).toEqual([]);
    });

    it('is taken when its authority is named', async () => {
        const { url, requests, cert } = await startStranger();
        const cwd = tempFolder();
        writeFileSync(join(cwd, 'ca.pem'), cert);
        const env = { ...settings, ENISCOPE_API_URL: url, NODE_EXTRA_CA_CERTS: join(cwd, 'ca.pem') };
        const { code, stderr } = await runBin(['sync'], { cwd, env });
        expect({ code, stderr }).toMatchObject({
            code: 3,
            stderr: expect.stringContaining('SETTINGS_CREDENTIALS_REFUSED'),
        });
        expect(requests).toHaveLength(1);
    });
});

describe('plain http', () => {
    const sync = async (url: string, more: Readonly<Record<string, string>> = {}) => {
        let asked = 0;
        const runtime = fakeRuntime({
            env: { ...settings, ENISCOPE_API_URL: url, ...more },
            cwd: tempFolder(),
            fetch: async () => {
                asked += 1;
                return new Response('', { status: 401 });
            },
        });
        const { code, stderr } = await runCli(['sync'], { runtime });
        return { code, stderr, asked };
    };

    it('to another machine is refused before anything is sent', async () => {
        expect(await sync('http://192.0.2.7:8080')).toMatchObject({
            code: 3,
            asked: 0,
            stderr: expect.stringContaining('SETTINGS_INSECURE'),
        });
    });

    it('to another machine goes where somebody said so, and to this one anyway', async () => {
        expect(await sync('http://192.0.2.7:8080', { ENISCOPE_ALLOW_HTTP: 'yes' })).toMatchObject({
            asked: 1,
        });
        expect(await sync('http://127.0.0.1:8080')).toMatchObject({ asked: 1 });
    });

    it('counts as this machine for its own addresses and names alone', () => {
        const check = (host: string) => () =>
            checkConnection(`http://${host}/v1`, { env: {}, allowHttp: false });
        for (const host of [
            'localhost',
            'LOCALHOST:8080',
            'api.localhost',
            '127.1.2.3',
            '[::1]:80',
            '2130706433',
        ]) {
            expect(check(host), host).not.toThrow();
        }
        const others = [
            'localhost.example.com',
            '127.0.0.1.example.com',
            '0.0.0.0',
            '10.0.0.1',
            '[::2]',
            'local',
        ];
        for (const host of others) expect(check(host), host).toThrow('not encrypted');
        fc.assert(
            fc.property(fc.ipV4(), (host) => {
                if (host.startsWith('127.')) expect(check(host)).not.toThrow();
                else expect(check(host)).toThrow('not encrypted');
            }),
        );
    });
});
