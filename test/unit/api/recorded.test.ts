/** The recorded answers of the live API must be accepted byte for byte; they lie outside the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { parseList, parseReadings } from '../../../src/api/wire.ts';

const folder = resolve(import.meta.dirname, '../../../../shared/fixtures/eniscope/recorded');

function recorded(name: string, context: TestContext): string {
    const file = resolve(folder, name);
    if (!existsSync(file)) context.skip(`SKIPPED: the recorded answers are not here (${file})`);
    return readFileSync(file, 'utf8');
}

describe('the recorded answers', () => {
    it('of readings is a week of half hours although minutes were asked', (context) => {
        const envelope = parseReadings(recorded('readings-59155.json', context));
        expect(envelope).toMatchObject({
            channel: '59155',
            from: 1593561600,
            to: 1594166400,
            resolution: 1800,
            timeZone: 'America/Mexico_City',
            recordCount: 336,
        });
        expect(envelope.records).toHaveLength(336);
        expect(envelope.records[0]?.E).toBe(14326.112052649);
        expect(envelope.records.at(-1)?.ts).toBe(1594166400 - 1800);
    });

    it('of channels is one page with one channel', (context) => {
        const page = parseList('channels', recorded('data-view-ids-5410eca8722e0001.json', context));
        expect(page.meta).toEqual({ currentPage: 1, pageCount: 1, recordCount: 1 });
        expect(page.unreadable).toEqual([]);
        expect(page.items).toHaveLength(1);
        expect(page.items[0]).toMatchObject({
            dataChannelId: '59155',
            channelName: 'TAB TAE PISO-VENTA',
            deviceId: '41281',
            deviceTypeName: null,
            meterId: '31297',
            organizationId: '17159',
            uuId: '5410ECA8722E0001',
            tariffId: null,
            displayedPhase: 'system',
            costEnabled: false,
            status: 1,
            registered: 1568836205,
            expires: 1600458605,
            installedTs: 1568782800,
            uninstalledTs: null,
        });
    });

    it('of an organization with its meters has both in the forms of the lists', (context) => {
        const text = recorded('meters-below-17158.json', context);
        const organizations = parseList('organizations', `{"organizations":[${text}]}`);
        expect(organizations.unreadable).toEqual([]);
        expect(organizations.items[0]).toMatchObject({
            organizationId: '17158',
            parentId: '17157',
            sortCode: '1-2-3-519-15438-17157-17158-',
            timeZone: 'America/Mexico_City',
            currencyCode: 'MXN',
            carbonRatio: 0.45,
            city: null,
        });
        const devices = parseList('devices', text.replace('"metersbelow": [', '"devices": ['));
        expect(devices.unreadable).toEqual([]);
        expect(devices.items).toHaveLength(42);
        expect(devices.items[0]).toMatchObject({ deviceId: '41281', parentId: '41235', status: 1 });
    });
});
