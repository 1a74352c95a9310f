/**
 * Merging is order-free: however the snapshots of a channel are split into runs and in whatever order they come, the
 * partition files are the same bytes, and they hold the newest known value of every column.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { granularities } from '../../src/model/time.ts';
import { withDuckDB } from '../../src/warehouse/duckdb.ts';
import { type GivenAnswer, hashFiles, makeBareLake } from '../support/lake-fixture.ts';
import { tempFolder } from '../support/temp-folder.ts';

const hour = 3600;
const day = 24 * hour;
const newYear = Date.UTC(2026, 0, 1) / 1000;
const monthEnd = Date.UTC(2026, 1, 1) / 1000;

type Given = Omit<GivenAnswer, 'channelId'>;

/** Few values and few instants, so that re-reads often correct, null or repeat what was there. */
const value = fc.option(
    fc.oneof(
        fc.constantFrom(0, -12.5, 42.533333333333, 1e15 + 0.5),
        fc.double({ noNaN: true, min: 0, max: 1e7 }),
    ),
    { nil: null, freq: 3 },
);

/** A span of a few buckets on one side of a UTC midnight that is also a month's or a year's end. */
const withinOnePeriod = fc
    .record({
        edge: fc.constantFrom(newYear, monthEnd),
        isAfter: fc.boolean(),
        resolution: fc.constantFrom(900, 3600),
        first: fc.nat({ max: 3 }),
        count: fc.integer({ min: 1, max: 6 }),
    })
    .map(({ edge, isAfter, resolution, first, count }) => {
        const length = count * resolution;
        const from = isAfter ? edge + first * resolution : edge - first * resolution - length;
        return { from, to: from + length, resolution };
    });

/** Day totals on the days of a site an hour ahead of UTC: the span reaches over the month's end. */
const localDays = fc
    .record({ first: fc.nat({ max: 3 }), count: fc.integer({ min: 1, max: 3 }) })
    .map(({ first, count }) => {
        const from = monthEnd - hour - 2 * day + first * day;
        return { from, to: from + count * day, resolution: day };
    });

const answer: fc.Arbitrary<Given> = fc
    .record({
        span: fc.oneof({ weight: 4, arbitrary: withinOnePeriod }, { weight: 1, arbitrary: localDays }),
        fetchedAt: fc.nat({ max: 2 }).map((n) => Date.UTC(2026, 2, 1, 0, 0, 0, n)),
        fields: fc.constantFrom(['E', 'P'], ['E'], ['P']),
        omitsEmpty: fc.boolean(),
    })
    .chain(({ span, fetchedAt, fields, omitsEmpty }) => {
        const count = (span.to - span.from) / span.resolution;
        const row = fc.tuple(...fields.map(() => value));
        return fc.array(row, { minLength: count, maxLength: count }).map((rows) => ({
            ...span,
            fetchedAt,
            records: rows
                .map((values, index) => ({
                    ts: span.from + index * span.resolution,
                    ...Object.fromEntries(fields.map((code, column) => [code, values[column] ?? null])),
                }))
                .filter((_, index) => !(omitsEmpty && rows[index]?.every((known) => known === null))),
        }));
    });

/** Answers with what may be done to them: an order, and after which of them a compaction runs. */
const history = fc
    .uniqueArray(answer, {
        minLength: 1,
        maxLength: 9,
        selector: ({ from, to, resolution, fetchedAt }) => `${from} ${to} ${resolution} ${fetchedAt}`,
    })
    .chain((answers) =>
        fc.record({
            answers: fc.constant(answers),
            shuffled: fc.shuffledSubarray(answers, { minLength: answers.length }),
            compactsAfter: fc.array(fc.boolean(), { minLength: answers.length, maxLength: answers.length }),
            granularity: fc.constantFrom(...granularities),
        }),
    );

interface MergedRow {
    readonly starts_s: number;
    readonly interval_s: number;
    energy_kwh: number | null;
    power_kw: number | null;
    fetched_ms: number;
}

/** The rule in plain words: oldest answer first, equal ones by their file's name; a known value replaces, null does not. */
function mergeByHand(answers: readonly Given[]): MergedRow[] {
    const stamp = (instant: number) => new Date(instant * 1000).toISOString();
    const name = ({ from, to, resolution }: Given) => `${stamp(from)} ${stamp(to)} r${resolution}_`;
    const oldestFirst = [...answers].sort(
        (a, b) => a.fetchedAt - b.fetchedAt || (name(a) < name(b) ? -1 : 1),
    );
    const rows = new Map<string, MergedRow>();
    for (const { records, resolution, fetchedAt } of oldestFirst) {
        for (const { ts, E, P } of records) {
            if (ts === undefined || ts === null) continue;
            const key = `${ts} ${resolution}`;
            const row = rows.get(key) ?? {
                starts_s: ts,
                interval_s: resolution,
                energy_kwh: null,
                power_kw: null,
                fetched_ms: fetchedAt,
            };
            row.energy_kwh = E === null || E === undefined ? row.energy_kwh : E / 1000;
            row.power_kw = P === null || P === undefined ? row.power_kw : P / 1000;
            row.fetched_ms = fetchedAt;
            rows.set(key, row);
        }
    }
    return [...rows.values()].sort((a, b) => a.starts_s - b.starts_s || a.interval_s - b.interval_s);
}

async function readRows(readings: string): Promise<unknown[]> {
    return withDuckDB({}, (db) =>
        db.rows(`
            select
                epoch(timestamp)::double as starts_s, interval_s, energy_kwh, power_kw,
                epoch_ms(fetched_at)::double as fetched_ms
            from read_parquet('${readings}/*/*/readings.parquet')
            order by starts_s, interval_s`),
    );
}

describe('merging snapshots', () => {
    it('gives the same bytes for every split and order, and the newest known values', async () => {
        await fc.assert(
            fc.asyncProperty(history, async ({ answers, shuffled, compactsAfter, granularity }) => {
                let atEnd = (): void => {};
                const folder = tempFolder((remove) => {
                    atEnd = remove;
                });
                try {
                    const given = (some: readonly Given[]) =>
                        some.map((one) => ({ ...one, channelId: '162119' }));
                    const together = await makeBareLake(`${folder}/together`, granularity, ['E', 'P']);
                    await together.land(given(answers));
                    await together.compact();

                    const apart = await makeBareLake(`${folder}/apart`, granularity, ['E', 'P']);
                    for (const [index, one] of shuffled.entries()) {
                        await apart.land(given([one]));
                        if (compactsAfter[index] === true) await apart.compact();
                    }
                    await apart.compact();

                    const expected = mergeByHand(answers);
                    const hashes = hashFiles(together.paths.readings);
                    expect(hashFiles(apart.paths.readings)).toEqual(hashes);
                    expect(Object.keys(hashes).length > 0).toBe(expected.length > 0);
                    await apart.rebuild();
                    expect(hashFiles(apart.paths.readings)).toEqual(hashes);
                    if (expected.length === 0) return;
                    expect(await readRows(together.paths.readings)).toEqual(expected);
                } finally {
                    atEnd();
                }
            }),
            { numRuns: 60, interruptAfterTimeLimit: 40_000 },
        );
    }, 120_000);
});
