import { describe, expect, it } from 'vitest';
import { formatTable } from '../../../src/cli/render/table.ts';

describe('formatTable', () => {
    it('puts numbers to the right with one number of decimals, and shows null as a dash', () => {
        const rows = [
            ['RTU-1', 1234.5678, 3],
            ['AHU', 7.1, null],
        ];
        expect(formatTable(['name', 'kwh', 'n'], rows, { color: false })).toBe(
            ['name       kwh  n', 'RTU-1  1,234.6  3', 'AHU        7.1  –', ''].join('\n'),
        );
    });

    it('shows small numbers with the digits they are worth', () => {
        expect(formatTable(['v'], [[0.98123], [0.5]], { color: false })).toBe('     v\n0.9812\n0.5000\n');
    });

    it('shows prices to their last digit and money to the cent', () => {
        const rows = [
            [0.2815, 3467.3, 12345.678],
            [11.25, 391.64, 0],
        ];
        expect(formatTable(['rate', 'total_amount', 'cost'], rows, { color: false })).toBe(
            [
                '   rate  total_amount       cost',
                ' 0.2815      3,467.30  12,345.68',
                '11.2500        391.64       0.00',
                '',
            ].join('\n'),
        );
    });

    it('tells an empty text, zero and null apart', () => {
        expect(formatTable(['a', 'b', 'c'], [['', 0, null]], { color: false })).toBe('a  b  c\n   0  –\n');
    });

    it('keeps a line break inside a value on one line', () => {
        expect(formatTable(['a'], [['x\ny']], { color: false })).toBe('a\nx y\n');
    });

    it('uses colours only when told to', () => {
        const escapeCode = String.fromCharCode(27);
        expect(formatTable(['a'], [['x']], { color: false })).not.toContain(escapeCode);
        expect(formatTable(['a'], [['x']], { color: true })).toContain(escapeCode);
    });
});
