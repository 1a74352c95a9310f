import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { quietQuirks } from '../../src/simulator/quirks.ts';
import { replaySite } from '../../src/simulator/replay.ts';
import { Routes } from '../../src/simulator/routes.ts';

const data = join(import.meta.dirname, '../../../shared/data');
const names = existsSync(data)
    ? readdirSync(data).filter((name) => existsSync(join(data, name, 'replay')))
    : [];

if (names.length === 0) console.warn('SKIPPED: real meter data is not beside this clone (../shared/data)');

/** Energy by channel and the span of all rows, straight from the text of the file. */
function readTruth(folder: string): { energy: Map<string, number>; first: number; last: number } {
    const lines = gunzipSync(readFileSync(join(folder, 'readings.csv.gz')))
        .toString()
        .split('\n');
    const at = (lines[0] ?? '').split(',').indexOf('E');
    const energy = new Map<string, number>();
    let first = Number.POSITIVE_INFINITY;
    let last = 0;
    for (const line of lines.slice(1)) {
        if (line === '') continue;
        const values = line.split(',');
        const id = values[0] ?? '';
        first = Math.min(first, Number(values[1]));
        last = Math.max(last, Number(values[1]));
        if (values[at] !== '') energy.set(id, (energy.get(id) ?? 0) + Number(values[at]));
    }
    return { energy, first, last };
}

const day = 86_400;

const why = names.length > 0 ? '' : ' (skipped: there is no ../shared/data beside this clone)';

describe.skipIf(names.length === 0)(`real meter data${why}`, () => {
    it.each(names)('%s: every answer of every channel adds up to the file', async (name) => {
        const folder = join(data, name, 'replay');
        const site = await replaySite(folder);
        const routes = new Routes(site, quietQuirks);
        const { energy, first, last } = readTruth(folder);
        const now = Date.parse('2026-01-01T00:00:00Z') / 1000;
        const begin = first - (first % day);
        expect(site.channels.length).toBeGreaterThanOrEqual(energy.size);
        for (const { channelId } of site.channels) {
            let sum = 0;
            for (let from = begin; from <= last; from += 90 * day) {
                const query = `res=3600&fields[]=E&daterange[]=${from}&daterange[]=${from + 90 * day}`;
                const parameters = new URLSearchParams(query);
                const answer = routes.answer({
                    method: 'GET',
                    path: `/readings/${channelId}`,
                    parameters,
                    now,
                });
                for (const [, value] of answer.body.toString().matchAll(/"E":(-?[\d.e+-]+)/g))
                    sum += Number(value);
            }
            const truth = energy.get(channelId) ?? 0;
            expect(Math.abs(sum - truth)).toBeLessThanOrEqual(Math.abs(truth) * 1e-9);
        }
    });
});
