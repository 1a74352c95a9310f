/**
 * Every path inside a lake, both ways: format and parse. Pure. Only digits become a channel's folder, so no name
 * from the API can leave the lake.
 */
import { join } from 'node:path';
import {
    type Granularity,
    type Partition,
    parsePartition,
    partitionColumn,
    type Span,
} from '../model/time.ts';

/** The newest lake format this program reads and writes. */
export const lakeFormat = 1;

export interface LakePaths {
    readonly root: string;
    readonly manifest: string;
    readonly inbox: string;
    readonly archive: string;
    readonly rawReference: string;
    readonly readings: string;
    readonly reference: string;
    readonly overlaps: string;
    readonly quarantine: string;
    readonly state: string;
    readonly coverage: string;
    readonly runs: string;
    readonly staging: string;
    readonly catalog: string;
    readonly catalogSql: string;
    readonly lock: string;
}

export function lakePaths(root: string): LakePaths {
    return {
        root,
        manifest: join(root, 'lake.json'),
        inbox: join(root, 'raw', 'inbox'),
        archive: join(root, 'raw', 'archive'),
        rawReference: join(root, 'raw', 'reference'),
        readings: join(root, 'readings'),
        reference: join(root, 'reference'),
        overlaps: join(root, 'overlaps'),
        quarantine: join(root, 'quarantine'),
        state: join(root, 'state'),
        coverage: join(root, 'state', 'coverage'),
        runs: join(root, 'runs'),
        staging: join(root, '.staging'),
        catalog: join(root, 'lake.duckdb'),
        catalogSql: join(root, 'lake.sql'),
        lock: join(root, '.lock'),
    };
}

/** True for an id that may become a path: digits, at most 20. */
export function isChannelId(id: string): boolean {
    return /^\d{1,20}$/.test(id);
}

/** `readings/channel_id=162119/month=2026-10` */
export function partitionFolder(paths: LakePaths, channelId: string, partition: Partition): string {
    return join(
        paths.readings,
        `channel_id=${checkedId(channelId)}`,
        `${partitionColumn(partition.granularity)}=${partition.value}`,
    );
}

export const partitionFileName = 'readings.parquet';

export function partitionFile(paths: LakePaths, channelId: string, partition: Partition): string {
    return join(partitionFolder(paths, channelId, partition), partitionFileName);
}

/** Reads `channel_id=162119/month=2026-10`; undefined when it is not a partition's folder. */
export function parsePartitionFolder(
    folder: string,
    granularity: Granularity,
): { readonly channelId: string; readonly partition: Partition } | undefined {
    const match = /^channel_id=(\d{1,20})\/([a-z]+)=([\d-]+)$/.exec(folder);
    if (match?.[1] === undefined || match[3] === undefined || match[2] !== partitionColumn(granularity)) {
        return undefined;
    }
    const partition = parsePartition(match[3], granularity);
    return partition === undefined ? undefined : { channelId: match[1], partition };
}

/** `overlaps/channel_id=162119`, a link to the channel's folder under `readings`. */
export function overlapLink(paths: LakePaths, channelId: string): string {
    return join(paths.overlaps, `channel_id=${checkedId(channelId)}`);
}

/** A file without rows that keeps the pattern over `overlaps` from matching nothing. */
export function noOverlapsFile(paths: LakePaths, granularity: Granularity): string {
    return join(paths.overlaps, 'channel_id=none', `${partitionColumn(granularity)}=none`, partitionFileName);
}

/** What a snapshot's name tells without opening the file. */
export interface SnapshotName extends Span {
    readonly channelId: string;
    /** Seconds asked for, and seconds the API answered with. */
    readonly resolution: number;
    readonly answered: number;
    /** Epoch milliseconds of the answer. */
    readonly fetchedAt: number;
}

const compact = (ms: number): string => new Date(ms).toISOString().replaceAll(/[-:]/g, '');

const expand = (text: string): number =>
    Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\.\d{3})?Z$/, '$1-$2-$3T$4:$5:$6$7Z'));

/** `162119_20261001T000000Z_20261101T000000Z_r900_i900_20261123T091947.123Z.json.gz` */
export function formatSnapshotName(name: SnapshotName): string {
    const seconds = (instant: number): string => compact(instant * 1000).replace('.000', '');
    return [
        checkedId(name.channelId),
        seconds(name.from),
        seconds(name.to),
        `r${name.resolution}`,
        `i${name.answered}`,
        `${compact(name.fetchedAt)}.json.gz`,
    ].join('_');
}

export function parseSnapshotName(file: string): SnapshotName | undefined {
    const match =
        /^(\d{1,20})_(\d{8}T\d{6}Z)_(\d{8}T\d{6}Z)_r(\d+)_i(\d+)_(\d{8}T\d{6}\.\d{3}Z)\.json\.gz$/.exec(file);
    if (match === null) return undefined;
    const [, channelId = '', from = '', to = '', resolution, answered, fetchedAt = ''] = match;
    const name = {
        channelId,
        from: expand(from) / 1000,
        to: expand(to) / 1000,
        resolution: Number(resolution),
        answered: Number(answered),
        fetchedAt: expand(fetchedAt),
    };
    return Object.values(name).some((value) => Number.isNaN(value)) ? undefined : name;
}

/** The archive's folder of a channel, and of the month a snapshot begins in. */
export function archiveFolder(paths: LakePaths, channelId: string, month?: string): string {
    const folder = join(paths.archive, `channel_id=${checkedId(channelId)}`);
    return month === undefined ? folder : join(folder, `month=${month}`);
}

/** The archived snapshots of a month in one file, under the same glob as files of their own: `*.json.gz`. */
export function packFile(folder: string): string {
    return join(folder, 'snapshots.json.gz');
}

/** Where each snapshot lies in the pack of the folder. */
export function packIndexFile(folder: string): string {
    return join(folder, 'snapshots.index.gz');
}

/** Reads `month=2026-10`; undefined for any other name. */
export function parseArchiveMonth(folder: string): string | undefined {
    return /^month=(\d{4}-(?:0[1-9]|1[0-2]))$/.exec(folder)?.[1];
}

export function coverageFile(paths: LakePaths, channelId: string): string {
    return join(paths.coverage, `${checkedId(channelId)}.json`);
}

/** `runs/2026-10.jsonl`, by the month a run began in. */
export function journalFile(paths: LakePaths, startedAt: number): string {
    return join(paths.runs, `${new Date(startedAt).toISOString().slice(0, 7)}.jsonl`);
}

export type ReferenceTable = 'organizations' | 'devices' | 'channels';
export const referenceTables: readonly ReferenceTable[] = ['organizations', 'devices', 'channels'];

/** `table` is a name of this program, never one from the API or a person. */
export function referenceFile(paths: LakePaths, table: string): string {
    return join(paths.reference, `${table}.parquet`);
}

/** `raw/reference/channels_20261123T091947.123Z.json.gz` */
export function rawReferenceFile(paths: LakePaths, table: ReferenceTable, fetchedAt: number): string {
    return join(paths.rawReference, `${table}_${compact(fetchedAt)}.json.gz`);
}

export function parseRawReferenceName(
    file: string,
): { readonly table: ReferenceTable; readonly fetchedAt: number } | undefined {
    const match = /^(organizations|devices|channels)_(\d{8}T\d{6}\.\d{3}Z)\.json\.gz$/.exec(file);
    const table = referenceTables.find((known) => known === match?.[1]);
    return table === undefined || match?.[2] === undefined
        ? undefined
        : { table, fetchedAt: expand(match[2]) };
}

function checkedId(channelId: string): string {
    if (!isChannelId(channelId)) throw new Error(`channel id "${channelId}" is not digits`);
    return channelId;
}
