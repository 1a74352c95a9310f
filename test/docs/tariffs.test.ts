import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readTariffs } from '../../src/analysis/tariffs.ts';
import { clockOf } from '../support/bill-opinion.ts';
import { openReplayLake } from '../support/replay-lake.ts';
import { tempFolder } from '../support/temp-folder.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/tariffs.md', import.meta.url)), 'utf8');

interface Example {
    readonly title: string;
    readonly zone: string;
    readonly holidays: readonly string[];
    readonly tariffs: string;
    /** `days | from | to | power` */
    readonly load: readonly (readonly string[])[];
    /** `month | line | quantity | unit | rate | amount` */
    readonly bill: readonly (readonly string[])[];
}

function readExamples(): Example[] {
    return page
        .split(/^## /m)
        .filter((section) => section.startsWith('Worked example'))
        .map((section) => ({
            title: section.split('\n')[0] ?? '',
            zone: /`([A-Z]\w+\/\w+)`/.exec(section)?.[1] ?? '',
            holidays: [...section.matchAll(/`(\d{4}-\d\d-\d\d)`/g)].map((match) => match[1] ?? ''),
            tariffs: /```json\n([\s\S]*?)```/.exec(section)?.[1] ?? '',
            load: tableOf(section, 'days'),
            bill: tableOf(section, 'month'),
        }));
}

function tableOf(section: string, firstColumn: string): string[][] {
    const lines = section.split('\n');
    const head = lines.findIndex((line) => line.startsWith(`| ${firstColumn} |`));
    const rest = lines.slice(head + 2);
    const end = rest.findIndex((line) => !line.startsWith('|'));
    return rest.slice(0, end === -1 ? undefined : end).map((line) =>
        line
            .split('|')
            .slice(1, -1)
            .map((cell) => cell.trim()),
    );
}

/** Watt hours of each quarter hour that the load's table speaks of; later lines of the table win. */
function makeReadings({ zone, load }: Example): (readonly [number, number])[] {
    const clock = clockOf(zone);
    const days = load
        .flatMap(([when = '']) => [...when.matchAll(/\d{4}-\d\d-\d\d/g)].map(([day]) => day))
        .sort();
    const from = Date.parse(`${days[0]}T00:00:00Z`) / 1000 - 86_400;
    const to = Date.parse(`${days.at(-1)}T00:00:00Z`) / 1000 + 2 * 86_400;
    const readings: (readonly [number, number])[] = [];
    for (let at = from; at < to; at += 900) {
        const { date, minute } = clock(at);
        if (date < (days[0] ?? '') || date > (days.at(-1) ?? '')) continue;
        const weekday = new Date(`${date}T12:00:00Z`).getUTCDay();
        const row = load.findLast(([when = '', start = '', end = '']) => {
            const [first, last = first] = when.split(' to ');
            const isDay =
                when === 'weekdays'
                    ? weekday > 0 && weekday < 6
                    : (first ?? '') <= date && date <= (last ?? '');
            return isDay && minutes(start) <= minute && minute < minutes(end);
        });
        readings.push([at, Number.parseFloat(row?.[3] ?? '0') * 250]);
    }
    return readings;
}

function minutes(time: string): number {
    return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

/** A replay of one channel on the example's load. */
function writeReplay(
    example: Example,
    readings: readonly (readonly [number, number])[],
    tariffId?: string,
): string {
    const folder = tempFolder();
    const site = {
        organizations: [
            { organizationId: 7, parentId: null, organizationName: 'Example', timeZone: example.zone },
        ],
        devices: [
            {
                deviceId: 70,
                deviceName: 'Hub',
                deviceTypeId: 1,
                deviceTypeName: 'Hub',
                organizationId: 7,
                uuId: 'A1',
                status: 1,
            },
        ],
        channels: [
            {
                dataChannelId: 700,
                channelName: 'Main',
                deviceId: 70,
                organizationId: 7,
                interval_s: 900,
                fields: ['E', 'P'],
                tariffId,
            },
        ],
    };
    writeFileSync(join(folder, 'site.json'), JSON.stringify(site));
    const lines = readings.map(([at, wh]) => `700,${at},${wh},${wh * 4}`);
    writeFileSync(join(folder, 'readings.csv.gz'), gzipSync(`channel_id,ts,E,P\n${lines.join('\n')}\n`));
    return folder;
}

describe('the page on tariffs', () => {
    const examples = readExamples();

    it('shows whole files and parts of versions that the check accepts', () => {
        const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map((match): unknown =>
            JSON.parse(match[1] ?? ''),
        );
        const version = (more: object): string =>
            JSON.stringify({
                tariffs: [
                    {
                        id: 'a',
                        currency: 'EUR',
                        versions: [
                            {
                                valid_from: '2026-01-01',
                                seasons: { summer: ['04-01..09-30'], winter: ['10-01..03-31'] },
                                energy: { kind: 'flat', rate: 0.2 },
                                ...more,
                            },
                        ],
                    },
                ],
            });
        const wrapped = blocks.map((block) => {
            if (Array.isArray(block)) return version({ demand: block });
            const given = Object(block);
            if ('tariffs' in given) return JSON.stringify(given);
            if ('kind' in given) return version({ energy: given });
            return version('summer' in given ? { seasons: given } : given);
        });
        expect(wrapped).toHaveLength(8);
        expect(wrapped.map((text) => readTariffs(text)).filter(({ kind }) => kind === 'bad')).toEqual([]);
    });

    it('has two worked examples', () => {
        expect(
            examples.map(({ zone, holidays, load, bill }) => [
                zone,
                holidays.length,
                load.length,
                bill.length,
            ]),
        ).toEqual([
            ['Europe/London', 1, 3, 7],
            ['America/New_York', 0, 3, 11],
        ]);
    });

    it.for(examples)('$title comes to the cent out of a lake', { timeout: 120_000 }, async (example) => {
        const readings = makeReadings(example);
        // The first is billed as the organization's tariff, by settings; the second as the channel's, by the API.
        const isByApi = example.holidays.length === 0;
        const lake = await openReplayLake(writeReplay(example, readings, isByApi ? 'workshop' : undefined));
        onTestFinished(() => lake.close());
        mkdirSync(lake.paths.reference, { recursive: true });
        writeFileSync(join(lake.paths.reference, 'tariffs.json'), example.tariffs);
        const settings = { organizations: { 7: { tariff_id: 'office', holidays: example.holidays } } };
        writeFileSync(join(lake.paths.reference, 'settings.json'), JSON.stringify(isByApi ? {} : settings));
        const [from, to] = [readings[0]?.[0] ?? 0, (readings.at(-1)?.[0] ?? 0) + 900];
        await lake.sync({ from, to, resolution: 900 });

        const lines = await lake.ask(
            `select strftime(month, '%Y-%m') as month, line_name, quantity, unit, rate, amount from bill_lines order by month, line_no`,
        );
        const expected = example.bill.filter(([, line]) => line !== 'total');
        expect(lines).toEqual(
            expected.map(([month, line_name, quantity, unit, rate, amount]) => ({
                month,
                line_name,
                quantity: Number(quantity),
                unit,
                rate: Number(rate),
                amount: Number(amount),
            })),
        );
        const totals = await lake.ask(
            `select strftime(month, '%Y-%m') as month, total_amount, coverage, estimated_kwh from bill_monthly
             where subject_kind = 'organization' order by month`,
        );
        expect(totals).toEqual(
            example.bill
                .filter(([, line]) => line === 'total')
                .map(([month, , , , , total]) => ({
                    month,
                    total_amount: Number(total),
                    coverage: 1,
                    estimated_kwh: null,
                })),
        );
    });
});
