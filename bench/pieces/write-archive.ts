/**
 * A lake whose raw archive is that of hourly runs: closed months packed, the last one in files of their own. Written
 * straight in the forms of the program; each answer holds one hour, which makes small snapshots and as many of them. The
 * packs of a month hold the same answers for every channel: planning looks at names, not at content. Counts snapshots.
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { writeCoverage } from '../../src/lake/coverage.ts';
import { createLakeFiles } from '../../src/lake/files.ts';
import { archiveFolder, formatSnapshotName, lakePaths, packFile } from '../../src/lake/layout.ts';
import { type PackMember, writePackIndex } from '../../src/lake/packs.ts';
import { formatSnapshot } from '../../src/lake/snapshot-text.ts';
import { type Partition, partitionsOf } from '../../src/model/time.ts';
import { generatedFleet } from '../../src/simulator/generated-fleet.ts';
import { coverageOf, fields, resolution } from '../lake.ts';
import { type Piece, time } from '../piece.ts';
import { writeLake } from './write-lake.ts';

const schema = z.object({ root: z.string(), channels: z.int(), from: z.int(), to: z.int() });
const hour = 3600;

export const writeArchive: Piece<z.infer<typeof schema>> = {
    name: 'write-archive',
    schema,
    run: async ({ root, channels, from, to }) => {
        const paths = lakePaths(root);
        const files = createLakeFiles(paths.staging);
        const months = partitionsOf({ from, to }, 'month');
        const newest = months.at(-1);
        if (newest === undefined) throw new Error('the span is empty');
        let count = 0;
        const { ms } = await time(async () => {
            await writeLake.run({ root, channels, from: newest.from, to, timeZones: ['Europe/London'] });
            const ids = generatedFleet({ channels }).channels.map(({ channelId }) => channelId);
            for (const month of months) {
                const model = month === newest ? undefined : answersOf(ids[0] ?? '', month, to);
                for (const channelId of ids) {
                    const folder = archiveFolder(paths, channelId, month.value);
                    await mkdir(folder, { recursive: true });
                    if (model === undefined) {
                        const snapshots = answersOf(channelId, month, to);
                        for (const { file, bytes } of snapshots) await writeFile(join(folder, file), bytes);
                        count += snapshots.length;
                        continue;
                    }
                    const pack = Buffer.concat(model.map(({ bytes }) => bytes));
                    await writeFile(packFile(folder), pack);
                    const asked = [{ resolution, fields, spans: [{ from: month.from, to: month.to }] }];
                    const members = membersOf(model).map((member) => ({
                        ...member,
                        file: member.file.replace(/^\d+/, channelId),
                    }));
                    await writePackIndex(files, folder, { bytes: pack.length, asked, members });
                    count += members.length;
                }
            }
            for (const channelId of ids) {
                await writeCoverage(files, paths, channelId, coverageOf({ from, to }));
            }
        });
        return { ms, count };
    },
};

interface Answer {
    readonly file: string;
    readonly bytes: Buffer;
    readonly textBytes: number;
}

/** One answer an hour of the month, up to `end`. */
function answersOf(channelId: string, month: Partition, end: number): Answer[] {
    const answers: Answer[] = [];
    for (let from = month.from; from < Math.min(month.to, end); from += hour) {
        const fetchedAt = (from + hour + 600) * 1000 + (Number(channelId) % 1000);
        const name = { channelId, from, to: from + hour, resolution, answered: resolution, fetchedAt };
        const records = [0, 1, 2, 3].map((n) => ({
            ts: from + n * resolution,
            E: 250 + n,
            P: 1000 + n,
            V: 230,
        }));
        const text = formatSnapshot(name, {
            path: `/readings/${channelId}`,
            query: '',
            fields,
            status: 200,
            durationMs: 400,
            body: JSON.stringify({ resolution, records }),
        });
        const bytes = gzipSync(text, { level: 1 });
        answers.push({ file: formatSnapshotName(name), bytes, textBytes: Buffer.byteLength(text) });
    }
    return answers;
}

function membersOf(answers: readonly Answer[]): PackMember[] {
    let offset = 0;
    return answers.map(({ file, bytes, textBytes }) => {
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        const member = { file, offset, bytes: bytes.length, textBytes, sha256 };
        offset += bytes.length;
        return member;
    });
}
