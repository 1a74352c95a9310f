/** Bodies as text, read no further than a limit. */

export interface BodyText {
    readonly text: string;
    /** Unpacked bytes read. */
    readonly bytes: number;
    /** The body was longer than the limit; `text` is its beginning. */
    readonly cut: boolean;
}

/** A secret of ours that the limit cuts in half could not be recognised any more: so much of a cut end is dropped. */
const droppedEndChars = 1024;

/** The body of an answer; reading stops, and the connection is given up, once it exceeds `maxBytes`. */
export async function readBody(response: Response, maxBytes: number): Promise<BodyText> {
    if (response.body === null) return { text: '', bytes: 0, cut: false };
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body) {
        const room = maxBytes - bytes;
        bytes += chunk.byteLength;
        chunks.push(chunk.byteLength > room ? chunk.subarray(0, room) : chunk);
        if (bytes > maxBytes) return { text: decode(chunks).slice(0, -droppedEndChars), bytes, cut: true };
    }
    return { text: decode(chunks), bytes, cut: false };
}

function decode(chunks: readonly Uint8Array[]): string {
    return new TextDecoder().decode(Buffer.concat(chunks));
}
