/** The JSON object inside a snapshot, both ways: what was asked, when, and the answer's body verbatim. */
import { z } from 'zod';
import type { SnapshotName } from './layout.ts';

/** Version of the object around the body. */
const snapshotVersion = 1;

/** What was asked, and the answer as it came. */
export interface Answer {
    readonly path: string;
    /** Decoded query; it never holds a secret. */
    readonly query: string;
    readonly fields: readonly string[];
    readonly status: number;
    readonly durationMs: number;
    /** The answer's text, valid JSON. */
    readonly body: string;
}

/** One line of JSON; the line break at its end makes snapshots behind each other lines of JSON. */
export function formatSnapshot(name: SnapshotName, answer: Answer): string {
    const request = {
        path: answer.path,
        query: answer.query,
        channel_id: name.channelId,
        from: name.from,
        to: name.to,
        resolution: name.resolution,
        fields: answer.fields,
    };
    const head = JSON.stringify({
        snapshot: snapshotVersion,
        request,
        fetched_at: new Date(name.fetchedAt).toISOString(),
        status: answer.status,
        duration_ms: Math.round(answer.durationMs),
    });
    return `${head.slice(0, -1)},"body":${answer.body}}\n`;
}

/** A snapshot's content as far as the lake reads it. */
export interface SnapshotContent {
    /** What its file must be called. */
    readonly name: SnapshotName;
    /** Codes that were asked for. */
    readonly fields: readonly string[];
    readonly records: readonly SnapshotRecord[];
}

/** A bucket as answered: its start in epoch seconds and a value per field code, in the API's units. */
export interface SnapshotRecord {
    readonly ts: number;
    value(code: string): number | null;
}

const wireNumber = z.union([z.number(), z.string().regex(/\d/).transform(Number)]);

const schema = z.object({
    request: z.object({
        channel_id: z.string(),
        from: z.int(),
        to: z.int(),
        resolution: z.int(),
        fields: z.array(z.string()),
    }),
    fetched_at: z.iso.datetime().transform((instant) => Date.parse(instant)),
    // What the records hold was checked when the answer came; a schema for each would cost more than the parsing.
    body: z.object({ resolution: wireNumber, records: z.array(z.unknown()) }),
});

/** Throws an Error that says in a sentence why the text is no snapshot. */
export function parseSnapshot(text: string): SnapshotContent {
    const parsed = schema.safeParse(JSON.parse(text));
    if (!parsed.success) throw new Error('it holds no request and body of the form the lake writes');
    const { request, fetched_at: fetchedAt, body } = parsed.data;
    return {
        name: {
            channelId: request.channel_id,
            from: request.from,
            to: request.to,
            resolution: request.resolution,
            answered: body.resolution,
            fetchedAt,
        },
        fields: request.fields,
        records: body.records.filter(isRecord).map((record) => ({
            ts: Number(record.ts),
            value: (code) => readValue(record[code]),
        })),
    };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
    return typeof value === 'object' && value !== null;
}

/** A number or its text; null and absent alike are null. */
function readValue(value: unknown): number | null {
    return value === null || value === undefined ? null : Number(value);
}
