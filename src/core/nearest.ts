/** Guesses what a mistyped word was meant to be. */

/** The known word closest to the given one, when it is close enough to have been meant. */
export function findNearest(word: string, known: Iterable<string>): string | undefined {
    const given = word.toLowerCase();
    const limit = Math.max(1, Math.floor(given.length / 3));
    let best: { readonly word: string; readonly distance: number } | undefined;
    for (const candidate of known) {
        const distance = editDistance(given, candidate.toLowerCase());
        if (distance <= limit && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) {
            best = { word: candidate, distance };
        }
    }
    return best?.word;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function editDistance(a: string, b: string): number {
    let before: readonly number[] = [];
    let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (let i = 1; i <= a.length; i++) {
        const next = [i];
        for (let j = 1; j <= b.length; j++) {
            const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
            const swapped =
                a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? i) + 1 : replaced;
            next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced, swapped));
        }
        before = row;
        row = next;
    }
    return row[b.length] ?? 0;
}
