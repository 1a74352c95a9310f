/**
 * Takes our own secrets out of what a server says. A page that repeats the request, or a body that echoes its headers,
 * must not carry them into a file, a log or an error.
 */

/** Shorter texts are found in innocent places too. */
const shortestSecret = 6;

/** Every way a server is known to spell text: as it is, in JSON (PHP's slashes and escapes too), in a URL, in HTML. */
export function spellingsOf(secret: string): readonly string[] {
    const text = secret.trim();
    if (text.length < shortestSecret) return [];
    const json = JSON.stringify(text).slice(1, -1);
    const ascii = json.replaceAll(/[^\x20-\x7e]/g, (letter) => `\\u${hex(letter)}`);
    const url = encodeURIComponent(text);
    const html = text
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;');
    const all = [text, json, ascii, url, url.replaceAll(/%../g, (code) => code.toLowerCase()), html];
    const spaced = all.map((spelling) => spelling.replaceAll('%20', '+'));
    const slashed = all.map((spelling) => spelling.replaceAll('/', '\\/'));
    const quoted = html.replaceAll("'", '&#039;');
    // The longest first, so that none leaves a piece of another behind.
    return [...new Set([...all, ...spaced, ...slashed, quoted])].sort((a, b) => b.length - a.length);
}

/** The text without any of the spellings. */
export function redactText(text: string, spellings: readonly string[]): string {
    return spellings.reduce((clean, spelling) => clean.replaceAll(spelling, '[secret]'), text);
}

/**
 * The body of an answer without any of the spellings. JSON stays JSON and its numbers stay what they are: only what
 * stands in quotes is changed. Anything else is changed wherever a secret stands.
 */
export function redactBody(body: string, spellings: readonly string[]): string {
    if (!spellings.some((spelling) => body.includes(spelling))) return body;
    const clean = body.replaceAll(/"(?:[^"\\]|\\.)*"/gs, (literal) => redactText(literal, spellings));
    return isJson(clean) ? clean : redactText(body, spellings);
}

function isJson(text: string): boolean {
    try {
        JSON.parse(text);
        return true;
    } catch {
        // The parser has no other way to say no.
        return false;
    }
}

function hex(letter: string): string {
    return letter.charCodeAt(0).toString(16).padStart(4, '0');
}
