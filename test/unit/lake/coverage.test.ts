import { rmSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answeredSpans, readCoverage } from '../../../src/lake/coverage.ts';
import { coverageFile } from '../../../src/lake/layout.ts';
import { mergeSpans, subtractSpans } from '../../../src/model/spans.ts';
import type { Span } from '../../../src/model/time.ts';
import { generatedSite } from '../../../src/simulator/generated.ts';
import { startSiteLake } from '../../support/site-lake.ts';

const span = fc
    .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 20 }))
    .map(([from, length]): Span => ({ from, to: from + length }));

/** The same by counting single seconds. */
function seconds(spans: readonly Span[]): Set<number> {
    const found = new Set<number>();
    for (const { from, to } of spans) for (let at = from; at < to; at += 1) found.add(at);
    return found;
}

describe('spans', () => {
    it('merge to the same seconds, sorted and apart', () => {
        fc.assert(
            fc.property(fc.array(span), (spans) => {
                const merged = mergeSpans(spans);
                expect(seconds(merged)).toEqual(seconds(spans));
                for (const [index, { from }] of merged.entries()) {
                    if (index > 0) expect(from).toBeGreaterThan(merged[index - 1]?.to ?? 0);
                }
            }),
        );
    });

    it('subtract to what is in the one and in none of the others', () => {
        fc.assert(
            fc.property(span, fc.array(span), (whole, covered) => {
                const taken = seconds(covered);
                const expected = [...seconds([whole])].filter((at) => !taken.has(at));
                expect([...seconds(subtractSpans(whole, covered))]).toEqual(expected);
            }),
        );
    });
});

describe('coverage', () => {
    it('is made again from the names of the raw snapshots when the state is lost or unreadable', async () => {
        const site = await startSiteLake({ source: generatedSite({ seed: 1 }), now: '2026-10-20T12:00:00Z' });
        await site.sync({ channels: ['162320'] });
        const before = answeredSpans(await readCoverage(site.paths, '162320', []), 900);
        expect(before).toHaveLength(1);
        for (const damage of [
            () => rmSync(site.paths.state, { recursive: true }),
            () => writeFileSync(coverageFile(site.paths, '162320'), '{"answered":'),
        ]) {
            damage();
            const [again] = answeredSpans(await readCoverage(site.paths, '162320', []), 900);
            expect(again?.from).toBe(before[0]?.from);
            // A name tells what was asked; the bucket still open at the end is read again anyway.
            expect((again?.to ?? 0) - (before[0]?.to ?? 0)).toBeLessThanOrEqual(900);
            expect((again?.to ?? 0) - (before[0]?.to ?? 0)).toBeGreaterThanOrEqual(0);
            await site.sync({ channels: ['162320'] });
        }
    });
});
