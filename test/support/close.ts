/** Equality of numbers that were summed in another order: the last digits of a double may differ, nothing else. */

/** Equal to 1e-9 relative; null equals null only. */
export function isClose(found: unknown, expected: number | null): boolean {
    if (expected === null || typeof found !== 'number') return found === expected;
    return Math.abs(found - expected) <= 1e-9 * Math.max(Math.abs(expected), 1e-3);
}

/** The first three places where the two answers differ, in words; numbers may differ by 1e-12 relative. */
export function differences(found: unknown, expected: unknown, place = 'answer'): string[] {
    if (typeof found === 'number' && typeof expected === 'number') {
        const isSame = Math.abs(found - expected) <= 1e-12 * Math.max(Math.abs(expected), 1e-3);
        return isSame ? [] : [`${place}: ${found} is not ${expected}`];
    }
    if (!isComposite(found) || !isComposite(expected)) {
        return found === expected
            ? []
            : [`${place}: ${JSON.stringify(found)} is not ${JSON.stringify(expected)}`];
    }
    const [mine, yours] = [new Map(Object.entries(found)), new Map(Object.entries(expected))];
    const names = [...new Set([...mine.keys(), ...yours.keys()])];
    return names
        .flatMap((name) => differences(mine.get(name), yours.get(name), `${place}.${name}`))
        .slice(0, 3);
}

function isComposite(value: unknown): value is object {
    return typeof value === 'object' && value !== null;
}
