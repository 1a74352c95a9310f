import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AppError, isAppError } from '../../../src/core/errors.ts';
import { replaySite } from '../../../src/simulator/replay.ts';
import { ask, range, readings } from './envelope.ts';

let dir = '';
beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'replay-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const start = 1_700_000_000 - (1_700_000_000 % 3600);

const site = {
    organizations: [
        { organizationId: 9, parentId: null, organizationName: 'House', timeZone: 'Europe/Paris' },
    ],
    devices: [
        {
            deviceId: 5,
            deviceName: 'Main',
            deviceTypeId: 20,
            deviceTypeName: 'Replayed meter',
            organizationId: 9,
            uuId: '0000000000050001',
            status: 1,
        },
    ],
    channels: [
        channel(71, 'Main', ['E', 'P', 'V', 'Pmax']),
        channel(72, 'Oven', ['E', 'P']),
        channel(73, 'Never', ['E']),
    ],
};

function channel(dataChannelId: number, channelName: string, fields: string[]): object {
    return {
        dataChannelId,
        channelName,
        deviceId: 5,
        organizationId: 9,
        interval_s: 900,
        fields,
        tariffId: null,
    };
}

async function folder(csv: string, json: unknown = site): Promise<string> {
    await writeFile(join(dir, 'site.json'), typeof json === 'string' ? json : JSON.stringify(json));
    await writeFile(join(dir, 'readings.csv.gz'), gzipSync(csv));
    return dir;
}

async function refusal(loading: Promise<unknown>): Promise<AppError> {
    const error = await loading.then(
        () => undefined,
        (reason: unknown) => reason,
    );
    if (!isAppError(error)) throw new Error(`no AppError but ${String(error)}`);
    return error;
}

const header = 'channel_id,ts,E,P,V,Pmax\n';
// 71: an hour of four quarters, one value missing; a gap of an hour; half an hour. 72: a negative and a long number.
const rows = [
    `71,${start},100,400,230,500`,
    `71,${start + 900},110.5,442,,450`,
    `71,${start + 1800},0,0,232,0`,
    `71,${start + 2700},42.533333333333,170.13,231,610.5`,
    `71,${start + 7200},7,28,229,30`,
    `71,${start + 8100},8,32,230,35`,
    `72,${start},-3.25,1.0000000000000002e3,,`,
];

describe('a replay', () => {
    it('is listed with ids as the API sends them', async () => {
        const source = await replaySite(await folder(`${header}${rows.join('\n')}\n`));
        const { json } = ask({ path: '/channels', site: source });
        expect(json.channels).toMatchObject([
            { dataChannelId: '71', deviceId: '5', organizationId: '9', channelName: 'Main' },
            { dataChannelId: '72' },
            { dataChannelId: '73' },
        ]);
        expect(ask({ path: '/devices', site: source }).json.devices).toMatchObject([
            { deviceId: 5, status: 1 },
        ]);
        expect(ask({ path: '/organizations', site: source }).json.organizations).toMatchObject([
            { organizationId: '9', parentId: null, timeZone: 'Europe/Paris' },
        ]);
    });

    it('answers its native readings as they are, gaps as nulls', async () => {
        const source = await replaySite(await folder(`${header}${rows.join('\n')}`));
        const query = `${range(start, start + 9000)}&res=900&fields[]=E&fields[]=V`;
        expect(readings('71', query, { site: source }).records).toEqual([
            { ts: start, E: 100, V: 230 },
            { ts: start + 900, E: 110.5, V: null },
            { ts: start + 1800, E: 0, V: 232 },
            { ts: start + 2700, E: 42.533333333333, V: 231 },
            { ts: start + 3600, E: null, V: null },
            { ts: start + 4500, E: null, V: null },
            { ts: start + 5400, E: null, V: null },
            { ts: start + 6300, E: null, V: null },
            { ts: start + 7200, E: 7, V: 229 },
            { ts: start + 8100, E: 8, V: 230 },
        ]);
    });

    it('sums energy, averages power and voltage, keeps peaks, leaves empty buckets null', async () => {
        const source = await replaySite(await folder(`${header}${rows.join('\r\n')}\r\n`));
        const query = `${range(start, start + 10800)}&res=3600&fields[]=E&fields[]=P&fields[]=V&fields[]=Pmax`;
        expect(readings('71', query, { site: source }).records).toEqual([
            { ts: start, E: 253.03333333333, P: 253.0325, V: 231, Pmax: 610.5 },
            { ts: start + 3600, E: null, P: null, V: null, Pmax: null },
            { ts: start + 7200, E: 15, P: 30, V: 229.5, Pmax: 35 },
        ]);
    });

    it('anchors the grid at `from`: a reading counts where it starts', async () => {
        const source = await replaySite(await folder(`${header}${rows.join('\n')}\n`));
        const query = `${range(start + 60, start + 60 + 7200)}&res=3600&fields[]=E`;
        expect(readings('71', query, { site: source }).records).toEqual([
            { ts: start + 60, E: 153.03333333333 },
            { ts: start + 3660, E: 7 },
        ]);
    });

    it('is never finer than the meter was, and a channel without rows is silent', async () => {
        const source = await replaySite(await folder(`${header}${rows.join('\n')}\n`));
        const fine = readings('71', `${range(start, start + 3600)}&res=60&fields[]=E`, { site: source });
        expect([fine.json.resolution, fine.records.length]).toEqual([900, 4]);
        const silent = readings('73', `${range(start, start + 1800)}&res=900&fields[]=E`, { site: source });
        expect(silent.records).toEqual([
            { ts: start, E: null },
            { ts: start + 900, E: null },
        ]);
    });

    it('reads negative, long and exponent numbers', async () => {
        const source = await replaySite(await folder(`${header}${rows.join('\n')}\n`));
        const span = { from: start, to: start + 900 };
        const [energy, power] = source.buckets('72', ['E', 'P'], span, 900);
        expect([energy?.[0], power?.[0]]).toEqual([-3.25, 1000.0000000000002]);
    });

    it.each([
        ['a column too few', `71,${start},1,2,3`, 'line 2: 5 columns, expected 6'],
        ['a column too many', `71,${start},1,2,3,4,5`, 'line 2: 7 columns, expected 6'],
        ['a word', `71,${start},1,2,x,4`, 'line 2: "x" is not a number'],
        ['a broken number', `71,${start},1,2,1.2.3,4`, 'line 2: "1.2.3" is not a number'],
        ['a lone minus', `71,${start},1,2,-,4`, 'line 2: "-" is not a number'],
        ['no ts', '71,,1,2,3,4', 'line 2: ts is not a whole number'],
        ['no channel', `,${start},1,2,3,4`, 'line 2: channel_id is not a whole number'],
        ['rows out of order', `71,${start},1,2,3,4\n71,${start},1,2,3,4`, 'line 3: ts'],
        ['a channel in two places', `71,1,1,,,\n72,1,1,,,\n71,2,1,,,`, 'line 4: rows of channel 71'],
        ['a stranger', '99,1,1,,,', 'channel 99 is not in site.json'],
    ])('%s is corrupt, and the line is named', async (_name, body, sentence) => {
        const error = await refusal(replaySite(await folder(`${header}${body}\n`)));
        expect(error.code).toBe('DATA_CORRUPT');
        expect(error.message).toContain('readings.csv.gz');
        expect(error.message).toContain(sentence);
    });

    it('a wrong header, an empty file and half a gzip are corrupt', async () => {
        expect((await refusal(replaySite(await folder('a,b,c\n')))).message).toContain('line 1: the header');
        expect((await refusal(replaySite(await folder('')))).message).toContain('no header');
        await folder(`${header}${rows.join('\n')}\n`);
        const whole = gzipSync(`${header}${rows.join('\n')}\n`);
        await writeFile(join(dir, 'readings.csv.gz'), whole.subarray(0, whole.length - 20));
        expect((await refusal(replaySite(dir))).code).toBe('DATA_CORRUPT');
    });

    it('a missing file is a wrong argument, a broken site.json is corrupt', async () => {
        const missing = await refusal(replaySite(dir));
        expect([missing.code, missing.message]).toEqual([
            'USAGE_BAD_ARGUMENTS',
            expect.stringContaining(dir),
        ]);
        await writeFile(join(dir, 'site.json'), JSON.stringify(site));
        expect((await refusal(replaySite(dir))).code).toBe('USAGE_BAD_ARGUMENTS');
        expect((await refusal(replaySite(await folder(header, '{')))).code).toBe('DATA_CORRUPT');
        const nowhere = { ...site, organizations: [{ ...site.organizations[0], timeZone: 'Mars/Base' }] };
        const error = await refusal(replaySite(await folder(header, nowhere)));
        expect(error.message).toContain('organizations.0.timeZone');
    });
});
