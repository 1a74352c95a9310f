import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mendHalfLetters } from '../../../src/api/half-letters.ts';
import { redactBody, redactText, spellingsOf } from '../../../src/api/redact.ts';

const secret = 'aB/+="<&é\\ x1';
const spellings = spellingsOf(secret);

describe('a secret in an answer', () => {
    it('is found in every spelling', () => {
        for (const spelt of [
            secret,
            JSON.stringify({ a: secret }),
            JSON.stringify({ a: secret }).replaceAll('/', String.raw`\/`),
            String.raw`{"a":"aB\/+=\"<&\u00e9\\ x1"}`,
            `?key=${encodeURIComponent(secret)}`,
            `?key=${encodeURIComponent(secret).toLowerCase().replace('ab', 'aB')}`,
            `?${new URLSearchParams({ key: secret })}`,
            'aB/+=&quot;&lt;&amp;é\\ x1',
        ]) {
            const clean = redactText(spelt, spellings);
            expect(clean, spelt).toContain('[secret]');
            expect(clean, spelt).not.toMatch(/aB|x1/);
        }
    });

    it('leaves JSON what it is: other values and all numbers stay', () => {
        const key = '123456';
        const value = { note: `Bearer ${key}`, [key]: true, E: 1234567.5, list: [123456, `${key}${key}`] };
        expect(JSON.parse(redactBody(JSON.stringify(value), spellingsOf(key)))).toEqual({
            note: 'Bearer [secret]',
            '[secret]': true,
            E: 1234567.5,
            list: [123456, '[secret][secret]'],
        });
    });

    it('does not survive in any JSON, and JSON without it is not touched', () => {
        const noise = fc.string({ unit: 'grapheme', maxLength: 8 });
        const leaf = fc.oneof(
            noise,
            fc.tuple(noise, noise).map(([before, after]) => before + secret + after),
            fc.double({ noNaN: true, noDefaultInfinity: true }),
        );
        const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
            tree: fc.oneof(
                { depthSize: 'small' },
                leaf,
                fc.array(tie('tree')),
                fc.dictionary(noise, tie('tree')),
            ),
        }));
        fc.assert(
            fc.property(tree, (value) => {
                const text = JSON.stringify(value);
                const clean = redactBody(text, spellings);
                const expected = JSON.stringify(value, (_key, part) =>
                    typeof part === 'string' ? part.replaceAll(secret, '[secret]') : part,
                );
                expect(clean).toBe(expected);
            }),
        );
    });

    it('goes even where the text is no JSON', () => {
        expect(redactBody(`{"a": ${secret}`, spellings)).toBe('{"a": [secret]');
    });

    it('of a few letters is not looked for: it would be found everywhere', () => {
        expect(spellingsOf('abc')).toEqual([]);
    });
});

describe('half of a surrogate pair', () => {
    it('becomes the sign for an unreadable letter, whole ones stay', () => {
        const text = String.raw`{"a":"\ud83d\ude00 \ud83d x \ude00 \\ud83d \\\ud83d \n \u00e9"}`;
        expect(mendHalfLetters(text)).toBe(
            String.raw`{"a":"\ud83d\ude00 \ufffd x \ufffd \\ud83d \\\ufffd \n \u00e9"}`,
        );
    });

    it('is what JavaScript calls not well formed', () => {
        fc.assert(
            fc.property(fc.array(fc.integer({ min: 0xd700, max: 0xe0ff })), (codes) => {
                const text = String.fromCharCode(...codes);
                const mended: unknown = JSON.parse(mendHalfLetters(`"${codes.map(escaped).join('')}"`));
                expect(mended).toBe(Buffer.from(text, 'utf8').toString());
            }),
        );
    });
});

const escaped = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;
