import { describe, expect, it } from 'vitest';
import { longestTable, type RowFormat, writeRows } from '../../../src/cli/render/rows.ts';
import type { JsonRow, RowStream } from '../../../src/warehouse/rows.ts';
import { textStream } from '../../support/fake-runtime.ts';

function answer(...chunks: readonly (readonly JsonRow[])[]): RowStream {
    async function* each() {
        yield* chunks;
    }
    return {
        columns: [
            { name: 'name', type: 'varchar' },
            { name: 'kwh', type: 'double' },
        ],
        chunks: each(),
    };
}

async function render(rows: RowStream, format: RowFormat): Promise<string> {
    const out = textStream();
    await writeRows(rows, format, out, false);
    return out.text;
}

const chunks = [[{ name: 'a, "b"', kwh: 0.1 }], [{ name: null, kwh: null }]];

describe('writeRows', () => {
    it('writes CSV with a header, quotes where needed, and null as nothing', async () => {
        expect(await render(answer(...chunks), 'csv')).toBe('name,kwh\n"a, ""b""",0.1\n,\n');
    });

    it('writes one JSON array that parses back to the rows', async () => {
        expect(JSON.parse(await render(answer(...chunks), 'json'))).toEqual(chunks.flat());
        expect(JSON.parse(await render(answer(), 'json'))).toEqual([]);
    });

    it('writes one JSON object a line', async () => {
        const lines = (await render(answer(...chunks), 'ndjson')).trimEnd().split('\n');
        expect(lines.map((line): unknown => JSON.parse(line))).toEqual(chunks.flat());
    });

    it('shows the header of an answer without rows', async () => {
        expect(await render(answer(), 'table')).toBe('name  kwh\n');
        expect(await render(answer(), 'csv')).toBe('name,kwh\n');
    });

    it('says when a table was cut', async () => {
        const many = Array.from({ length: longestTable + 1 }, (_, kwh) => ({ name: 'x', kwh }));
        expect(await writeRows(answer(many), 'table', textStream(), false)).toEqual({
            rows: longestTable,
            cut: true,
        });
        expect((await writeRows(answer(many), 'csv', textStream(), false)).rows).toBe(longestTable + 1);
    });
});
