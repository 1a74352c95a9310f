import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withViews } from './small-lake.ts';

const day = (date: Date): string => date.toISOString().slice(0, 10);
const plus = (date: Date, days: number): Date => new Date(date.getTime() + days * 86_400_000);

describe('the names of periods', () => {
    it('mean their first day and the day after', async () => {
        const given = [
            ['2026', '2026-01-01', '2027-01-01'],
            ['2024-02', '2024-02-01', '2024-03-01'],
            ['2026-12', '2026-12-01', '2027-01-01'],
            ['2026-W01', '2025-12-29', '2026-01-05'],
            ['2026-W53', '2026-12-28', '2027-01-04'],
            ['2026-10-05', '2026-10-05', '2026-10-06'],
            ['2026-10-05/2026-10-19', '2026-10-05', '2026-10-19'],
            ['2025/2026-W02', '2025-01-01', '2026-01-05'],
        ];
        await withViews({ readings: [] }, async (db) => {
            for (const [name, from, to] of given) {
                const found = await db.rows(
                    `select period_start('${name}')::varchar as from_date, period_end('${name}')::varchar as to_date`,
                );
                expect(found, name).toEqual([{ from_date: from, to_date: to }]);
            }
            expect(
                await db.value('select period_end(period_name) from (select null::varchar as period_name)'),
            ).toBe(null);
        });
    });

    it('agree with the calendar for any day', async () => {
        await withViews({ readings: [] }, async (db) => {
            await fc.assert(
                fc.asyncProperty(fc.integer({ min: 0, max: 29_000 }), async (number) => {
                    const date = plus(new Date(0), number);
                    const year = date.getUTCFullYear();
                    const weekday = (date.getUTCDay() + 6) % 7;
                    const thursday = plus(date, 3 - weekday);
                    const firstDay = Date.UTC(thursday.getUTCFullYear(), 0, 1);
                    const week = Math.floor((thursday.getTime() - firstDay) / (7 * 86_400_000)) + 1;
                    const names = [
                        day(date),
                        day(date).slice(0, 7),
                        String(year),
                        `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`,
                    ];
                    const expected = [
                        [day(date), day(plus(date, 1))],
                        [
                            day(new Date(Date.UTC(year, date.getUTCMonth(), 1))),
                            day(new Date(Date.UTC(year, date.getUTCMonth() + 1, 1))),
                        ],
                        [`${year}-01-01`, `${year + 1}-01-01`],
                        [day(plus(date, -weekday)), day(plus(date, 7 - weekday))],
                    ];
                    const rows = await db.rows(
                        `select period_start(n)::varchar as a, period_end(n)::varchar as b
                         from (select unnest(${JSON.stringify(names).replaceAll('"', "'")}) as n)`,
                    );
                    expect(rows.map(({ a, b }) => [a, b])).toEqual(expected);
                }),
                { seed: 1, numRuns: 60 },
            );
        });
    });

    it('are refused by name when they are none', async () => {
        await withViews({ readings: [] }, async (db) => {
            for (const name of [
                '',
                'october',
                '2026-13',
                '2026-02-30',
                '2025-W53',
                '2026-W00',
                '26-10',
                '2026-10-05/',
                '2026-10-05/x',
                '2026-1',
            ]) {
                await expect(db.rows(`select period_end('${name}')`), name).rejects.toThrow('is no period');
            }
            await expect(db.rows("select period_end('2026-10/2026-10')")).rejects.toThrow(
                'ends before it begins',
            );
        });
    });
});

describe('an instant', () => {
    it('means the same in every session: UTC unless an offset is written', async () => {
        await withViews({ readings: [] }, async (db) => {
            const given = [
                ["'2026-10-01'", '2026-10-01T00:00:00Z'],
                ["date '2026-10-01'", '2026-10-01T00:00:00Z'],
                ["'2026-10-01 06:00:00'", '2026-10-01T06:00:00Z'],
                ["'2026-10-01T06:00:00Z'", '2026-10-01T06:00:00Z'],
                ["'2026-10-01T06:00:00+05:45'", '2026-10-01T00:15:00Z'],
                ["'2026-10-01 06:00:00-03:30'", '2026-10-01T09:30:00Z'],
                ["timestamptz '2026-10-01 06:00:00+00'", '2026-10-01T06:00:00Z'],
            ];
            for (const zone of ['UTC', 'Pacific/Auckland', 'America/St_Johns']) {
                await db.run(`set TimeZone = '${zone}'`);
                for (const [text, instant = ''] of given) {
                    expect(await db.value(`select epoch(instant_of(${text}))`), `${text} in ${zone}`).toBe(
                        Date.parse(instant) / 1000,
                    );
                }
                await expect(db.rows("select instant_of('yesterday')")).rejects.toThrow('is no instant');
            }
        });
    });
});
