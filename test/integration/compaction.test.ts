/** Compaction of more than one batch: what it notes, and what a damaged snapshot between two batches does. */
import { readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type GivenAnswer, hashFiles, listFiles, makeBareLake } from '../support/lake-fixture.ts';
import { tempFolder } from '../support/temp-folder.ts';

const hour = 3600;
const day = 24 * hour;
const january = Date.UTC(2026, 0, 1) / 1000;
const february = Date.UTC(2026, 1, 1) / 1000;

function answer(channelId: string, from: number, count: number, resolution = hour): GivenAnswer {
    const records = Array.from({ length: count }, (_, index) => ({
        ts: from + index * resolution,
        E: index * 10,
        P: null,
    }));
    return {
        channelId,
        from,
        to: from + count * resolution,
        resolution,
        fetchedAt: Date.UTC(2026, 2, 1),
        records,
    };
}

function journal(runs: string): { readonly event: string; readonly [fact: string]: unknown }[] {
    return readdirSync(runs).flatMap((file) =>
        readFileSync(join(runs, file), 'utf8')
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line)),
    );
}

describe('a compaction', () => {
    it('notes each partition it wrote', async () => {
        const lake = await makeBareLake(tempFolder(), 'day', ['E', 'P']);
        const channels = ['162119', '162120', '162121'];
        await lake.land(channels.map((channelId) => answer(channelId, january, 48)));
        await lake.compact();
        const noted = journal(lake.paths.runs).filter(({ event }) => event === 'partition');
        expect(noted.map(({ channel_id, partition, rows }) => `${channel_id} ${partition} ${rows}`)).toEqual(
            channels.flatMap((id) => [`${id} 2026-01-01 24`, `${id} 2026-01-02 24`]),
        );
        const [run] = noted;
        for (const line of noted) {
            expect(line).toMatchObject({ version: 1, run: run?.run, time: run?.time, snapshots: 1 });
        }
    });

    it('sets a damaged snapshot aside once, though two batches read it', { timeout: 60_000 }, async () => {
        const lake = await makeBareLake(tempFolder(), 'month', ['E', 'P']);
        // Days of a site an hour ahead of UTC; with the hours before it as many snapshots as a batch may hold.
        const overEdge = answer('162119', february - day - hour, 3, day);
        const hours = Array.from({ length: 127 }, (_, index) => answer('162119', january + index * hour, 1));
        const good = [...hours, answer('162119', february + 2 * day, 5)];
        await lake.land([...good, overEdge]);
        const path = listFiles(lake.paths.inbox).find((file) => file.includes('_r86400_'));
        truncateSync(path ?? '', 60);
        await lake.compact();
        expect(listFiles(lake.paths.quarantine).map((file) => file.split('/').at(-1))).toEqual([
            path?.split('/').at(-1),
            `${path?.split('/').at(-1)}.reason.json`,
        ]);
        expect(listFiles(lake.paths.inbox)).toEqual([]);
        expect(listFiles(lake.paths.staging)).toEqual([]);

        const sound = await makeBareLake(tempFolder(), 'month', ['E', 'P']);
        await sound.land(good);
        await sound.compact();
        expect(Object.keys(hashFiles(sound.paths.readings))).toHaveLength(2);
        expect(hashFiles(lake.paths.readings)).toEqual(hashFiles(sound.paths.readings));
    });
});
