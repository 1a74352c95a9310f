/** A server between the program and the simulator that repeats, in many spellings, whatever credentials it was sent. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GossipAnswer {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: string;
}

/** Makes the answer from the true one and everything secret that was sent or handed out so far. */
export type Gossiper = (
    truth: GossipAnswer,
    secrets: readonly string[],
    request: IncomingMessage,
) => GossipAnswer;

export interface Gossip {
    readonly url: string;
    /** What the program sent or was sent: headers of credentials, tokens. */
    readonly heard: ReadonlySet<string>;
    /** Requests served. */
    readonly served: readonly string[];
    use(gossiper: Gossiper): void;
}

const credentialHeaders = ['authorization', 'x-eniscope-api', 'x-eniscope-token'] as const;

/** Serves on loopback until `atEnd` ends it. Passes everything on unchanged until told otherwise. */
export async function startGossip(target: string, atEnd: (close: () => void) => void): Promise<Gossip> {
    const heard = new Set<string>();
    const served: string[] = [];
    let gossiper: Gossiper = (truth) => truth;
    const server = createServer((request, response) => {
        const answer = async (): Promise<void> => {
            served.push(request.url ?? '');
            const headers: Record<string, string> = {};
            for (const name of credentialHeaders) {
                const value = request.headers[name];
                if (typeof value !== 'string') continue;
                headers[name] = value;
                heard.add(value.replace('Basic ', ''));
            }
            const truth = await fetch(`${target}${request.url}`, {
                headers,
                method: request.method ?? 'GET',
            });
            const token = truth.headers.get('x-eniscope-token');
            if (token !== null) heard.add(token);
            const told = gossiper({ status: truth.status, body: await truth.text() }, [...heard], request);
            response.writeHead(told.status, {
                ...(token === null ? {} : { 'x-eniscope-token': token }),
                ...told.headers,
            });
            response.end(told.body);
        };
        answer().catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    atEnd(() => {
        server.close();
        server.closeAllConnections();
    });
    return {
        url: `http://127.0.0.1:${portOf(server.address())}`,
        heard,
        served,
        use: (next) => {
            gossiper = next;
        },
    };
}

function portOf(address: string | AddressInfo | null): number {
    return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The secrets as a debug page might print them. */
export function spell(secrets: readonly string[]): string {
    return secrets
        .flatMap((secret) => [
            secret,
            JSON.stringify(secret),
            JSON.stringify(secret).replaceAll('/', '\\/'),
            encodeURIComponent(secret),
            secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
        ])
        .join(' ');
}
