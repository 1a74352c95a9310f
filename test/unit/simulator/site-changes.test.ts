import { describe, expect, it } from 'vitest';
import {
    withCounterReset,
    withLateUpload,
    withLostDevice,
    withMovedChannel,
    withOutage,
    withRenamedChannel,
    withRenamedOrganization,
    withVanishedChannel,
} from '../../../src/simulator/site-changes.ts';
import { ask, range, readings, testSite, utc } from './envelope.ts';

const from = utc('2026-10-05T12:00Z');
const query = `${range(from, from + 3600)}&res=900&fields[]=E&fields[]=V`;

describe('a changing site', () => {
    it('loses a channel', () => {
        const site = withVanishedChannel(testSite, '162320');
        expect(ask({ path: '/channels', query: 'limit=0', site }).json.channels).toHaveLength(22);
        expect(readings('162320', query, { site }).status).toBe(404);
    });

    it('moves a channel to another organization and zone', () => {
        const site = withMovedChannel(testSite, '162320', '23272');
        expect(ask({ path: '/channels/162320', site }).json).toMatchObject({
            organizationId: '23272',
            organizationName: 'Harbour Offices',
            sortCode: '1-2-3-17200-23270-23272-',
        });
        expect(readings('162320', query, { site }).json).toMatchObject({
            organization: 23272,
            timeZone: 'Europe/London',
        });
    });

    it('renames', () => {
        const site = withRenamedOrganization(
            withRenamedChannel(testSite, '162320', 'Roof'),
            '23271',
            'School',
        );
        expect(ask({ path: '/channels/162320', site }).json).toMatchObject({
            channelName: 'Roof',
            organizationName: 'School',
        });
    });

    it('loses a device; the channel points nowhere or keeps its id', () => {
        const dangling = withLostDevice(testSite, '162320');
        expect(ask({ path: '/devices/112403', site: dangling }).status).toBe(404);
        expect(ask({ path: '/channels/162320', site: dangling }).json.deviceId).toBe('112403');
        const unlinked = withLostDevice(testSite, '162320', true);
        expect(ask({ path: '/channels/162320', site: unlinked }).json.deviceId).toBeNull();
        expect(readings('162320', query, { site: unlinked }).status).toBe(200);
    });

    it('is silent while a gateway is offline, and complete once it has uploaded', () => {
        let now = utc('2026-10-06T00:00Z');
        const site = withLateUpload(
            testSite,
            '162320',
            { from: from + 900, to: from + 2700 },
            utc('2026-10-08T00:00Z'),
            () => now * 1000,
        );
        const before = readings('162320', query, { site, now }).records;
        expect(before.map((record) => record.E === null)).toEqual([false, true, true, false]);
        now = utc('2026-10-08T00:00Z');
        const after = readings('162320', query, { site, now }).records;
        expect(after).toEqual(readings('162320', query, { now }).records);
    });

    it('reads true zeros in an outage', () => {
        const site = withOutage(testSite, '162320', { from: from + 900, to: from + 1800 });
        const { records } = readings('162320', query, { site });
        expect(records[1]).toEqual({ ts: from + 900, E: 0, V: 0 });
        expect(records[2]?.V).toBeGreaterThan(100);
    });

    it.each([
        ['null', null],
        ['zero', 0],
        ['negative', -8_039_400],
        ['spike', 803_940_000],
    ] as const)('shows a counter reset as %s, in its bucket only', (kind, shown) => {
        const site = withCounterReset(testSite, '162320', from + 1000, kind);
        const { records } = readings('162320', query, { site });
        const truth = readings('162320', query).records;
        expect(records).toEqual(
            truth.map((record, index) => (index === 1 ? { ...record, E: shown } : record)),
        );
    });

    it('leaves other channels as they are', () => {
        const site = withOutage(testSite, '162320', { from, to: from + 3600 });
        expect(readings('162120', query, { site }).text).toBe(readings('162120', query).text);
    });
});
