import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { walkMembers } from '../../../src/lake/gzip-members.ts';

const texts = fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { minLength: 1, maxLength: 6 });

describe('the members of a gzip file', () => {
    it('are found where each begins, whatever they hold', () => {
        fc.assert(
            fc.property(texts, fc.integer({ min: 0, max: 9 }), (contents, level) => {
                const members = contents.map((text) => gzipSync(text, { level }));
                const file = Buffer.concat(members);
                const found = [...walkMembers(file)];
                expect(found.map(({ text }) => text?.toString())).toEqual(
                    contents.map((text) => Buffer.from(text).toString()),
                );
                // Node's own reader takes each part for a whole file, and the parts make up the file.
                for (const { offset, bytes, text } of found) {
                    expect(
                        gunzipSync(file.subarray(offset, offset + bytes)).equals(text ?? Buffer.of(1)),
                    ).toBe(true);
                }
                expect(found.reduce((end, { offset, bytes }) => (offset === end ? end + bytes : -1), 0)).toBe(
                    file.length,
                );
            }),
        );
    });

    it('are found behind a name in the header, as gzip itself writes it', () => {
        const plain = gzipSync('one\n');
        const named = Buffer.concat([plain.subarray(0, 10), Buffer.from('one.json\0'), plain.subarray(10)]);
        named.writeUInt8(8, 3);
        expect(gunzipSync(named).toString()).toBe('one\n');
        const found = [...walkMembers(Buffer.concat([named, plain]))];
        expect(found.map(({ offset, text }) => [offset, text?.toString()])).toEqual([
            [0, 'one\n'],
            [named.length, 'one\n'],
        ]);
    });

    it('are all found but the damaged one, which is told as bytes without content', () => {
        fc.assert(
            fc.property(
                texts,
                fc.nat(),
                fc.nat(),
                fc.integer({ min: 1, max: 255 }),
                (contents, which, where, change) => {
                    const members = contents.map((text) => gzipSync(text));
                    const index = which % members.length;
                    const victim = members[index] ?? Buffer.alloc(0);
                    // The header's time stamp and flags carry no content: damage there need not show.
                    const at = 10 + (where % (victim.length - 10));
                    victim.writeUInt8(victim.readUInt8(at) ^ change, at);
                    // The last byte of the compressed data has bits that mean nothing.
                    fc.pre(!isReadable(victim));
                    const found = [...walkMembers(Buffer.concat(members))];
                    expect(found.flatMap(({ text }) => text?.toString() ?? [])).toEqual(
                        contents.filter((_, n) => n !== index).map((text) => Buffer.from(text).toString()),
                    );
                    const lost = found.filter(({ text }) => text === undefined);
                    expect(lost.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(victim.length);
                },
            ),
        );
    });

    it('are none in an empty file and in one of another kind', () => {
        expect([...walkMembers(Buffer.alloc(0))]).toEqual([]);
        const strange = Buffer.from('PAR1 is no gzip, it is something else');
        expect([...walkMembers(strange)]).toEqual([{ offset: 0, bytes: strange.length, text: undefined }]);
    });
});

function isReadable(member: Buffer): boolean {
    try {
        return gunzipSync(member) !== undefined;
    } catch {
        // Node's own reader finds the damage.
        return false;
    }
}
