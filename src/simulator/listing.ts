/** Filters, sorts and pages a list of rows. Parameters it does not know are ignored, never refused. */
import { type Answer, answerError, answerJson } from './answer.ts';
import type { Quirks } from './quirks.ts';
import type { Resource, Row } from './rows.ts';

/** Filter name → property, for each resource. */
const filters: Readonly<Record<Resource, Readonly<Record<string, string>>>> = {
    organizations: {
        id: 'organizationId',
        name: 'organizationName',
        email: 'defaultEmailAddress',
        parent: 'parentId',
        type: 'organizationType',
    },
    devices: {
        parent: 'parentId',
        device: 'deviceId',
        organization: 'organizationId',
        uuid: 'uuId',
        registered: 'registered',
        expires: 'expires',
        renewed: 'renewed',
        deviceType: 'deviceTypeId',
        deviceTypeId: 'deviceTypeId',
        vendor: 'vendor',
        vendor_id: 'vendor_id',
        name: 'deviceName',
        deviceName: 'deviceName',
    },
    meters: {
        parent: 'parentId',
        device: 'deviceId',
        organizationName: 'organizationName',
        organization: 'organizationId',
        uuid: 'uuId',
        registered: 'registered',
        renewed: 'renewed',
        expires: 'expires',
        dataType: 'dataType',
        name: 'deviceName',
    },
    channels: {
        name: 'channelName',
        organization: 'organizationId',
        tariff: 'tariffId',
        type: 'dataType',
        uuid: 'uuId',
        sortOrder: 'sortOrder',
        deviceTypeId: 'deviceTypeId',
        deviceId: 'deviceId',
        device: 'deviceId',
        displayedPhase: 'displayedPhase',
    },
    devicetypes: {
        deviceTypeCode: 'deviceTypeCode',
        deviceTypeName: 'deviceTypeName',
        meteringPoint: 'meteringPoint',
        singlePhaseEnabled: 'singlePhaseEnabled',
    },
    tariffs: { organization: 'organizationId', name: 'tariffName' },
};

/** The names a resource can be filtered by. */
export function filterNames(resource: Resource): string[] {
    return Object.keys(filters[resource]);
}

/** One page of a resource with its `meta`. `shift` rows are taken from before the page, as when a list grows meanwhile. */
export function answerList(
    resource: Resource,
    rows: readonly Row[],
    parameters: URLSearchParams,
    quirks: Pick<Quirks, 'pageSize' | 'maxPageSize' | 'limitZero'>,
    shift = 0,
): Answer {
    const found = sortRows(resource, filterRows(resource, rows, parameters), parameters.get('sort'));
    const limit = parameters.get('limit');
    if (limit === '0') {
        if (quirks.limitZero === 'refused') return answerError(500, 'Invalid limit');
        const meta = { currentPage: 1, recordsPerPage: 0, recordCount: found.length, pageCount: 0 };
        return answerJson({ [resource]: found, meta }, found.length);
    }
    const size = Math.min(positive(limit) ?? quirks.pageSize, quirks.maxPageSize);
    const page = positive(parameters.get('page')) ?? 1;
    const start = (page - 1) * size;
    const items = found.slice(Math.max(0, start - shift), start + size);
    const meta = {
        currentPage: page,
        recordsPerPage: size,
        recordCount: found.length,
        pageCount: Math.max(1, Math.ceil(found.length / size)),
    };
    return answerJson({ [resource]: items, meta }, items.length);
}

function positive(text: string | null): number | undefined {
    return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

function filterRows(resource: Resource, rows: readonly Row[], parameters: URLSearchParams): readonly Row[] {
    const properties = filters[resource];
    const names = new Set([...parameters.keys()].filter((name) => Object.hasOwn(properties, name)));
    let found = rows;
    for (const name of names) {
        const tests = parameters.getAll(name).map(parseCondition);
        const property = properties[name] ?? name;
        found = found.filter((row) => tests.some((test) => test(row[property])));
    }
    return found;
}

type Condition = (value: unknown) => boolean;

function parseCondition(text: string): Condition {
    if (text.startsWith('!')) {
        const inner = parseCondition(text.slice(1));
        return (value) => !inner(value);
    }
    if (text === 'null') return (value) => value === null || value === undefined;
    const [, operator, operand] = /^(>=|<=|>|<)(.+)$/.exec(text) ?? [];
    if (operator !== undefined && operand !== undefined) return comparison(operator, Number(operand));
    const pattern = text
        .toLowerCase()
        .split('*')
        .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
        .join('.*');
    const form = new RegExp(`^${pattern}$`, 's');
    return (value) => value !== null && value !== undefined && form.test(String(value).toLowerCase());
}

function comparison(operator: string, operand: number): Condition {
    return (value) => {
        const number = value === null || value === '' ? Number.NaN : Number(value);
        if (operator === '>') return number > operand;
        if (operator === '<') return number < operand;
        return operator === '>=' ? number >= operand : number <= operand;
    };
}

/** Sorts by `deviceName`, `deviceName asc` or `deviceName desc`; a property no row has leaves the order. */
function sortRows(resource: Resource, rows: readonly Row[], sort: string | null): readonly Row[] {
    const [name = '', direction = 'asc'] = (sort ?? '').trim().split(/\s+/);
    const property = filters[resource][name] ?? name;
    if (rows.every((row) => row[property] === undefined)) return rows;
    const sign = direction.toLowerCase() === 'desc' ? -1 : 1;
    return rows.toSorted((a, b) => sign * compare(a[property], b[property]));
}

function compare(a: unknown, b: unknown): number {
    const left = String(a ?? '');
    const right = String(b ?? '');
    const difference = Number(left) - Number(right);
    if (left !== '' && right !== '' && !Number.isNaN(difference)) return difference;
    return left < right ? -1 : left > right ? 1 : 0;
}
