import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../src/simulator/faults.ts';
import { brokenAnswers, randomFaults } from '../../src/simulator/random-faults.ts';
import { respond } from '../../src/simulator/respond.ts';
import { withVanishedChannel } from '../../src/simulator/site-changes.ts';
import { type Bench, basic, from, key, readings, startBench } from './simulator-bench.ts';

let bench: Bench;
beforeEach(async () => {
    bench = await startBench();
});
afterEach(() => bench.simulator.close());

describe('faults', () => {
    const strike = async (fault: Fault, path = readings) => {
        bench.simulator.faults.next({}, fault);
        const response = await bench.get(path);
        return { status: response.status, headers: response.headers, text: await response.text() };
    };

    it('replace the answer', async () => {
        expect(await strike(respond.status(500, '{"error":"x"}'))).toMatchObject({
            status: 500,
            text: '{"error":"x"}',
        });
        expect((await strike(respond.invalidParameter())).text).toContain('Invalid Parameter');
        expect(await strike(respond.forbidden())).toMatchObject({ status: 403, text: '' });
        expect(await strike(respond.subscriptionExpired())).toMatchObject({ status: 402 });
        expect((await strike(respond.tooManyRequests())).headers.get('retry-after')).toBeNull();
        expect((await strike(respond.tooManyRequests(30))).headers.get('retry-after')).toBe('30');
        const gateway = await strike(respond.html(504));
        expect([gateway.status, gateway.headers.get('content-type')]).toEqual([504, 'text/html']);
        expect(gateway.text).toContain('<html>');
        const elsewhere = await strike(respond.redirect('https://core-lb.example.com/'));
        expect([elsewhere.status, elsewhere.headers.get('location')]).toEqual([
            302,
            'https://core-lb.example.com/',
        ]);
        expect((await bench.get(readings)).status).toBe(200);
    });

    it('spoil the body while the status stays 200', async () => {
        const truth = JSON.parse(await (await bench.get(readings)).text());
        const spoilt = async (fault: Fault) => {
            const { status, text } = await strike(fault);
            expect(status).toBe(200);
            return text;
        };
        expect(await spoilt(respond.emptyBody())).toBe('');
        expect(await spoilt(respond.bareArray())).toBe('[]');
        expect(await spoilt(respond.html(200))).toContain('<html>');
        const half = await spoilt(respond.truncatedJson());
        expect(() => JSON.parse(half)).toThrow();
        expect(JSON.parse(await spoilt(respond.withoutRecords()))).toEqual({ ...truth, records: undefined });
        expect(JSON.parse(await spoilt(respond.renamedRecords()))).toEqual({
            ...truth,
            records: undefined,
            data: truth.records,
        });
        expect(JSON.parse(await spoilt(respond.wrongCount(2)))).toEqual({ ...truth, recordCount: 12 });
        expect(JSON.parse(await spoilt(respond.offGrid(7))).records[0].ts).toBe(from + 7);
        expect(JSON.parse(await spoilt(respond.wrongUnits())).units).toEqual({
            ts: 'Unix Time',
            E: 'kWh',
            P: 'W',
        });
        expect(JSON.parse(await spoilt(respond.textValue())).records[0].E).toBe('n/a');
        expect(JSON.parse(await spoilt(respond.repeatedRecord())).records).toHaveLength(11);
        const huge = await spoilt(respond.huge(1_000_000));
        expect(huge.length).toBeGreaterThan(1_000_000);
        expect(JSON.parse(huge)).toEqual(truth);
        const coarse = JSON.parse(await spoilt(respond.coarsen(1800)));
        expect([coarse.resolution, coarse.recordCount]).toEqual([1800, 5]);
    });

    it('take the rows out of lists too', async () => {
        const { text } = await strike(respond.withoutRecords(), '/channels');
        expect(Object.keys(JSON.parse(text))).toEqual(['meta']);
    });

    it('cut the connection after the headers, or inside the body', async () => {
        bench.simulator.faults.next({}, respond.cut(0));
        const bare = await bench.get(readings);
        expect(bare.status).toBe(200);
        await expect(bare.text()).rejects.toThrow();
        bench.simulator.faults.next({}, respond.cut(100));
        await expect((await bench.get(readings)).text()).rejects.toThrow();
        expect((await bench.get(readings)).status).toBe(200);
    });

    it('hang in the middle of a body until the client gives up', async () => {
        bench.simulator.faults.next({}, respond.hang(40));
        const response = await bench.get(readings, basic, { signal: AbortSignal.timeout(200) });
        expect(response.status).toBe(200);
        await expect(response.text()).rejects.toThrow();
    });

    it('pack the body as gzip and lose its end, or hide far more in it', async () => {
        const truth = await (await bench.get(readings)).text();
        const { text } = await strike(respond.truncatedGzip(0.6));
        expect(truth.startsWith(text)).toBe(true);
        expect(text.length).toBeLessThan(truth.length);
        const bomb = await strike(respond.gzipBomb(5_000_000));
        expect(bomb.text.trimEnd()).toBe(truth);
        expect(bomb.text.length).toBeGreaterThan(5_000_000);
    });

    it('flood the client with a body nobody holds in memory', async () => {
        const { status, text } = await strike(respond.flood(3_000_000, '{"x":[', '1,'));
        expect(status).toBe(200);
        expect(text.startsWith('{"x":[1,1,')).toBe(true);
        expect(text.length).toBeGreaterThanOrEqual(3_000_000);
        // A client that hangs up early ends it.
        bench.simulator.faults.next({}, respond.flood(1e12, '', ' '));
        const response = await bench.get(readings);
        await response.body?.cancel();
        expect((await bench.get(readings)).status).toBe(200);
    });

    it('lie about channel, span and order, or write what strict readers refuse', async () => {
        const truth = JSON.parse(await (await bench.get(readings)).text());
        const told = async (fault: Fault) => JSON.parse((await strike(fault)).text);
        expect(await told(respond.otherChannel('7'))).toEqual({ ...truth, channel: 7 });
        expect(await told(respond.otherSpan(60))).toEqual({
            ...truth,
            from: truth.from - 60,
            to: truth.to - 60,
        });
        expect((await told(respond.reversed())).records).toEqual(truth.records.toReversed());
        expect((await strike(respond.doubledKey())).text.match(/"resolution"/g)).toHaveLength(2);
        expect((await told(respond.halfLetter())).note).toBe('\ud83d');
    });

    it('stall until the client gives up', async () => {
        bench.simulator.faults.next({}, respond.stall());
        await expect(bench.get('/', basic, { signal: AbortSignal.timeout(30) })).rejects.toThrow();
    });

    it('end the session in the middle', async () => {
        const token = await bench.login();
        bench.simulator.faults.next({ path: '/channels' }, respond.lapse(419));
        expect((await bench.get('/channels', token)).status).toBe(419);
        expect((await bench.get('/channels', token)).status).toBe(419);
        bench.simulator.faults.next({}, respond.lapse(401));
        expect((await bench.get('/channels', basic)).status).toBe(200);
    });

    it('replace the token in mid-session', async () => {
        const old = await bench.login();
        bench.simulator.faults.next({}, respond.rotateToken());
        const token = (await bench.get('/channels', old)).headers.get('x-eniscope-token') ?? '';
        expect((await bench.get('/channels', old)).status).toBe(419);
        expect((await bench.get('/channels', { ...key, 'x-eniscope-token': token })).status).toBe(200);
    });

    it('repeat a row across two pages', async () => {
        const ids = async (page: number): Promise<string[]> => {
            const { channels } = JSON.parse(await (await bench.get(`/channels?page=${page}`)).text());
            return channels.map((row: { dataChannelId: string }) => row.dataChannelId);
        };
        const first = await ids(1);
        bench.simulator.faults.next({}, respond.shiftPage());
        const second = await ids(2);
        expect(second).toHaveLength(4);
        expect(second[0]).toBe(first[19]);
        bench.simulator.faults.next({}, respond.shiftPage(-1));
        expect(await ids(2)).toEqual(second.slice(2));
    });

    it('heal: a 500 that comes twice, one that stays', async () => {
        bench.simulator.faults.times(2, { channel: '162320' }, respond.status(500));
        bench.simulator.faults.always({ channel: '162120' }, respond.status(500));
        const stays = readings.replace('162320', '162120');
        const statuses = [];
        for (let i = 0; i < 3; i += 1)
            statuses.push((await bench.get(readings)).status, (await bench.get(stays)).status);
        expect(statuses).toEqual([500, 500, 500, 500, 200, 500]);
        expect(bench.simulator.requests.filter(({ channelId }) => channelId === '162120')).toHaveLength(3);
    });

    it('rain by seed, and broken answers never look like true ones', async () => {
        const truth = await (await bench.get(readings)).text();
        bench.simulator.faults.from(randomFaults(3, { rate: 1, faults: brokenAnswers }));
        for (let i = 0; i < 20; i += 1) {
            const response = await bench.get(readings);
            expect(response.status).toBe(200);
            expect(await response.text()).not.toBe(truth);
        }
    });

    it('the site may change while the server runs', async () => {
        bench.simulator.changeSite((site) => withVanishedChannel(site, '162320'));
        expect((await bench.get(readings)).status).toBe(404);
    });
});
