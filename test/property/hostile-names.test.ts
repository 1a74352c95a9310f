/** Names, ids and dates of strangers are data everywhere, and nowhere SQL or a path. */
import { basename, dirname } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseList, type Resource } from '../../src/api/wire.ts';
import { AppError, isAppError } from '../../src/core/errors.ts';
import {
    channelValues,
    deviceValues,
    nextRows,
    organizationValues,
} from '../../src/ingest/reference-rows.ts';
import { createLakeFiles } from '../../src/lake/files.ts';
import { lakePaths } from '../../src/lake/layout.ts';
import { quarantineAnswer } from '../../src/lake/quarantine.ts';
import { referenceIds } from '../../src/model/tables.ts';
import { generatedFleet } from '../../src/simulator/generated-fleet.ts';
import type { SiteSource } from '../../src/simulator/site.ts';
import { identifier, literal, literalList, withDuckDB } from '../../src/warehouse/duckdb.ts';
import { queryView } from '../../src/warehouse/query.ts';
import { readReference, readTimeZones, writeReference } from '../../src/warehouse/reference.ts';
import { startDemoApi } from '../support/demo-api.ts';
import { hashFiles, listFiles } from '../support/lake-fixture.ts';
import { runCli } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';

const tricks = [
    "'; drop table t; --",
    "' or '1'='1",
    `"; copy t to '/tmp/x'; --`,
    String.raw`\'; select 1; --`,
    '$$x$$',
    '../../../etc/passwd',
    '/etc/passwd',
    '..',
    'channel_id=1/month=2026-10/readings.parquet',
    '*?[a-z]{x,y}',
    'a\nb\r\n-- c',
    '\u001b[31m\u202e',
    'ümläut 漢字 🙂',
    "'",
    '"',
    '%s %d',
    '/* */',
    '__proto__',
    'constructor',
    ' ',
];

/** Any text but NUL, at which SQL ends. */
const text = fc.oneof(
    fc.constantFrom(...tricks),
    fc.string({ unit: 'binary', maxLength: 30 }).map((any) => any.replaceAll('\0', '')),
);

/** Any text there can be in JSON: halves of surrogate pairs and NUL too. */
const anyText = fc.oneof(text, fc.constantFrom('\ud800', 'x\udc00y', 'a\0b'));

describe('a text in SQL', () => {
    it('comes back as it went in, as a value and as a name', async () => {
        await withDuckDB({}, async (db) => {
            await fc.assert(
                fc.asyncProperty(text, fc.array(text, { maxLength: 4 }), async (one, more) => {
                    expect(await db.value(`select ${literal(one)}`)).toBe(one);
                    const list = await db.value(`select to_json(${literalList(more)}::varchar[])::varchar`);
                    expect(JSON.parse(String(list))).toEqual(more);
                    if (one === '') return;
                    const named = `select column_name from (describe select 1 as ${identifier(one)})`;
                    expect(await db.value(named)).toBe(one);
                }),
                { numRuns: 300 },
            );
        });
    });

    it('of a filter finds what has that name, and changes nothing', async () => {
        const views = [
            {
                name: 'energy_daily',
                kind: 'view',
                layer: '40_rollups',
                summary: '',
                grain: 'one row per channel_id',
                time: undefined,
                parameters: [],
                columns: ['channel_id', 'organization_id'].map((name) => ({
                    name,
                    type: 'varchar',
                    text: '',
                })),
                sql: '',
                example: undefined,
                isInner: false,
            },
        ] as const;
        await withDuckDB({}, async (db) => {
            await fc.assert(
                fc.asyncProperty(fc.uniqueArray(text, { minLength: 3, maxLength: 5 }), async (ids) => {
                    const rows = ids.map((id) => `(${literal(id)}, ${literal(`of ${id}`)})`);
                    await db.run(`create or replace table energy_daily as
                        select * from (values ${rows.join(', ')}) t(channel_id, organization_id)`);
                    const [first = '', second = ''] = ids;
                    for (const channels of [[first], [first, second]]) {
                        const sql = queryView(views, { view: 'energy_daily', channels });
                        const found = (await db.rows(sql)).map((row) => row.channel_id);
                        expect(found.toSorted()).toEqual(channels.toSorted());
                    }
                    const organizations = [`of ${second}`];
                    const sql = queryView(views, { view: 'energy_daily', organizations });
                    expect(await db.rows(sql)).toEqual([
                        { channel_id: second, organization_id: `of ${second}` },
                    ]);
                    expect(await db.value('select count(*)::int from energy_daily')).toBe(ids.length);
                }),
                { numRuns: 100 },
            );
        });
    });

    it('of a view, a column or a date is refused unless it is one', () => {
        const views = [
            {
                name: 'energy_daily',
                kind: 'view',
                layer: '40_rollups',
                summary: '',
                grain: undefined,
                time: 'date',
                parameters: [],
                columns: [{ name: 'date', type: 'date', text: '' }],
                sql: '',
                example: undefined,
                isInner: false,
            },
        ] as const;
        const form =
            /^select (\*|"date")\nfrom "energy_daily"(\nwhere "date" (>=|<) date '\d{4}-\d\d-\d\d'(\n {4}and "date" < date '\d{4}-\d\d-\d\d')?)?$/;
        const maybe = (known: string) => fc.oneof(fc.constant(known), anyText);
        fc.assert(
            fc.property(
                maybe('energy_daily'),
                maybe('date'),
                fc.option(maybe('2026-10-01')),
                fc.option(maybe('2026-11-01')),
                (view, column, from, to) => {
                    try {
                        const bounds = { ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) };
                        expect(queryView(views, { view, columns: [column], ...bounds })).toMatch(form);
                    } catch (error) {
                        expect(error).toBeInstanceOf(AppError);
                    }
                },
            ),
            { numRuns: 500 },
        );
    });
});

describe('a stranger’s list', () => {
    const cell = fc.oneof(
        { weight: 3, arbitrary: anyText },
        fc.double(),
        fc.integer(),
        fc.constantFrom(null, true, 1e300, -1, 0.5, '1.5', '99999999999999', 1.7976931348623157e308),
        fc.jsonValue(),
    );
    const keys = {
        organizations:
            'organizationId organizationName parentId sortCode timeZone currencyCode carbonRatio address1 city status createdTs',
        devices:
            'deviceId deviceName deviceTypeId deviceTypeName organizationId parentId uuId status registered expires',
        channels:
            'dataChannelId channelName deviceId organizationId meterId displayedPhase costEnabled status registered installedTs',
    } as const;
    const resources: readonly Resource[] = ['organizations', 'devices', 'channels'];

    it.each(resources)('of %s, whatever it holds, is refused or kept and read back', async (resource) => {
        const folder = tempFolder();
        const row = fc.record(Object.fromEntries(keys[resource].split(' ').map((key) => [key, cell])), {
            requiredKeys: [],
        });
        await withDuckDB({ threads: 1 }, async (db) => {
            const zones = await readTimeZones(db);
            await fc.assert(
                fc.asyncProperty(fc.array(row, { maxLength: 4 }), async (rows) => {
                    let values: ReturnType<typeof nextRows>;
                    try {
                        values = fold(resource, JSON.stringify({ [resource]: rows }), zones);
                    } catch (error) {
                        expect(isAppError(error, 'SOURCE_BAD_ANSWER'), String(error)).toBe(true);
                        return;
                    }
                    const file = `${folder}/${resource}.parquet`;
                    await writeReference(db, resource, values, { codec: 'zstd', version: 'V2' }, file);
                    const id = referenceIds[resource];
                    const byId = (list: typeof values) =>
                        list.map((item) => JSON.stringify(item, Object.keys(item).sort())).toSorted();
                    expect(byId(await readReference(db, resource, file)).length).toBe(values.length);
                    const found = await readReference(db, resource, file);
                    expect(new Set(found.map((item) => item[id]))).toEqual(
                        new Set(values.map((item) => item[id])),
                    );
                    for (const value of values) {
                        const stored = found.find((item) => item[id] === value[id]);
                        for (const [name, expected] of Object.entries(value)) {
                            if (typeof expected === 'string' && !name.endsWith('_at')) {
                                expect(stored?.[name], name).toBe(expected);
                            }
                        }
                    }
                }),
                { numRuns: 150 },
            );
        });
    });

    function fold(resource: Resource, body: string, zones: ReadonlySet<string>): ReturnType<typeof nextRows> {
        const at = { fetchedAt: Date.UTC(2026, 10, 23), isComplete: true };
        switch (resource) {
            case 'organizations': {
                const { items } = parseList(resource, body);
                const rows = items.map((item) => organizationValues(item, (name) => zones.has(name)));
                return nextRows(resource, [], rows, at);
            }
            case 'devices':
                return nextRows(
                    resource,
                    [],
                    parseList(resource, body).items.map((item) => deviceValues(item, new Map())),
                    at,
                );
            case 'channels':
                return nextRows(resource, [], parseList(resource, body).items.map(channelValues), at);
        }
    }
});

describe('a quarantined answer', () => {
    it('lands in its folder, whatever its subject, reason and details are', async () => {
        const paths = lakePaths(`${tempFolder()}/lake`);
        const files = createLakeFiles(paths.staging);
        await fc.assert(
            fc.asyncProperty(
                anyText,
                anyText,
                fc.dictionary(anyText, anyText),
                async (subject, reason, details) => {
                    const at = Date.UTC(2026, 9, 5);
                    const file = await quarantineAnswer(files, paths, {
                        reason,
                        message: subject,
                        at,
                        subject,
                        details,
                    });
                    expect(dirname(file)).toBe('quarantine/2026-10');
                    expect(basename(file)).toMatch(/^[\w.-]+\.json$/);
                },
            ),
            { numRuns: 100 },
        );
        expect(listFiles(`${paths.root}/..`).every((file) => file.startsWith(paths.quarantine))).toBe(true);
    });
});

describe('a whole site of hostile names', { timeout: 120_000 }, () => {
    it('syncs, answers by those names, and leaves nothing outside the lake', async () => {
        const names = [...tricks, '\ud800 half', 'a\0b', "=cmd|' /C calc'!A0"];
        const plain = generatedFleet({ channels: names.length, organizations: names.length });
        const source: SiteSource = {
            ...plain,
            organizations: plain.organizations.map((row, at) => ({
                ...row,
                organizationName: names[at - 1] ?? 'operator',
                address1: names[at] ?? '',
            })),
            devices: plain.devices.map((row, at) => ({
                ...row,
                deviceName: names[at] ?? '',
                uuId: names[at] ?? '',
            })),
            channels: plain.channels.map((row, at) => ({ ...row, channelName: names[at] ?? '' })),
        };
        const parent = tempFolder(onTestFinished);
        const { env } = await startDemoApi(() => Date.parse('2026-11-23T09:20:00Z'), { source });
        const run = (...argv: string[]) => runCli(argv, { cwd: parent, env });
        const synced = await run('sync', '--from', '2026-10-01', '--to', '2026-10-02');
        expect(synced).toMatchObject({ code: 0 });
        expect(Object.keys(hashFiles(parent)).filter((file) => !file.startsWith('lake/'))).toEqual([]);
        const stored = await run(
            'query',
            'select channel_name from channels order by channel_id',
            '--format',
            'json',
        );
        expect(JSON.parse(stored.stdout).map((row: { channel_name: string }) => row.channel_name)).toEqual(
            names.map((name) => name.replaceAll(/\p{Surrogate}/gu, '\ufffd')),
        );
        // A comma parts names, blanks around them are no part of one.
        const askable = [...tricks.entries()].filter(
            ([, name]) => !name.includes(',') && name.trim() === name,
        );
        const byChannel = askable.flatMap(([, name]) => [`--channel=${name}`]);
        const byOrganization = askable.flatMap(([, name]) => [`--organization=${name}`]);
        for (const filter of [byChannel, byOrganization]) {
            const asked = await run('query', 'energy_daily', ...filter, '--format', 'json');
            expect(asked).toMatchObject({ code: 0 });
            const found = JSON.parse(asked.stdout).map((row: { channel_id: string }) => row.channel_id);
            expect(new Set(found)).toEqual(new Set(askable.map(([at]) => String(300_000 + at))));
        }
        for (const argv of [['verify'], ['check'], ['status'], ['export'], ['rebuild']]) {
            expect({ argv, ...(await run(...argv)) }).toMatchObject({ argv, code: 0 });
        }
    });
});
