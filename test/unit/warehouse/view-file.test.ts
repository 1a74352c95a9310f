import { describe, expect, it } from 'vitest';
import { parseViewFile, type View } from '../../../src/warehouse/view-file.ts';
import { orderViews, referencesOf } from '../../../src/warehouse/view-order.ts';

const text = `-- What it is,
-- in two lines.
--
-- grain:      one row per a, b
-- time:       b
-- a           varchar      the first
-- b           timestamptz  the second,
--                          continued
select a, b
from readings
`;

const view = (name: string, layer: string, sql: string): View => ({
    ...parseViewFile(layer, name, text),
    sql,
});

describe('a view file', () => {
    it('is its header and one select', () => {
        expect(parseViewFile('20_clean', 'x', text)).toEqual({
            name: 'x',
            kind: 'view',
            layer: '20_clean',
            summary: 'What it is, in two lines.',
            grain: 'one row per a, b',
            time: 'b',
            parameters: [],
            example: undefined,
            isInner: false,
            columns: [
                { name: 'a', type: 'varchar', text: 'the first' },
                { name: 'b', type: 'timestamptz', text: 'the second, continued' },
            ],
            sql: 'select a, b\nfrom readings',
        });
    });

    it('says when it is a macro or a function, how that is called, and that it is for other views', () => {
        const macro = parseViewFile(
            '50_x',
            'm',
            "-- A table.\n--\n-- macro:    one, two\n-- example:  m('1', '2')\n-- a  date  it\nselect one as a",
        );
        expect(macro).toMatchObject({
            kind: 'macro',
            parameters: ['one', 'two'],
            example: "m('1', '2')",
            isInner: false,
        });
        const given = '-- A value.\n--\n-- function:  a\n-- inner:     of m\n-- f  date  it\na + 1';
        expect(parseViewFile('15_x', 'f', given)).toMatchObject({
            kind: 'function',
            parameters: ['a'],
            isInner: true,
            sql: 'a + 1',
        });
    });

    it('is refused without summary, grain, columns or select', () => {
        for (const broken of [
            'select 1',
            '-- only a summary\nselect 1',
            '-- x\n--\n-- grain:  one row\nselect 1',
            '-- x\n',
        ]) {
            expect(() => parseViewFile('20_clean', 'x', broken), broken).toThrow('20_clean/x.sql');
        }
    });
});

describe('the order of views', () => {
    it('puts each view after what it reads', () => {
        const views = [
            view('b', '30_x', 'from c join a on true'),
            view('a', '20_x', 'from readings'),
            view('c', '30_x', 'from a -- from b'),
        ];
        expect(orderViews(views, ['readings']).map(({ name }) => name)).toEqual(['a', 'c', 'b']);
        expect(referencesOf(view('x', '30_x', "select 'from b' from a"), new Set(['a', 'b']))).toEqual(['a']);
    });

    it('begins with the functions, which any view may call', () => {
        const f = parseViewFile('50_x', 'f', '-- A value.\n--\n-- function:  a\na + 1');
        const views = [view('a', '20_x', 'from readings where f(1) > 2'), f];
        expect(orderViews(views, ['readings']).map(({ name }) => name)).toEqual(['f', 'a']);
    });

    it('refuses a higher layer, a circle and a file name', () => {
        expect(() =>
            orderViews([view('a', '20_x', 'from b'), view('b', '30_x', 'from readings')], []),
        ).toThrow('higher layer');
        expect(() => orderViews([view('a', '20_x', 'from b'), view('b', '20_x', 'from a')], [])).toThrow(
            'reads itself',
        );
        expect(() => orderViews([view('a', '20_x', "from read_parquet('x')")], [])).toThrow('names a file');
        expect(() => orderViews([view('a', '20_x', "from 'x.parquet'")], [])).toThrow('names a file');
    });
});
