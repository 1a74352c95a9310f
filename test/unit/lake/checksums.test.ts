import { appendFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appendChecksums, type Checksum, readChecksums } from '../../../src/lake/checksums.ts';
import { createLakeFiles } from '../../../src/lake/files.ts';
import { lakePaths } from '../../../src/lake/layout.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const of = (file: string, sha256: string, run = 'r1'): Checksum => ({
    file,
    sha256,
    bytes: 100,
    at: '2026-10-20T12:07:00.000Z',
    run,
});
const october = 'readings/channel_id=1/month=2026-10/readings.parquet';
const september = 'readings/channel_id=1/month=2026-09/readings.parquet';

function openLog(): {
    readonly paths: ReturnType<typeof lakePaths>;
    readonly steps: string[];
    append(checksums: readonly Checksum[], durable?: boolean): Promise<void>;
} {
    const paths = lakePaths(tempFolder());
    const steps: string[] = [];
    const files = createLakeFiles(paths.staging, (step, path, when) => {
        if (when === 'after') steps.push(`${step} ${path.slice(paths.state.length + 1)}`);
    });
    return {
        paths,
        steps,
        append: (checksums, durable = false) => appendChecksums(files, paths, checksums, durable),
    };
}

describe('checksums', () => {
    it('are those of the newest line, with the one before it', async () => {
        const { paths, append } = openLog();
        await append([of(october, 'a'), of(september, 'x'), of('reference/channels.parquet', 'c')]);
        await append([of(october, 'b', 'r2')]);
        await append([of(october, 'b', 'r3')]);
        expect([...(await readChecksums(paths))]).toEqual([
            [september, { ...of(september, 'x'), before: undefined }],
            [october, { ...of(october, 'b', 'r3'), before: 'a' }],
            ['reference/channels.parquet', { ...of('reference/channels.parquet', 'c'), before: undefined }],
        ]);
        expect([...(await readChecksums(paths, [september])).keys()]).toEqual([september]);
        expect(readdirSync(join(paths.state, 'checksums'))).toEqual([
            '2026-09.ndjson',
            '2026-10.ndjson',
            'reference.ndjson',
        ]);
    });

    it('survive a line torn by a crash, and are none when the state is deleted', async () => {
        const { paths, append } = openLog();
        await append([of(october, 'a')]);
        appendFileSync(join(paths.state, 'checksums', '2026-10.ndjson'), '{"file":"readings/chan');
        await append([of('readings/channel_id=2/month=2026-10/readings.parquet', 'd')]);
        expect((await readChecksums(paths)).size).toBe(2);
        rmSync(paths.state, { recursive: true });
        expect((await readChecksums(paths)).size).toBe(0);
    });

    it('are through a power cut before a file is replaced: synced when asked for', async () => {
        const { steps, append } = openLog();
        await append([of(october, 'a')]);
        expect(steps).not.toContain('sync checksums/2026-10.ndjson');
        await append([of(october, 'b')], true);
        expect(steps.at(-1)).toBe('sync checksums/2026-10.ndjson');
    });

    it('stay a log of bounded length, whatever the number of runs', async () => {
        const { paths, append } = openLog();
        const channels = Array.from({ length: 100 }, (_, n) => n + 1);
        const line = (n: number, run: number): Checksum =>
            of(
                `readings/channel_id=${n}/month=2026-10/readings.parquet`,
                `${run}`.repeat(64).slice(0, 64),
                `${run}`,
            );
        for (let run = 1; run <= 80; run += 1) await append(channels.map((n) => line(n, run)));
        expect(statSync(join(paths.state, 'checksums', '2026-10.ndjson')).size).toBeLessThan(1_100_000);
        const found = await readChecksums(paths);
        expect(found.size).toBe(100);
        expect(found.get(line(7, 80).file)).toEqual({ ...line(7, 80), before: line(7, 79).sha256 });
    });
});
