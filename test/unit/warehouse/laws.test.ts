import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeViews, type ViewDescription } from '../../../src/warehouse/catalog.ts';
import { type DuckDB, literal } from '../../../src/warehouse/duckdb.ts';
import { differences } from '../../support/close.ts';
import { lawFields, lawFleet, withLawLake } from '../../support/law-lake.ts';
import { sessionZone } from '../../support/session-zone.ts';
import { plain } from './small-lake.ts';

let db: DuckDB;
let views: readonly ViewDescription[];
let close: () => void;
let closed: Promise<void>;

beforeAll(async () => {
    await new Promise<void>((resolve, reject) => {
        closed = withLawLake(async (lake) => {
            db = lake.db;
            views = await describeViews({ root: lake.root, fields: lawFields, granularity: 'month' });
            resolve();
            await new Promise<void>((done) => {
                close = done;
            });
        });
        closed.catch(reject);
    });
});

afterAll(async () => {
    close();
    await closed;
});

/** The columns of `one row per channel_id, date`; what is no column (`one row per rule` is) fails the test. */
function grainOf({ name, grain = '', columns }: ViewDescription): readonly string[] {
    const names = grain
        .replace(/^one row per /, '')
        .replace(/;.*$/, '')
        .split(', ');
    const known = columns.map((column) => column.name);
    expect(known, `the grain of ${name}: ${grain}`).toEqual(expect.arrayContaining(names));
    return names;
}

const isTime = (type: string | undefined): boolean => /^(date|timestamp|timestamptz)$/.test(type ?? '');

/** Conditions that keep some rows of the table `everything` and drop others. */
async function filtersOf(view: ViewDescription): Promise<string[]> {
    const typeOf = new Map(view.columns.map(({ name, type }) => [name, type]));
    const names = new Set([
        ...grainOf(view),
        ...['organization_id', 'channel_id', view.time ?? ''].filter((name) => typeOf.has(name)),
    ]);
    const filters: string[] = [];
    for (const name of names) {
        const type = typeOf.get(name);
        const found = await db.rows(
            `select distinct ${name} as value, cast(${name} as varchar) as text from everything
             where ${name} is not null order by 1`,
        );
        // The text of an instant has its offset, and that of a number all its digits.
        const values = found.map(({ text }) => `cast(${literal(String(text))} as ${type})`);
        if (values.length < 2) continue;
        const [first, second] = [
            values[Math.floor(values.length / 3)],
            values[Math.floor(values.length / 2)],
        ];
        filters.push(`${name} = ${second}`);
        if (isTime(type)) filters.push(`${name} >= ${first} and ${name} < ${values.at(-1)}`);
        else if (type === 'varchar') filters.push(`${name} in (${values[0]}, ${values.at(-1)})`);
    }
    return filters;
}

/** Rows by what makes them one, so that two answers can be compared in any order. */
async function readByGrain(sql: string, grain: readonly string[]): Promise<Record<string, unknown>> {
    const rows = (await db.rows(sql)).map(plain);
    return Object.fromEntries(rows.map((row) => [grain.map((name) => String(row[name])).join(' '), row]));
}

describe('every view', () => {
    it('has one row per what its header says, and some in this lake', { timeout: 120_000 }, async () => {
        for (const view of views.filter(({ grain }) => grain !== undefined)) {
            const grain = grainOf(view);
            const [row] = await db.rows(
                `select count(*) as rows, count(distinct (${grain.join(', ')})) as places,
                    count(*) filter (${grain.map((name) => `${name} is null`).join(' or ')}) as nameless
                 from ${view.name}`,
            );
            const { rows, places, nameless } = plain(row ?? {});
            expect(rows, `rows of ${view.name}`).toBeGreaterThan(0);
            expect(places, `${view.name}: ${view.grain}`).toBe(rows);
            expect(nameless, `rows of ${view.name} without a ${grain.join(' or ')}`).toBe(0);
        }
        expect(views.filter(({ kind, grain }) => kind === 'view' && grain === undefined)).toEqual([]);
    });

    it('gives a row the same values under any filter and in any session', { timeout: 240_000 }, async () => {
        for (const view of views.filter(({ kind }) => kind === 'view')) {
            const grain = grainOf(view);
            await db.run("set TimeZone = 'UTC'");
            await db.run(`create or replace temp table everything as from ${view.name}`);
            const filters = await filtersOf(view);
            await db.run(`set TimeZone = ${literal(sessionZone)}`);
            for (const filter of ['true', ...filters]) {
                const expected = await readByGrain(`from everything where ${filter}`, grain);
                const found = await readByGrain(`from ${view.name} where ${filter}`, grain);
                expect(Object.keys(expected).length, `${view.name} where ${filter}`).toBeGreaterThan(0);
                expect(differences(found, expected), `${view.name} where ${filter}`).toEqual([]);
            }
        }
    });

    it('passes every check', { timeout: 120_000 }, async () => {
        const checks = views.filter(({ kind }) => kind === 'check');
        expect(checks.length).toBeGreaterThan(0);
        for (const { name } of checks) expect(await db.rows(`from checks.${name}`), name).toEqual([]);
    });
});

const rollups = ['hourly', 'daily', 'weekly', 'monthly'] as const;

interface Energy {
    readonly measured: number | null;
    readonly estimated: number | null;
    readonly total: number | null;
}

async function sum(
    view: string,
    id: string,
    measured: string,
    estimated: string,
    total: string,
): Promise<Record<string, Energy>> {
    const rows = await db.rows(
        `select ${id} as id, sum(${measured}) as measured, sum(${estimated}) as estimated, sum(${total}) as total
         from ${view} group by ${id} order by ${id}`,
    );
    const number = (value: unknown): number | null => (value === null ? null : Number(value));
    return Object.fromEntries(
        rows.map((row) => [
            String(row.id),
            {
                measured: number(row.measured),
                estimated: number(row.estimated),
                total: number(row.total),
            },
        ]),
    );
}

const sumRollup = (view: string, id: string): Promise<Record<string, Energy>> =>
    sum(view, id, 'energy_measured_kwh', 'energy_estimated_kwh', 'energy_total_kwh');

describe('energy', () => {
    it('is the same for a channel in every layer and granularity', { timeout: 120_000 }, async () => {
        const normalized = await sum(
            'readings_normalized',
            'channel_id',
            'energy_kwh - coalesce(estimated_kwh, 0)',
            'estimated_kwh',
            'energy_kwh',
        );
        expect(Object.keys(normalized)).toHaveLength(9);
        expect(Object.values(normalized).filter(({ estimated }) => estimated !== null)).not.toHaveLength(0);
        for (const unit of rollups) {
            expect(differences(await sumRollup(`energy_${unit}`, 'channel_id'), normalized), unit).toEqual(
                [],
            );
        }
        const known = Object.fromEntries(
            Object.entries(normalized).filter(([, { total }]) => total !== null),
        );
        const costs = await sum(
            'cost',
            'channel_id',
            'case when not is_estimated then energy_kwh end',
            'case when is_estimated then energy_kwh end',
            'energy_kwh',
        );
        expect(differences(costs, known)).toEqual([]);
        const clean = await sum('readings_clean', 'channel_id', 'energy_kwh', 'null', 'energy_kwh');
        const enriched = await sum('readings_enriched', 'channel_id', 'energy_kwh', 'null', 'energy_kwh');
        expect(differences(enriched, clean)).toEqual([]);
        for (const [id, { measured }] of Object.entries(clean)) {
            expect(differences(measured, normalized[id]?.measured), id).toEqual([]);
        }
        // Of channels where nothing is wrong, it is that of the readings.
        for (const id of ['33', '41', '77', '91']) {
            const given = lawFleet.readings.filter(({ channel }) => channel === id);
            const energy = given.reduce((before, reading) => before + (reading.energy ?? 0), 0);
            expect(differences(clean[id]?.measured, energy), id).toEqual([]);
        }
    });

    it('is for an organization the sum of the channels below it', { timeout: 120_000 }, async () => {
        const channels = await sumRollup('energy_monthly', 'channel_id');
        const below: Readonly<Record<string, readonly string[]>> = {
            1: ['11', '22', '33', '34', '41', '42'],
            20: ['22', '33', '34'],
            300: ['33'],
            301: ['34'],
            31: ['41', '42'],
            9: ['91'],
        };
        const add = (values: readonly (number | null | undefined)[]): number | null => {
            const known = values.flatMap((value) => value ?? []);
            return known.length === 0 ? null : known.reduce((before, value) => before + value, 0);
        };
        const expected = Object.fromEntries(
            Object.entries(below).map(([id, members]) => [
                id,
                {
                    measured: add(members.map((member) => channels[member]?.measured)),
                    estimated: add(members.map((member) => channels[member]?.estimated)),
                    total: add(members.map((member) => channels[member]?.total)),
                },
            ]),
        );
        for (const unit of rollups) {
            const found = await sumRollup(`organization_${unit}`, 'organization_id');
            expect(differences(found, expected), unit).toEqual([]);
        }
    });

    it('is measured and estimated in each row, with a coverage of 0 to 1', { timeout: 120_000 }, async () => {
        for (const unit of rollups) {
            for (const view of [`energy_${unit}`, `organization_${unit}`]) {
                const wrong = await db.rows(
                    `from ${view} where not coverage between 0 and 1
                     or (energy_total_kwh is null) <> (coalesce(energy_measured_kwh, energy_estimated_kwh) is null)
                     or abs(energy_total_kwh - coalesce(energy_measured_kwh, 0) - coalesce(energy_estimated_kwh, 0))
                     > 1e-12 * energy_total_kwh`,
                );
                expect(wrong, view).toEqual([]);
            }
        }
    });
});
