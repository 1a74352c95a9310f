/** A lake without a source whose inbox looks like hourly runs: what the tests of the raw archive begin with. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '../../src/core/log.ts';
import { type LakeContext, withLake } from '../../src/ingest/context.ts';
import type { FileHook } from '../../src/lake/files.ts';
import type { LakePaths } from '../../src/lake/layout.ts';
import { listArchive, listArchivedChannels, readSnapshotBytes } from '../../src/lake/snapshots.ts';
import { fakeRuntime } from './fake-runtime.ts';
import type { GivenAnswer } from './lake-fixture.ts';

const hour = 3600;

/** Hourly answers from `day` on, each with the readings of the last three hours, energy and power. */
export function hourlyAnswers(channelId: string, day: string, count: number): GivenAnswer[] {
    const first = Date.parse(`${day}T00:00:00Z`) / 1000;
    return Array.from({ length: count }, (_, index) => {
        const to = first + (index + 3) * hour;
        const records = Array.from({ length: 12 }, (__, row) => {
            const ts = to - 3 * hour + 900 * row;
            return { ts, E: (ts / 900) % 1000, P: row === 11 ? null : (ts / 900) % 777 };
        });
        return {
            channelId,
            from: to - 3 * hour,
            to,
            resolution: 900,
            fetchedAt: to * 1000 + 61_000,
            records,
        };
    });
}

/** Opens a lake as a command does, at an instant. */
export function openAt<T>(
    paths: LakePaths,
    now: string,
    use: (lake: LakeContext) => Promise<T>,
    fileHook?: FileHook,
): Promise<T> {
    const runtime = fakeRuntime({ now });
    const hook = fileHook === undefined ? {} : { fileHook };
    return withLake(
        { root: paths.root, command: 'test', write: true, runtime, log: silentLogger, ...hook },
        use,
    );
}

/** Every archived snapshot by its name, with its bytes; throws when a name comes twice. */
export async function readWholeArchive(paths: LakePaths): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const channelId of await listArchivedChannels(paths)) {
        for (const snapshot of await listArchive(paths, channelId)) {
            if (found.has(snapshot.file)) throw new Error(`${snapshot.file} comes twice`);
            found.set(snapshot.file, (await readSnapshotBytes(paths, snapshot)).toString('base64'));
        }
    }
    return found;
}

/** The snapshots that are files of their own, without the product's code. */
export function readLooseFiles(folder: string): Map<string, string> {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return new Map(
        files
            .filter((file) => /_r\d+_i\d+_.*\.json\.gz$/.test(file))
            .map((file) => [
                file.split('/').at(-1) ?? '',
                readFileSync(join(folder, file)).toString('base64'),
            ]),
    );
}
