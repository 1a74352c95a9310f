/** Text of strangers for a terminal: a name must not move the cursor, set the title or hide what was said before. */

/** Control characters but line breaks and tabs become the sign for an unreadable letter. */
export function printable(text: string): string {
    return text.replaceAll(/[^\P{Cc}\n\t]/gu, '\ufffd');
}
