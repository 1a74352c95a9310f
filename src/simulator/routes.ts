/** From a tidy path to an answer: lists, single rows, collections, discovery and readings. */
import { fieldCatalogue } from '../model/fields.ts';
import { type Answer, answerEmpty, answerError, answerInvalidParameter, answerJson } from './answer.ts';
import { answerList, filterNames } from './listing.ts';
import type { Quirks } from './quirks.ts';
import { answerReadings } from './readings.ts';
import { type Resource, type Row, type Rows, rowsOf } from './rows.ts';
import type { SiteSource } from './site.ts';

export interface RouteRequest {
    readonly method: string;
    readonly path: string;
    readonly parameters: URLSearchParams;
    /** Epoch seconds. */
    readonly now: number;
    readonly coarsest?: number;
    readonly shiftRows?: number;
}

/** The id property of each resource. */
const idKeys: Readonly<Record<Resource, string>> = {
    organizations: 'organizationId',
    devices: 'deviceId',
    meters: 'meterId',
    channels: 'dataChannelId',
    devicetypes: 'deviceTypeId',
    tariffs: 'tariffId',
};

/** Lists nobody asks the simulator to fill. */
const emptyLists = ['alarms', 'events', 'accounts'];

function isResource(name: string): name is Resource {
    return Object.hasOwn(idKeys, name);
}

/** The site as the API shows it. */
export class Routes {
    readonly #site: SiteSource;
    readonly #quirks: Quirks;
    readonly #rows: Rows;
    readonly #channels: ReadonlyMap<string, SiteSource['channels'][number]>;
    readonly #organizations: ReadonlyMap<string, SiteSource['organizations'][number]>;

    constructor(site: SiteSource, quirks: Quirks) {
        this.#site = site;
        this.#quirks = quirks;
        this.#rows = rowsOf(site, quirks);
        this.#channels = new Map(site.channels.map((row) => [row.channelId, row]));
        this.#organizations = new Map(site.organizations.map((row) => [row.organizationId, row]));
    }

    answer(request: RouteRequest): Answer {
        const [resource = '', id, collection] = request.path.slice(1).split('/');
        if (request.method !== 'GET' && request.method !== 'OPTIONS') return answerEmpty(405);
        if (resource === '') return answerJson(accountRow);
        if (resource === 'readings') return this.#readings(id ?? '', request);
        if (resource === 'fields') return answerWholeList('fields', fieldRows);
        if (emptyLists.includes(resource)) return answerWholeList(resource, []);
        if (!isResource(resource)) return answerError(404, 'Not Found');
        if (request.method === 'OPTIONS') return answerJson({ filters: { fields: filterNames(resource) } });
        const rows = this.#rows[resource];
        if (id === undefined) {
            return answerList(resource, rows, request.parameters, this.#quirks, request.shiftRows);
        }
        const row = rows.find((candidate) => String(candidate[idKeys[resource]]) === id);
        if (row === undefined) return answerError(404, 'Not Found');
        return collection === undefined ? answerJson(row) : this.#collection(row, resource, collection);
    }

    #readings(id: string, request: RouteRequest): Answer {
        const channel = this.#channels.get(id);
        const organization = this.#organizations.get(channel?.organizationId ?? '');
        if (channel === undefined || organization === undefined) return answerError(404, 'Not Found');
        if (request.method === 'OPTIONS') {
            if (channel.answers === 'error') return answerInvalidParameter();
            return answerJson({ filters: { fields: channel.fields } });
        }
        return answerReadings(request.parameters, {
            source: this.#site,
            channel,
            organization,
            quirks: this.#quirks,
            now: request.now,
            ...(request.coarsest === undefined ? {} : { coarsest: request.coarsest }),
        });
    }

    /** The parent with all its children under the collection's name: no pages, no `meta`. */
    #collection(parent: Row, resource: Resource, collection: string): Answer {
        const below = collection === 'metersbelow';
        const child = below ? 'meters' : collection;
        if (!isResource(child)) return answerError(404, 'Not Found');
        const key = idKeys[resource];
        const prefix = String(parent.sortCode);
        const children = this.#rows[child].filter((row) =>
            below ? String(row.sortCode).startsWith(prefix) : String(row[key]) === String(parent[key]),
        );
        return answerJson({ ...parent, [collection]: children }, children.length);
    }
}

function answerWholeList(key: string, rows: readonly Row[]): Answer {
    const meta = { currentPage: 1, recordsPerPage: 20, recordCount: rows.length, pageCount: 1 };
    return answerJson({ [key]: rows, meta }, rows.length);
}

const fieldRows: readonly Row[] = fieldCatalogue.map(({ code, label, kind, sourceUnit }) => ({
    field: code,
    label,
    type: kind,
    unit: sourceUnit,
}));

const accountRow: Row = {
    accountId: '1047',
    organizationId: '23270',
    groupId: '3',
    accountName: 'Simulated account',
    emailAddress: 'contact@example.com',
    status: '1',
    logInCounter: '1',
    lastLogIn: '1704258000',
};
