import { expect, it } from 'vitest';
import { findNearest } from '../../../src/core/nearest.ts';

const words = ['sync', 'status', 'schedule', '--lake', 'concurrency'];

it.each([
    ['synch', 'sync'],
    ['snyc', 'sync'],
    ['satus', 'status'],
    ['concurency', 'concurrency'],
    ['SCHEDULE', 'schedule'],
])('takes %s for %s', (given, meant) => {
    expect(findNearest(given, words)).toBe(meant);
});

it('guesses nothing for a word that is like none', () => {
    expect(findNearest('banana', words)).toBeUndefined();
    expect(findNearest('x', words)).toBeUndefined();
});
