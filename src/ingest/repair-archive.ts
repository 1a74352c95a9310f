/** `repair`, one month's folder of the raw archive: doubles, strangers, a lost index, and damage when that is asked for. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sizeMaybe } from '../lake/files.ts';
import { packIndexFile } from '../lake/layout.ts';
import { type Pack, readMember, readPack, writePack } from '../lake/packs.ts';
import { archivePath, readArchiveFolder, type Snapshot } from '../lake/snapshots.ts';
import type { LakeContext } from './context.ts';
import { planAside, type Repair } from './planned-repair.ts';
import { findDamage } from './raw.ts';

export async function planArchiveFolder(
    lake: LakeContext,
    folder: string,
    damagedRaw: boolean,
): Promise<Repair[]> {
    const { snapshots, strangers } = await readArchiveFolder(folder).catch(() => ({
        snapshots: [],
        strangers: [folder],
    }));
    const repairs = strangers.map((path) => planAside(lake, path, 'it is not a snapshot'));
    const pack = await readPack(folder);
    const index = packIndexFile(folder);
    if (pack === undefined && (await sizeMaybe(index)) !== undefined) {
        const what = 'an index whose pack is gone was removed';
        repairs.push({ path: index, what, apply: () => lake.files.remove(index) });
    }
    for (const snapshot of snapshots) {
        const found = await planSnapshot(lake, folder, snapshot, pack, damagedRaw);
        if (found !== undefined) repairs.push(found);
    }
    if (pack !== undefined) repairs.push(...(await planPack(lake, folder, pack, damagedRaw)));
    return repairs;
}

/** A snapshot in a file of its own that is there twice, elsewhere than it should be, or damaged. */
async function planSnapshot(
    lake: LakeContext,
    folder: string,
    snapshot: Snapshot,
    pack: Pack | undefined,
    damagedRaw: boolean,
): Promise<Repair | undefined> {
    const { path, file } = snapshot;
    const bytes = await readFile(path);
    const member = pack?.members.find((one) => one.file === file);
    if (pack !== undefined && member !== undefined) {
        const packed = await readMember(pack.path, member).catch(() => undefined);
        // Where the two differ, verify tells; a person must choose.
        if (packed?.equals(bytes) !== true) return undefined;
        const what = 'a snapshot that its pack holds as well was removed';
        return { path, what, apply: () => lake.files.remove(path) };
    }
    const place = archivePath(lake.paths, snapshot);
    if (dirname(place) !== folder) {
        if ((await sizeMaybe(place)) !== undefined) return planAside(lake, path, `it belongs to ${place}`);
        const what = 'a snapshot was moved to the folder of its channel and month';
        return { path, what, apply: () => lake.files.move(path, place) };
    }
    const problem = damagedRaw ? await findDamage(lake, snapshot) : undefined;
    return problem === undefined ? undefined : planAside(lake, path, `damaged snapshot: ${problem}`);
}

async function planPack(
    lake: LakeContext,
    folder: string,
    pack: Pack,
    damagedRaw: boolean,
): Promise<Repair[]> {
    const damaged = damagedRaw ? await findDamagedMembers(pack) : new Set<string>();
    if (damagedRaw && (damaged.size > 0 || pack.gaps.length > 0)) {
        const good = pack.members.filter(({ file }) => !damaged.has(file));
        const aside = planAside(
            lake,
            pack.path,
            'some of its snapshots are damaged; the good ones were kept',
        );
        if (good.length === 0) return [aside];
        const sources = good.map((member) => ({
            file: member.file,
            read: () => readMember(pack.path, member),
        }));
        const apply = async (): Promise<void> => {
            // A copy: the pack itself stays in its place until the good ones are written anew.
            await lake.files.write(`${pack.path}.damaged`, await readFile(pack.path));
            await writePack(lake.files, folder, undefined, sources);
            await planAside(lake, `${pack.path}.damaged`, 'some of its snapshots are damaged').apply();
        };
        return [{ ...aside, apply }];
    }
    if (pack.isIndexed || pack.gaps.length > 0) return [];
    const what = 'the index of a pack was made again';
    const apply = async (): Promise<void> => {
        await writePack(lake.files, folder, pack, []);
    };
    return [{ path: packIndexFile(folder), what, apply }];
}

async function findDamagedMembers(pack: Pack): Promise<Set<string>> {
    const damaged = new Set<string>();
    for (const member of pack.members) {
        await readMember(pack.path, member).catch(() => damaged.add(member.file));
    }
    return damaged;
}
