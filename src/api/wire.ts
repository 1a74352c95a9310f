/**
 * The source in its own spelling: what an answer must look like to be used, and the normalised values in it.
 *
 * Ids become text, numbers become numbers, "" and null become null, epoch "0" becomes null. Unknown keys are ignored.
 */
import { z } from 'zod';
import { type AnswerContext, badAnswer, isObject, parseObject } from './answer.ts';
import { type ReadingRecord, readRecords } from './records.ts';
import { epoch, flag, id, number, scalar, text, whole, wireInteger } from './scalars.ts';

/** A readings answer. `from`, `to` and `ts` are epoch seconds, `resolution` the seconds of a bucket as answered. */
export interface ReadingsEnvelope {
    readonly channel?: string;
    readonly from: number;
    readonly to: number;
    readonly resolution: number;
    readonly timeZone?: string;
    /** Field code → unit, `ts` among them; empty when the answer names none. */
    readonly units: Readonly<Record<string, string>>;
    /** What the answer says it holds; null when it does not say. */
    readonly recordCount: number | null;
    readonly records: readonly ReadingRecord[];
}

/** PHP prints an empty map as `[]`. */
const unitMap = z.preprocess(
    (value) => (value === null || (Array.isArray(value) && value.length === 0) ? {} : value),
    z.record(
        z.string(),
        z
            .string()
            .nullable()
            .transform((unit) => unit ?? ''),
    ),
);

const envelope = z.object({
    channel: scalar.nullish(),
    from: wireInteger,
    to: wireInteger,
    resolution: wireInteger.refine((seconds) => seconds > 0, 'is not positive'),
    timeZone: z.string().nullish(),
    units: unitMap.optional(),
    recordCount: wireInteger.nullish(),
    // Checked by readRecords: a schema per record costs more than the parsing of the JSON.
    records: z.array(z.unknown()),
});

const rowsElsewhere = ['data', 'result', 'readings'] as const;

/**
 * The envelope of a readings answer. Throws SOURCE_BAD_ANSWER with `details.reason` when the body is empty, not JSON,
 * cut off, not an object, has no `records` (or has its rows under another key), or values of a wrong type.
 */
export function parseReadings(body: string, context: AnswerContext = {}): ReadingsEnvelope {
    const value = parseObject(body, context);
    if (!Array.isArray(value.records)) {
        const key = rowsElsewhere.find((name) => Array.isArray(value[name]));
        throw key === undefined
            ? badAnswer('no_records', 'has no "records"', body, context)
            : badAnswer('rows_elsewhere', `has its rows under "${key}", not under "records"`, body, context);
    }
    const parsed = envelope.safeParse(value);
    if (!parsed.success) {
        throw badAnswer('bad_type', `has a value of the wrong type: ${issueOf(parsed.error)}`, body, context);
    }
    const records = readRecords(parsed.data.records);
    if (records.kind === 'bad') {
        throw badAnswer('bad_record', `has a bad record: ${records.sentence}`, body, context);
    }
    const { channel, from, to, resolution, timeZone, units, recordCount } = parsed.data;
    return {
        ...(channel === undefined || channel === null ? {} : { channel: String(channel) }),
        from,
        to,
        resolution,
        ...(timeZone === undefined || timeZone === null ? {} : { timeZone }),
        units: units ?? {},
        recordCount: recordCount ?? null,
        records: records.records,
    };
}

/** The field codes of an `OPTIONS /readings/{id}/` answer. Throws SOURCE_BAD_ANSWER when it lists none. */
export function parseFields(body: string, context: AnswerContext = {}): readonly string[] {
    const { filters } = parseObject(body, context);
    const fields = z.array(z.string().min(1)).safeParse(isObject(filters) ? filters.fields : undefined);
    if (!fields.success) throw badAnswer('no_fields', 'has no list "filters.fields"', body, context);
    return [...new Set(fields.data)];
}

const organization = z.object({
    organizationId: id,
    organizationName: text,
    parentId: text,
    sortCode: text,
    timeZone: text,
    currencyCode: text,
    carbonRatio: number,
    carbonUnits: text,
    address1: text,
    address2: text,
    address3: text,
    city: text,
    state: text,
    postCode: text,
    country: text,
    status: whole,
    createdTs: epoch,
    modifiedTs: epoch,
});

const device = z.object({
    deviceId: id,
    deviceName: text,
    deviceTypeId: text,
    deviceTypeName: text,
    organizationId: text,
    parentId: text,
    uuId: text,
    status: whole,
    registered: epoch,
    expires: epoch,
    timeZone: text,
});

const channel = z.preprocess(
    (value) =>
        isObject(value)
            ? { ...value, dataChannelId: value.dataChannelId ?? value.channelId ?? value.id }
            : value,
    z.object({
        dataChannelId: id,
        channelName: text,
        deviceId: text,
        deviceName: text,
        deviceTypeId: text,
        deviceTypeName: text,
        organizationId: text,
        organizationName: text,
        meterId: text,
        uuId: text,
        tariffId: text,
        displayedPhase: text,
        dataType: text,
        in_tsdb: text,
        costEnabled: flag,
        status: whole,
        registered: epoch,
        expires: epoch,
        installedTs: epoch,
        uninstalledTs: epoch,
    }),
);

export type WireOrganization = Readonly<z.output<typeof organization>>;
export type WireDevice = Readonly<z.output<typeof device>>;
export type WireChannel = Readonly<z.output<typeof channel>>;

/** Every list the client reads, with the type of its items. */
export interface WireItems {
    readonly organizations: WireOrganization;
    readonly devices: WireDevice;
    readonly channels: WireChannel;
}
export type Resource = keyof WireItems;

interface ListContract<Item> {
    readonly schema: z.ZodType<Item>;
    readonly idKey: string;
    readonly idOf: (item: Item) => string;
}

const contracts: { readonly [R in Resource]: ListContract<WireItems[R]> } = {
    organizations: {
        schema: organization,
        idKey: 'organizationId',
        idOf: (item) => item.organizationId,
    },
    devices: { schema: device, idKey: 'deviceId', idOf: (item) => item.deviceId },
    channels: { schema: channel, idKey: 'dataChannelId', idOf: (item) => item.dataChannelId },
};

/** The id that tells two items of a list apart. */
export function idOf<R extends Resource>(resource: R, item: WireItems[R]): string {
    return contracts[resource].idOf(item);
}

const meta = z.object({
    currentPage: wireInteger,
    pageCount: wireInteger,
    recordCount: wireInteger.nullish(),
});

export interface ListPage<R extends Resource> {
    readonly items: readonly WireItems[R][];
    /** Null when the answer carries no `meta`: then it is not paged. */
    readonly meta: {
        readonly currentPage: number;
        readonly pageCount: number;
        readonly recordCount: number | null;
    } | null;
    /** Keys that held, in some item, a value of no known form; it was read as null. */
    readonly unreadable: readonly string[];
}

/**
 * One page of a list. Throws SOURCE_BAD_ANSWER when the body is no object with the list under the resource's own name,
 * when an item has no id, or when `meta` is not understood.
 */
export function parseList<R extends Resource>(
    resource: R,
    body: string,
    context: AnswerContext = {},
): ListPage<R> {
    const value = parseObject(body, context);
    const rows = value[resource];
    if (!Array.isArray(rows)) throw badAnswer('no_list', `has no list "${resource}"`, body, context);
    const unreadable = new Set<string>();
    const items = rows.map((row: unknown, index) => {
        const item = readItem(contracts[resource], row, unreadable);
        if (typeof item !== 'string') return item.value;
        throw badAnswer('bad_record', `has a bad item: ${resource}[${index}] ${item}`, body, context);
    });
    if (value.meta === undefined || value.meta === null) {
        return { items, meta: null, unreadable: [...unreadable] };
    }
    const parsed = meta.safeParse(value.meta);
    if (!parsed.success) {
        throw badAnswer(
            'bad_type',
            `has a "meta" of the wrong form: ${issueOf(parsed.error)}`,
            body,
            context,
        );
    }
    const { currentPage, pageCount, recordCount } = parsed.data;
    return {
        items,
        meta: { currentPage, pageCount, recordCount: recordCount ?? null },
        unreadable: [...unreadable],
    };
}

/** The item, or what is wrong with it. A descriptive value of an unknown form must not cost the whole list. */
function readItem<Item>(
    contract: ListContract<Item>,
    row: unknown,
    unreadable: Set<string>,
): { readonly value: Item } | string {
    if (!isObject(row)) return 'is not an object';
    const first = contract.schema.safeParse(row);
    if (first.success) return { value: first.data };
    const keys = first.error.issues.map((issue) => String(issue.path[0]));
    if (keys.includes(contract.idKey)) return `has no usable ${contract.idKey}`;
    for (const key of keys) unreadable.add(key);
    const second = contract.schema.safeParse({
        ...row,
        ...Object.fromEntries(keys.map((key) => [key, null])),
    });
    return second.success ? { value: second.data } : issueOf(second.error);
}

function issueOf(error: z.ZodError): string {
    const [issue] = error.issues;
    return issue === undefined ? 'unknown' : `${issue.path.join('.')}: ${issue.message}`;
}
