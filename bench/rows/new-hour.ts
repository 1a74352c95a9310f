/** Row b: one new hour of every channel joins a lake; its cost must not grow with the lake. */
import { compareBest, measure } from '../child.ts';
import { lakeChannels, lakesEnd, type SharedLakes } from '../lakes.ts';
import { formatMs, formatRatio, type Line } from '../line.ts';
import type { Measurement } from '../piece.ts';
import { compactLake } from '../pieces/compact-lake.ts';
import { landRaw } from '../pieces/land-raw.ts';

const hour = 3600;

export async function benchNewHour(lakes: SharedLakes): Promise<Line[]> {
    const [smallLake, largeLake] = [await lakes.twoMonths(), await lakes.twoYears()];
    const [small, large] = await compareBest(3, compactHour(smallLake), compactHour(largeLake));
    const growth = large.ms / small.ms;
    const line = {
        row: 'b',
        what: `one new hour of ${lakeChannels} channels into a lake of two years`,
        measured: formatMs(large.ms),
        baseline: `${formatMs(small.ms)} into a lake of two months`,
        ratio: formatRatio(growth),
    };
    return [
        { ...line, target: '≤ 1.3×', isMet: growth <= 1.3 },
        {
            ...line,
            what: 'the same, as a time',
            baseline: '',
            ratio: '',
            target: '≤ 3 s',
            isMet: large.ms <= 3000,
        },
    ];
}

/** Each run compacts the hour after the last one's: a lake sees an hour once. */
function compactHour(root: string): (run: number) => Promise<Measurement> {
    return async (run) => {
        const from = lakesEnd + run * hour;
        await measure(landRaw, { root, channels: lakeChannels, from, to: from + hour });
        return measure(compactLake, { root, half: 'both' });
    };
}
