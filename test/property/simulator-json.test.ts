import fc from 'fast-check';
import { expect, it } from 'vitest';
import { JsonBytes } from '../../src/simulator/json-bytes.ts';

function written(value: number): string {
    const json = new JsonBytes(0);
    json.reserve(30);
    json.number(value);
    return json.written().toString();
}

const anyNumber = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: -1e9, max: 1e9, noNaN: true }),
    fc.integer(),
    fc.integer().map((value) => value / 256),
    fc.integer().map((value) => value / 10_000),
    fc.nat(99).map((value) => value / 1e10),
);

it('numbers come out as the nearest decimal of 14 significant digits, and as valid JSON', () => {
    fc.assert(
        fc.property(anyNumber, (value) => {
            const text = written(value);
            expect(JSON.parse(text) + 0).toBe(Number(value.toPrecision(14)) + 0);
            const digits = text
                .replace(/e.*$/, '')
                .replace(/[-.]/g, '')
                .replace(/^0+/, '')
                .replace(/0+$/, '');
            expect(digits.length).toBeLessThanOrEqual(14);
        }),
        { numRuns: 5000 },
    );
});

it('NaN is null, negative zero is zero', () => {
    expect([written(Number.NaN), written(-0), written(0), written(-1.5), written(1764565200)]).toEqual([
        'null',
        '0',
        '0',
        '-1.5',
        '1764565200',
    ]);
});
