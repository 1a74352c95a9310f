/** How much of a long test is run: a sample with `npm test`, more with a script of its own (test/full.js). */
export const isFull = process.env.ENISCOPE_TEST_EXTENT === 'full';

/** Some of the items, spread evenly: `few` with `npm test`, `many` (all when left out) in a full run. */
export function sample<T>(items: readonly T[], few: number, many = items.length): T[] {
    const count = Math.min(items.length, isFull ? many : few);
    return Array.from({ length: count }, (_, index) => {
        const at = Math.floor(((index + 0.5) * items.length) / count);
        return items.slice(at, at + 1);
    }).flat();
}
