import { describe, expect, it } from 'vitest';
import { defaultFieldCodes } from '../../src/model/fields.ts';
import { generatedSite } from '../../src/simulator/generated.ts';
import { describeViews } from '../../src/warehouse/catalog.ts';
import type { DuckDB } from '../../src/warehouse/duckdb.ts';
import { differences } from '../support/close.ts';
import { lawFields, lawFleet, withLawLake } from '../support/law-lake.ts';
import { type GivenFleet, localSeconds, writeReference } from '../support/organization-lake.ts';
import { askViews } from '../support/session-zone.ts';
import { startSiteLake } from '../support/site-lake.ts';
import { plain } from '../unit/warehouse/small-lake.ts';

/** Of zones that the lake's calendar did not have. */
const moved: Readonly<Record<string, string>> = { 1: 'Australia/Adelaide', 9: 'Pacific/Chatham' };

const fleetAfter: GivenFleet = {
    ...lawFleet,
    organizations: lawFleet.organizations.map((one) => ({ ...one, zone: moved[one.id] ?? one.zone })),
};

/** Tables that are worked out at publish, and follow local days. */
const tables = ['suspects', 'grid_patches', 'channel_settings'];

type Answers = Readonly<Record<string, readonly Record<string, unknown>[]>>;

async function askEverything(db: DuckDB, root: string): Promise<Answers> {
    const views = await describeViews({ root, fields: lawFields, granularity: 'month' });
    const names = views.flatMap(({ kind, isInner, name }) =>
        (kind === 'view' && !isInner) || tables.includes(name) ? [name] : [],
    );
    const answers: Record<string, readonly Record<string, unknown>[]> = {};
    for (const name of names) answers[name] = (await db.rows(`from ${name} order by all`)).map(plain);
    return answers;
}

describe('an organization whose zone changed', () => {
    it('has the calendar of its new zone in all of its history', { timeout: 240_000 }, async () => {
        let before: Answers = {};
        let after: Answers = {};
        await withLawLake(async ({ db, root, publish }) => {
            before = await askEverything(db, root);
            await writeReference(root, fleetAfter);
            await publish();
            after = await askEverything(db, root);
        });
        const always = await withLawLake(({ db, root }) => askEverything(db, root), fleetAfter);
        expect(Object.keys(after)).toEqual(Object.keys(always));
        for (const [name, rows] of Object.entries(always)) {
            expect(differences(after[name], rows), name).toEqual([]);
        }
        // The change is seen where days are cut, in what is suspicious in its day, and in what days alike fill in.
        for (const name of [...tables, 'energy_daily', 'organization_daily', 'cost', 'bill_monthly']) {
            expect(differences(before[name], after[name]), name).not.toEqual([]);
        }
    });

    it('has it after the next sync, which asks for the lists', { timeout: 120_000 }, async () => {
        const site = await startSiteLake({
            source: generatedSite({ seed: 5 }),
            now: '2026-10-20T12:07:00Z',
        });
        const rooftop = '162119';
        const span = {
            from: Date.parse('2026-10-14T00:00:00Z') / 1000,
            to: Date.parse('2026-10-18T00:00:00Z') / 1000,
            channels: [rooftop],
        };
        const ask = (sql: string) =>
            askViews({ root: site.paths.root, fields: defaultFieldCodes, granularity: 'month' }, sql);
        const days = () =>
            ask(
                `select time_zone, date::varchar as date, energy_kwh from energy_daily
                 where channel_id = '${rooftop}' order by date`,
            );
        await site.sync(span);
        const before = await days();
        site.simulator.changeSite((was) => ({
            ...was,
            organizations: was.organizations.map((row) => ({ ...row, timeZone: 'Asia/Kathmandu' })),
        }));
        await site.sync(span);
        const readings = await ask(
            `select epoch(timestamp) as at, energy_kwh as energy from readings_clean
             where channel_id = '${rooftop}' and energy_kwh is not null order by timestamp`,
        );
        const expected = new Map<string, number>();
        for (const { at, energy } of readings) {
            const local = localSeconds(Number(at), 'Asia/Kathmandu');
            const date = new Date(local * 1000).toISOString().slice(0, 10);
            expected.set(date, (expected.get(date) ?? 0) + Number(energy));
        }
        const after = await days();
        expect(expected.size).toBe(5);
        expect(
            differences(
                after,
                [...expected].map(([date, energy]) => ({
                    time_zone: 'Asia/Kathmandu',
                    date,
                    energy_kwh: energy,
                })),
            ),
        ).toEqual([]);
        expect(differences(before, after)).not.toEqual([]);
    });
});
