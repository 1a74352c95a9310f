/** A solar inverter by the minute: its readings below zero at night are kept as they came, and never counted. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isClose } from '../support/close.ts';
import { expectPandasToAgree } from '../support/pandas-opinion.ts';
import { readQualityCases } from '../support/quality-page.ts';
import { openReplayLake } from '../support/replay-lake.ts';
import { addUp } from '../support/second-opinion.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { lacksConsumers, whySkipped } from '../support/venv.ts';

const data = fileURLToPath(new URL('../../../shared/data/nrel_serf_pv', import.meta.url));
const isMissing = !existsSync(data);
const why = isMissing ? ` (skipped: ${data} is not on this machine)` : '';

interface Minute {
    readonly ts: number;
    readonly watts: number;
}

function readMinutes(): Minute[] {
    const file = readFileSync(join(data, 'serf_east_1min_2022-03-18_2022-03-19.csv.gz'));
    const [, ...lines] = gunzipSync(file).toString().trimEnd().split('\n');
    return lines.map((line) => {
        const [time = '', watts = ''] = line.split(',');
        return { ts: Date.parse(time) / 1000, watts: Number(watts) };
    });
}

/** A site of one channel in the format the simulator replays; energy is power over a minute. */
function writeReplay(folder: string, minutes: readonly Minute[]): void {
    const site = {
        organizations: [
            { organizationId: 1, parentId: null, organizationName: 'Roof', timeZone: 'America/Denver' },
        ],
        devices: [
            {
                deviceId: 2,
                deviceName: 'Inverter',
                deviceTypeId: 20,
                deviceTypeName: 'Replayed meter',
                organizationId: 1,
                uuId: '0000000000000002',
                status: 1,
            },
        ],
        channels: [
            {
                dataChannelId: 3,
                channelName: 'East roof',
                deviceId: 2,
                organizationId: 1,
                interval_s: 60,
                fields: ['E', 'P'],
                tariffId: null,
            },
        ],
    };
    writeFileSync(join(folder, 'site.json'), JSON.stringify(site));
    const rows = minutes.map(({ ts, watts }) => `3,${ts},${watts / 60},${watts}\n`).join('');
    writeFileSync(join(folder, 'readings.csv.gz'), gzipSync(`channel_id,ts,E,P\n${rows}`));
}

async function openRoofLake() {
    const minutes = readMinutes();
    const folder = tempFolder();
    writeReplay(folder, minutes);
    const lake = await openReplayLake(folder);
    onTestFinished(() => lake.close());
    const [first, last] = [minutes[0]?.ts ?? 0, minutes.at(-1)?.ts ?? 0];
    await lake.sync({ from: first, to: last + 60, resolution: 60 });
    return { minutes, folder, lake };
}

describe.skipIf(isMissing)(`nrel_serf_pv, replayed into a lake${why}`, () => {
    it.skipIf(lacksConsumers)(
        `agrees with pandas in every figure of every rollup${whySkipped}`,
        async () => {
            const { folder, lake } = await openRoofLake();
            await expectPandasToAgree(lake, folder);
        },
        300_000,
    );

    it('keeps negative readings in the files, and nulls and flags them in the views', async () => {
        const { minutes, lake } = await openRoofLake();
        const negative = minutes.filter(({ watts }) => watts < 0);
        expect([minutes.length, negative.length]).toEqual([2607, 1200]);
        const [stored] = await lake.ask(
            'select count(*)::int as n, count(*) filter (energy_kwh < 0)::int as negative, sum(energy_kwh) as kwh from readings',
        );
        expect(stored).toMatchObject({ n: 2607, negative: 1200 });
        expect(isClose(stored?.kwh, addUp(minutes.map(({ watts }) => watts / 60_000)))).toBe(true);

        const [clean] = await lake.ask(`
            select
                count(*)::int as n,
                count(*) filter (energy_kwh is null and power_kw is null and flags & 3 = 3 and quality = 10)::int as flagged,
                count(*) filter (flags = 0 and quality = 0)::int as plain
            from readings_clean`);
        expect(clean).toEqual({ n: 2607, flagged: 1200, plain: 1407 });
        expect(readQualityCases().get('nrel_serf_pv')).toEqual({
            readings: 2607,
            found: { negative_energy: 1200, negative_power: 1200 },
        });

        // The source labels UTC-7; Denver is at UTC-6 in the second half of March, so the data ends in a third day.
        const days = await lake.ask(
            'select date::varchar as date, energy_kwh, reading_count::int as n, expected_count::int as expected, coverage from energy_daily order by date',
        );
        for (const { date, energy_kwh: kwh, n, expected, coverage } of days) {
            const from = Date.parse(`${date}T00:00:00-06:00`) / 1000;
            const ofDay = minutes.filter(({ ts, watts }) => ts >= from && ts < from + 86_400 && watts >= 0);
            const isRight = isClose(
                kwh,
                ofDay.length === 0 ? null : addUp(ofDay.map(({ watts }) => watts / 60_000)),
            );
            expect({ date, isRight, n, expected }).toEqual({
                date,
                isRight: true,
                n: ofDay.length,
                expected: 1440,
            });
            expect(coverage).toBeCloseTo(ofDay.length / 1440, 12);
        }
        expect(days.map(({ date }) => date)).toEqual(['2022-03-18', '2022-03-19', '2022-03-20']);
    });
});
