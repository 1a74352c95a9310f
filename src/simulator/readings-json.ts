/** The readings envelope, its keys in the recorded order, written for speed. */
import { findField } from '../model/fields.ts';
import { JsonBytes } from './json-bytes.ts';
import type { Quirks } from './quirks.ts';
import type { SiteChannel, SiteOrganization } from './site.ts';

export interface Records {
    /** `ts` of the first record and the distance to the next, seconds. */
    readonly start: number;
    readonly step: number;
    readonly count: number;
    readonly fields: readonly string[];
    /** One for each field; null for a field that is null throughout. */
    readonly columns: readonly (Float64Array | null)[];
}

export interface EnvelopeHead {
    readonly channel: SiteChannel;
    readonly organization: SiteOrganization;
    readonly from: number;
    readonly to: number;
    readonly resolution: number;
    readonly action: string;
}

export interface Envelope {
    readonly body: Buffer<ArrayBuffer>;
    readonly recordCount: number;
}

/** The whole answer as bytes. */
export function writeEnvelope(head: EnvelopeHead, records: Records, gaps: Quirks['gaps']): Envelope {
    const { bytes, recordCount } = writeRecords(records, gaps);
    const { channel, organization } = head;
    const units: Record<string, string> = { ts: 'Unix Time' };
    for (const code of records.fields) units[code] = findField(code)?.sourceUnit ?? '';
    const front = JSON.stringify({
        uuid: channel.uuId,
        name: channel.channelName,
        channel: Number(channel.channelId),
        organization: Number(organization.organizationId),
        timeZone: organization.timeZone,
        from: head.from,
        to: head.to,
        resolution: head.resolution,
        action: head.action,
        units,
        recordCount,
    }).slice(0, -1);
    const body = Buffer.concat([
        Buffer.from(`${front},"records":[`),
        bytes,
        Buffer.from('],"operatingHours":{}}'),
    ]);
    return { body, recordCount };
}

function writeRecords(
    records: Records,
    gaps: Quirks['gaps'],
): { bytes: Buffer<ArrayBuffer>; recordCount: number } {
    const { count, columns, fields, start, step } = records;
    const keys = fields.map((code) => Buffer.from(`,${JSON.stringify(code)}:`));
    const widest = 40 + keys.reduce((sum, key) => sum + key.length + 26, 0);
    const json = new JsonBytes(count * (24 + fields.length * 16) + widest);
    const first = Buffer.from('{"ts":');
    const next = Buffer.from(',{"ts":');
    const close = Buffer.from('}');
    let recordCount = 0;
    for (let row = 0; row < count; row += 1) {
        if (gaps === 'omitRecords' && isEmpty(columns, row)) continue;
        json.reserve(widest);
        json.write(recordCount === 0 ? first : next);
        json.instant(start + row * step);
        for (let f = 0; f < keys.length; f += 1) {
            const value = columns[f]?.[row] ?? Number.NaN;
            const key = keys[f];
            if (key === undefined || (gaps === 'omitFields' && Number.isNaN(value))) continue;
            json.write(key);
            json.number(value);
        }
        json.write(close);
        recordCount += 1;
    }
    return { bytes: json.written(), recordCount };
}

function isEmpty(columns: Records['columns'], row: number): boolean {
    return columns.every((column) => Number.isNaN(column?.[row] ?? Number.NaN));
}
