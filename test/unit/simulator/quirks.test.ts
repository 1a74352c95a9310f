import { describe, expect, it } from 'vitest';
import { isAppError } from '../../../src/core/errors.ts';
import { defaultQuirks, describeQuirks, parseQuirk, quietQuirks } from '../../../src/simulator/quirks.ts';

describe('quirks', () => {
    it('read back every default and every plain choice from its text', () => {
        for (const { name, default: text, choices } of describeQuirks()) {
            expect(Object.entries(parseQuirk(`${name}=${text}`))).toEqual([
                [name, Object.entries(defaultQuirks).find(([key]) => key === name)?.[1]],
            ]);
            for (const choice of choices.filter((word) => /^[a-z]/.test(word) && !/[A-Z]{3}|:/.test(word))) {
                expect(Object.keys(parseQuirk(`${name}=${choice}`))).toEqual([name]);
            }
        }
    });

    it('read values that are not words', () => {
        expect(parseQuirk('latency=10-20')).toEqual({ latency: { minMs: 10, maxMs: 20 } });
        expect(parseQuirk('latency=0')).toEqual({ latency: 0 });
        expect(parseQuirk('tokenLifetime=requests:3')).toEqual({ tokenLifetime: 'requests:3' });
        expect(parseQuirk('lapseStatus=401')).toEqual({ lapseStatus: 401 });
        expect(parseQuirk('pageSize=7')).toEqual({ pageSize: 7 });
    });

    it.each(['nonsense=1', 'grid=square', 'grid', 'latency=20-10', 'pageSize=0', 'toString=1', ''])(
        'refuse %j with the choices in the hint',
        (text) => {
            const refusal = (): unknown => {
                try {
                    return parseQuirk(text);
                } catch (error) {
                    return error;
                }
            };
            const error = refusal();
            expect(isAppError(error, 'USAGE_BAD_ARGUMENTS')).toBe(true);
            expect(isAppError(error) && error.hint).toMatch(/Quirks are|Choose one of/);
        },
    );

    it('are all described, and the quiet preset differs only in waiting', () => {
        expect(describeQuirks().map(({ name }) => name)).toEqual(Object.keys(defaultQuirks));
        expect({ ...quietQuirks, rateLimit: 'silent', latency: { minMs: 300, maxMs: 3000 } }).toEqual(
            defaultQuirks,
        );
    });
});
