/** How much of a long test is run: a sample with `npm test`, everything with the script of its own (test/full.js). */
export const isFull = process.env.ENISCOPE_TEST_EXTENT === 'full';

/** `share` of the items, spread evenly from an offset; all of them in a full run. */
export function sample<T>(items: readonly T[], count: number, offset: number): T[] {
    if (isFull || items.length <= count) return [...items];
    const step = items.length / count;
    return Array.from({ length: count }, (_, index) => {
        const at = Math.floor(index * step + (offset % Math.floor(step)));
        return items.slice(at, at + 1);
    }).flat();
}
