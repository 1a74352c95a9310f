/**
 * The Core API as the lake needs it: whole lists, readings of a channel, and the fields a channel delivers.
 *
 * A call either returns a complete, validated answer or throws an AppError; an error is never an empty list.
 * When `effects.signal` aborts, waits end at once and its reason is thrown as it is.
 */
import pLimit from 'p-limit';
import { AppError, isAppError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Secret } from '../core/secret.ts';
import { badAnswer } from './answer.ts';
import { type ApiCounters, createCounters } from './counters.ts';
import { createTransport } from './http.ts';
import { type ListAnswer, readPages } from './listing.ts';
import { createPace } from './pace.ts';
import { readingsQuery } from './query.ts';
import { createSession } from './session.ts';
import { parseFields, parseReadings, type ReadingsEnvelope, type Resource } from './wire.ts';

export type { ApiCounters } from './counters.ts';
export type { ListAnswer } from './listing.ts';
export type {
    ReadingsEnvelope,
    Resource,
    WireChannel,
    WireDevice,
    WireOrganization,
} from './wire.ts';

export interface ApiOptions {
    /** May carry a prefix such as `/v1`; a trailing slash is tolerated. */
    readonly baseUrl: string;
    readonly apiKey: Secret;
    readonly email: string;
    readonly password: Secret;
    readonly userAgent: string;
    /** Spacing between the starts of any two requests, retries among them; 0 = unlimited. */
    readonly requestsPerSecond: number;
    /** Calls under way at once, at least 1; a call that waits for its retry counts. */
    readonly concurrency: number;
    /** For one whole answer, body included. */
    readonly timeoutMs: number;
    /** A larger body is a SOURCE_BAD_ANSWER, its reading is stopped. Default 32 MiB. */
    readonly maxAnswerBytes?: number;
    /** Fields each channel is known to deliver, by channel id; the client adds what it learns. */
    readonly knownFields?: Map<string, readonly string[]>;
}

export type ApiEffects = Pick<Runtime, 'fetch' | 'now' | 'sleep' | 'random' | 'signal'>;

export interface ReadingsRequest {
    readonly channelId: string;
    /** Epoch seconds, included. */
    readonly from: number;
    /** Epoch seconds, excluded. */
    readonly to: number;
    /** Seconds. */
    readonly resolution: number;
    /** Field codes, at least one. */
    readonly fields: readonly string[];
}

export interface ReadingsAnswer {
    /** `/readings/162119`, without host and prefix. */
    readonly path: string;
    /** Decoded; holds no secret. */
    readonly query: string;
    /** The codes really asked, after what the channel can't deliver was left out. */
    readonly fields: readonly string[];
    readonly status: number;
    /** Epoch milliseconds when the answer was complete. */
    readonly fetchedAt: number;
    /** Of the try that succeeded. */
    readonly durationMs: number;
    /** Verbatim. */
    readonly body: string;
    readonly envelope: ReadingsEnvelope;
}

export interface ApiClient {
    /**
     * All pages of a list, filtered as the API's own filters say. Throws SOURCE_BAD_ANSWER when the expected key is
     * missing, an item has no id, or the pages never end.
     */
    list<R extends Resource>(resource: R, filter?: Readonly<Record<string, string>>): Promise<ListAnswer<R>>;
    /**
     * The readings of one channel. Fields the channel can't deliver are learned and left out; throws
     * SOURCE_INVALID_PARAMETER (with `details.fields`, what it can deliver, when known) when none is left.
     */
    readings(request: ReadingsRequest): Promise<ReadingsAnswer>;
    /** Asks the API which codes a channel delivers and remembers them. */
    learnFields(channelId: string): Promise<readonly string[]>;
    /** Live counts since the client was made. */
    readonly counters: Readonly<ApiCounters>;
}

/** A client with its own session, pace and memory. Throws SETTINGS_INVALID when an option can't be sent as it is. */
export function createApiClient(options: ApiOptions, effects: ApiEffects, log: Logger): ApiClient {
    const counters = createCounters();
    const pace = createPace(options.requestsPerSecond, effects);
    const session = createSession(options, counters, log);
    const transport = createTransport(options, { session, pace, counters, effects, log });
    const limit = pLimit(Math.max(1, Math.floor(options.concurrency)));
    const knownFields = options.knownFields ?? new Map<string, readonly string[]>();
    const learning = new Map<string, Promise<readonly string[]>>();

    /** Two requests that meet the same refusal share one OPTIONS. */
    function learn(channelId: string): Promise<readonly string[]> {
        const underWay = learning.get(channelId);
        if (underWay !== undefined) return underWay;
        const started = askFields(channelId).finally(() => learning.delete(channelId));
        learning.set(channelId, started);
        return started;
    }

    async function askFields(channelId: string): Promise<readonly string[]> {
        const path = `/readings/${channelId}/`;
        const { value: fields } = await transport.ask({ method: 'OPTIONS', path, query: [] }, parseFields);
        knownFields.set(channelId, fields);
        const sentence = `channel ${channelId} delivers ${fields.length === 0 ? 'no fields' : fields.join(', ')}`;
        log.debug('fields_learned', { channel_id: channelId, fields }, sentence);
        return fields;
    }

    async function askReadings(request: ReadingsRequest): Promise<ReadingsAnswer> {
        const fields = deliverable(request, request.fields, knownFields.get(request.channelId));
        try {
            return await fetchReadings(request, fields);
        } catch (error) {
            if (!isAppError(error, 'SOURCE_INVALID_PARAMETER')) throw error;
            const delivered = await learnAfter(error, request.channelId);
            const left = deliverable(request, fields, delivered);
            // The same question would get the same refusal: nothing but the fields can heal.
            if (left.length === fields.length) throw refusedFields(request, fields, delivered, error);
            return await fetchReadings(request, left).catch((again: unknown) => {
                throw isAppError(again, 'SOURCE_INVALID_PARAMETER')
                    ? refusedFields(request, left, delivered, again)
                    : again;
            });
        }
    }

    /** What the channel delivers, or the refusal that made us ask when the API can't tell either. */
    async function learnAfter(refusal: AppError, channelId: string): Promise<readonly string[]> {
        try {
            return await learn(channelId);
        } catch (error) {
            const cannotTell = isAppError(
                error,
                'SOURCE_INVALID_PARAMETER',
                'SOURCE_SERVER_ERROR',
                'SOURCE_REFUSED',
                'SOURCE_BAD_ANSWER',
            );
            throw cannotTell ? refusal : error;
        }
    }

    async function fetchReadings(
        request: ReadingsRequest,
        fields: readonly string[],
    ): Promise<ReadingsAnswer> {
        const path = `/readings/${request.channelId}`;
        const query = readingsQuery({ ...request, fields });
        const answer = await transport.ask({ method: 'GET', path, query }, parseReadings);
        return {
            path,
            query: answer.query,
            fields,
            status: answer.status,
            fetchedAt: answer.finishedAt,
            durationMs: Math.max(0, Math.round(answer.finishedAt - answer.startedAt)),
            body: answer.body,
            envelope: answer.value,
        };
    }

    return {
        counters,
        list: (resource, filter = {}) => limit(() => readPages(transport, log, resource, filter)),
        readings: async (request) => {
            checkRequest(request);
            return await limit(() => askReadings(request));
        },
        learnFields: async (channelId) => {
            checkChannelId(channelId);
            return await limit(() => learn(channelId));
        },
    };
}

function checkRequest(request: ReadingsRequest): void {
    checkChannelId(request.channelId);
    if (!(Number.isSafeInteger(request.from) && Number.isSafeInteger(request.to))) {
        throw new AppError('USAGE_BAD_RANGE', `${request.from} to ${request.to} are not whole epoch seconds`);
    }
    if (request.from >= request.to) {
        throw new AppError('USAGE_BAD_RANGE', `the range ${request.from} to ${request.to} is empty`);
    }
}

/** An id from a stranger's list never becomes a path unless it is digits. */
function checkChannelId(channelId: string): void {
    if (/^\d{1,20}$/.test(channelId)) return;
    throw badAnswer('bad_id', `named a channel id that is not digits: ${JSON.stringify(channelId)}`, '');
}

/** The asked codes the channel delivers, each once; all of them when nothing is known. */
function deliverable(
    request: ReadingsRequest,
    asked: readonly string[],
    delivered: readonly string[] | undefined,
): readonly string[] {
    const distinct = [...new Set(asked)];
    const left = delivered === undefined ? distinct : distinct.filter((code) => delivered.includes(code));
    if (left.length === 0) throw refusedFields(request, distinct, delivered, undefined);
    return left;
}

function refusedFields(
    request: ReadingsRequest,
    asked: readonly string[],
    delivered: readonly string[] | undefined,
    cause: unknown,
): AppError {
    const can = delivered === undefined || delivered.length === 0 ? 'none' : delivered.join(', ');
    const known = delivered === undefined ? '' : `; it delivers ${can}`;
    return new AppError(
        'SOURCE_INVALID_PARAMETER',
        `channel ${request.channelId} was refused for the fields ${asked.join(', ') || '(none)'}${known}`,
        {
            hint: 'A channel without a meter behind it answers so for good; an air sensor has other fields.',
            cause,
            details: {
                channel_id: request.channelId,
                asked,
                ...(delivered === undefined ? {} : { fields: delivered }),
            },
        },
    );
}
