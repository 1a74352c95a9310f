/** How an answer reaches the client: whole, cut off, held back, packed and broken, or far too large. */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Answer } from './answer.ts';
import type { Fault } from './faults.ts';

/** Bytes written, or packed, at once. */
const blockBytes = 256 * 1024;

/** Sends the answer the way the fault wants it; any other fault has done its work before. */
export async function deliver(outgoing: ServerResponse, answer: Answer, fault: Fault): Promise<Response> {
    switch (fault.kind) {
        case 'cut':
            return begin(outgoing, answer, fault.afterBytes, () => outgoing.destroy());
        case 'hang':
            begin(outgoing, answer, fault.afterBytes, () => undefined);
            return stall(outgoing);
        case 'pack':
            return send(outgoing, packed(answer, fault));
        case 'flood':
            return flood(outgoing, answer, fault);
        default:
            return send(outgoing, answer);
    }
}

/** Keeps the client waiting until it hangs up. */
export async function stall(outgoing: ServerResponse): Promise<Response> {
    if (!outgoing.destroyed) await new Promise((resolve) => outgoing.once('close', resolve));
    return RESPONSE_ALREADY_SENT;
}

/** Straight to the socket: a Response would send the body through a stream. */
function send(outgoing: ServerResponse, { status, headers, body }: Answer): Response {
    outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    outgoing.end(body);
    return RESPONSE_ALREADY_SENT;
}

/** Headers that promise the whole body, and its first bytes. */
function begin(outgoing: ServerResponse, answer: Answer, afterBytes: number, sent: () => void): Response {
    const body = Buffer.from(answer.body);
    outgoing.writeHead(answer.status, { ...answer.headers, 'content-length': body.length });
    outgoing.flushHeaders();
    outgoing.write(body.subarray(0, afterBytes), sent);
    return RESPONSE_ALREADY_SENT;
}

function packed(answer: Answer, { share, blankBytes }: Extract<Fault, { kind: 'pack' }>): Answer {
    const blanks = gzipSync(' '.repeat(blockBytes));
    // Members of gzip one after the other unpack to one text.
    const tail = Array.from({ length: Math.ceil(blankBytes / blockBytes) }, () => blanks);
    const whole = Buffer.concat([gzipSync(answer.body), ...tail]);
    const body = whole.subarray(0, Math.floor(whole.length * share));
    return { ...answer, body, headers: { ...answer.headers, 'content-encoding': 'gzip' } };
}

async function flood(
    outgoing: ServerResponse,
    answer: Answer,
    { head, piece, bytes }: Extract<Fault, { kind: 'flood' }>,
): Promise<Response> {
    outgoing.writeHead(200, { ...answer.headers, 'transfer-encoding': 'chunked' });
    const block = Buffer.from(piece.repeat(Math.max(1, Math.floor(blockBytes / piece.length))));
    const blocks = function* (): Generator<Buffer> {
        yield Buffer.from(head);
        for (let left = bytes - head.length; left > 0; left -= block.length) yield block;
    };
    // A client that has read enough hangs up: for a flood that is the ordinary end.
    await pipeline(Readable.from(blocks()), outgoing).catch(() => undefined);
    return RESPONSE_ALREADY_SENT;
}
