/**
 * `repair`: takes away what was left over and what does not belong. Only what is there a second time, or is derived, is
 * removed; everything else goes to quarantine. Opening the lake for writing has already emptied `.staging` and ended a
 * rewrite that was killed.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listFolder } from '../lake/files.ts';
import { archiveFolder } from '../lake/layout.ts';
import { listArchivedChannels } from '../lake/snapshots.ts';
import type { LakeContext } from './context.ts';
import { listReadings } from './list-readings.ts';
import { planAside, type Repair } from './planned-repair.ts';
import { nameInLake } from './problems.ts';
import { planArchiveFolder } from './repair-archive.ts';
import { withRun } from './tally.ts';

export interface RepairOptions {
    /** Also sets damaged raw snapshots aside: a rebuild then does without what they held. */
    readonly damagedRaw: boolean;
    readonly dryRun: boolean;
}

export interface RepairDone {
    /** Relative to the lake. */
    readonly file: string;
    readonly what: string;
}

export async function repair(lake: LakeContext, options: RepairOptions): Promise<readonly RepairDone[]> {
    const tell = ({ path, what }: Repair): RepairDone => ({ file: nameInLake(lake, path), what });
    if (options.dryRun) return (await planRepairs(lake, options)).map(tell);
    const done: RepairDone[] = [];
    await withRun(lake, { damaged_raw: options.damagedRaw }, async () => {
        // What is taken out of a folder may leave it empty, and that its parent.
        for (let round = 0; round < 4; round += 1) {
            const repairs = await planRepairs(lake, options);
            if (repairs.length === 0) return;
            for (const one of repairs) {
                await one.apply();
                done.push(tell(one));
                await lake.journal.write({ event: 'warning', message: one.what, file: tell(one).file });
            }
        }
    });
    return done;
}

async function planRepairs(lake: LakeContext, options: RepairOptions): Promise<Repair[]> {
    const repairs: Repair[] = [];
    const { empty, strangers } = await listReadings(lake);
    for (const path of empty) repairs.push(planRemoval(lake, path));
    for (const { path, problem } of strangers) {
        repairs.push((await planEmptyFolder(lake, path)) ?? planAside(lake, path, problem));
    }
    for (const channelId of await listArchivedChannels(lake.paths)) {
        const root = archiveFolder(lake.paths, channelId);
        for (const path of [...(await listFolder(root)).map((name) => join(root, name)), root]) {
            const empty = await planEmptyFolder(lake, path);
            if (empty !== undefined) repairs.push(empty);
            else if (path !== root)
                repairs.push(...(await planArchiveFolder(lake, path, options.damagedRaw)));
        }
    }
    return repairs;
}

async function planEmptyFolder(lake: LakeContext, path: string): Promise<Repair | undefined> {
    const isFolder = (await stat(path)).isDirectory();
    if (!isFolder || (await listFolder(path)).length > 0) return undefined;
    return planRemoval(lake, path);
}

function planRemoval(lake: LakeContext, path: string): Repair {
    return { path, what: 'an empty folder was removed', apply: () => lake.files.removeFolder(path) };
}
