import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeCalendar } from '../../../src/warehouse/calendar.ts';
import { withDuckDB } from '../../../src/warehouse/duckdb.ts';

/** Local minus UTC in seconds, by the platform's own zone data. */
function offsetBy(format: Intl.DateTimeFormat, instant: number): number {
    const parts = Object.fromEntries(
        format.formatToParts(instant * 1000).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - instant;
}

describe('the calendar', () => {
    const zones = [
        'Europe/London',
        'Australia/Lord_Howe',
        'Asia/Kolkata',
        'Pacific/Chatham',
        'America/Phoenix',
        'America/Havana',
        'Asia/Beirut',
        'America/St_Johns',
        'Pacific/Auckland',
        'Pacific/Apia',
    ];

    it('agrees with Intl at the edges of every day and of every change, from 2000 to 2037', async () => {
        const folder = await mkdtemp(join(tmpdir(), 'calendar-'));
        try {
            const file = join(folder, 'calendar.parquet');
            await withDuckDB({}, async (db) => {
                await writeCalendar(db, file, zones);
                for (const zone of [...zones, 'UTC']) {
                    const format = new Intl.DateTimeFormat('en-US', {
                        timeZone: zone,
                        hourCycle: 'h23',
                        year: 'numeric',
                        month: 'numeric',
                        day: 'numeric',
                        hour: 'numeric',
                        minute: 'numeric',
                        second: 'numeric',
                    });
                    const rows = await db.rows(
                        `select epoch(utc_date)::bigint as starts, offset_s, epoch_us(changes_at) // 1000000 as changes, offset_after_s
                         from read_parquet('${file}') where time_zone = '${zone}' order by utc_date`,
                    );
                    expect(rows.length).toBe(18263);
                    for (const [index, row] of rows.entries()) {
                        const starts = Number(row.starts);
                        // Every change, and one plain day in ten; the platforms' data may differ in the far future.
                        if (starts > Date.UTC(2037, 0, 1) / 1000 || (row.changes === null && index % 10 > 0))
                            continue;
                        const changes = row.changes === null ? starts + 86400 : Number(row.changes);
                        const edges: readonly (readonly [number, unknown])[] = [
                            ...(changes > starts
                                ? ([
                                      [starts, row.offset_s],
                                      [changes - 1, row.offset_s],
                                  ] as const)
                                : []),
                            ...(row.changes === null ? [] : ([[changes, row.offset_after_s]] as const)),
                            [starts + 86399, row.offset_after_s],
                        ];
                        for (const [instant, offset] of edges) {
                            if (offsetBy(format, instant) !== offset) {
                                expect.fail(
                                    `${zone} at ${new Date(instant * 1000).toISOString()}: ${String(offset)}`,
                                );
                            }
                        }
                    }
                }
            });
        } finally {
            await rm(folder, { recursive: true, force: true });
        }
    }, 60_000);

    it('leaves no day out: each begins with the offset the day before ended with', async () => {
        const folder = await mkdtemp(join(tmpdir(), 'calendar-'));
        try {
            const file = join(folder, 'calendar.parquet');
            await withDuckDB({}, async (db) => {
                await writeCalendar(db, file, ['Asia/Beirut', 'Asia/Beirut']);
                const wrong = await db.rows(
                    `select * from (select *, lag(offset_after_s) over (partition by time_zone order by utc_date) as before
                     from read_parquet('${file}')) where before <> offset_s`,
                );
                expect(wrong).toEqual([]);
                expect(await db.value(`select count(*) from read_parquet('${file}')`)).toBe(2n * 18263n);
            });
        } finally {
            await rm(folder, { recursive: true, force: true });
        }
    });
});
