/** Half of a surrogate pair, as when a name was cut inside an emoji: JavaScript takes it, stricter readers of JSON do not. */

/** An escaped pair, an escaped half, or any other escape; from left to right, so that `\\ud83d` is no half. */
const escapes =
    /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(u[dD][89a-fA-F][\da-fA-F]{2})|.)/gs;

/** The JSON text with every half replaced by the sign for an unreadable letter; all else is untouched. */
export function mendHalfLetters(json: string): string {
    if (!/\\u[dD][89a-fA-F]/.test(json)) return json;
    return json.replaceAll(escapes, (found, half?: string) => (half === undefined ? found : '\\ufffd'));
}
