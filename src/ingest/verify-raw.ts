/** `verify`, the raw snapshots: names, places, packs and, deep, every byte of them. */
import { dirname, join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { listFolder, sizeMaybe } from '../lake/files.ts';
import { archiveFolder, formatSnapshotName, packIndexFile, parseSnapshotName } from '../lake/layout.ts';
import { readPack } from '../lake/packs.ts';
import { parseSnapshot } from '../lake/snapshot-text.ts';
import {
    archivePath,
    listArchivedChannels,
    listInbox,
    readArchiveFolder,
    readSnapshotText,
    type Snapshot,
} from '../lake/snapshots.ts';
import { changedAt } from './problems.ts';
import type { Check } from './verify-readings.ts';

const sweep = 'take it away with `eniscope-lake repair`';
const restore =
    'restore it from a backup; or fetch the span again with --refetch, then run `eniscope-lake repair --damaged-raw`';

/** Inbox and archive. Returns how many snapshots were read: none unless deep. */
export async function verifyRaw(check: Check): Promise<number> {
    const { lake, report, channels, deep } = check;
    const inbox = await listInbox(lake.paths);
    for (const path of inbox.strangers) {
        const found = [{ kind: 'foreign' as const, problem: 'it is not a snapshot' }];
        report(path, found, 'the next compact sets it aside in quarantine', await changedAt(path));
    }
    let checked = 0;
    for (const snapshot of deep ? inbox.snapshots : []) {
        checked += 1;
        await verifySnapshot(check, snapshot, 'the next compact sets it aside in quarantine');
    }
    for (const channelId of await listArchivedChannels(lake.paths)) {
        if (channels.length > 0 && !channels.includes(channelId)) continue;
        const root = archiveFolder(lake.paths, channelId);
        for (const name of await listFolder(root)) checked += await verifyFolder(check, join(root, name));
    }
    return checked;
}

/** One channel's month: files of their own, the pack, and what belongs to neither. */
async function verifyFolder(check: Check, folder: string): Promise<number> {
    const { lake, report, deep } = check;
    const { snapshots, strangers } = await readArchiveFolder(folder).catch(() => ({
        snapshots: [],
        strangers: [folder],
    }));
    for (const path of strangers) {
        report(path, [{ kind: 'foreign', problem: 'it is not a snapshot' }], sweep, await changedAt(path));
    }
    let checked = 0;
    for (const snapshot of snapshots) {
        if (dirname(archivePath(lake.paths, snapshot)) !== folder) {
            const problem = 'it lies in the folder of another channel or month';
            report(snapshot.path, [{ kind: 'misplaced', problem }], sweep, await changedAt(snapshot.path));
        }
        if (!deep) continue;
        checked += 1;
        await verifySnapshot(check, snapshot, restore);
    }
    return checked + (await verifyPack(check, folder, snapshots));
}

async function verifyPack(check: Check, folder: string, loose: readonly Snapshot[]): Promise<number> {
    const { report, deep } = check;
    const pack = await readPack(folder);
    const index = packIndexFile(folder);
    if (pack === undefined) {
        if ((await sizeMaybe(index)) !== undefined) {
            const found = [{ kind: 'raw_index' as const, problem: 'the pack it belongs to is gone' }];
            report(index, found, 'restore the pack from a backup', await changedAt(index));
        }
        return 0;
    }
    if (!pack.isIndexed) {
        const found = [{ kind: 'raw_index' as const, problem: 'it is missing or does not fit the pack' }];
        report(index, found, 'make it again with `eniscope-lake repair`', await changedAt(index));
    }
    for (const { offset, bytes } of pack.gaps) {
        const problem = `no snapshot can be read from its bytes ${offset} to ${offset + bytes}`;
        report(pack.path, [{ kind: 'raw_damaged', problem }], restore, null);
    }
    const packed = new Set(pack.members.map(({ file }) => file));
    for (const { file, path } of loose) {
        if (!packed.has(file)) continue;
        const found = [
            { kind: 'raw_double' as const, problem: 'its month is packed, and the pack holds it' },
        ];
        report(path, found, sweep, await changedAt(path));
    }
    if (!deep) return 0;
    for (const packed of pack.members) {
        const name = parseSnapshotName(packed.file);
        if (name === undefined) continue;
        await verifySnapshot(check, { ...name, file: packed.file, path: pack.path, packed }, restore);
    }
    return pack.members.length;
}

/** Reads a snapshot to its last byte and compares its content with its name. */
async function verifySnapshot({ lake, report }: Check, snapshot: Snapshot, hint: string): Promise<void> {
    try {
        const { name } = parseSnapshot(await readSnapshotText(lake.paths, snapshot));
        const file = formatSnapshotName(name);
        if (file !== snapshot.file) throw new Error(`its content is that of ${file}`);
    } catch (error) {
        const { packed } = snapshot;
        const where =
            packed === undefined
                ? 'it'
                : `${snapshot.file}, its bytes ${packed.offset} to ${packed.offset + packed.bytes},`;
        const problem = `${where} cannot be read: ${messageOf(error)}`;
        const since = new Date(snapshot.fetchedAt).toISOString();
        report(snapshot.path, [{ kind: 'raw_damaged', problem }], hint, since);
    }
}
