import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeAnswer } from '../../../src/cli/render/file.ts';
import { rowFormats, writeRows } from '../../../src/cli/render/rows.ts';
import { withDuckDB } from '../../../src/warehouse/duckdb.ts';
import { streamRows } from '../../../src/warehouse/rows.ts';
import { textStream } from '../../support/fake-runtime.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const sql = `select 1 as a, 1.0::double as b, timestamptz '2026-10-01 00:00:00+00' as t, 'x, "y"' as s, null as n
    union all select 2, 0.1, null, '', 7 order by a`;

describe('an answer in a file', () => {
    it.each(rowFormats.filter((format) => format !== 'table'))(
        'is the text that %s gives on stdout',
        async (format) => {
            const file = join(tempFolder(), 'answer');
            await withDuckDB({}, async (db) => {
                expect(await writeAnswer(db, sql, file, format)).toBe(2);
                const stdout = textStream();
                await writeRows(await streamRows(db, sql), format, stdout, false);
                expect(readFileSync(file, 'utf8')).toBe(stdout.text);
            });
        },
    );

    it('writes instants and numbers in one way', async () => {
        const file = join(tempFolder(), 'answer.csv');
        await withDuckDB({}, (db) => writeAnswer(db, sql, file, 'csv'));
        expect(readFileSync(file, 'utf8').split('\n')).toEqual([
            'a,b,t,s,n',
            '1,1,2026-10-01T00:00:00Z,"x, ""y""",',
            '2,0.1,,,7',
            '',
        ]);
    });
});
