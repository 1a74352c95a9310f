import { describe, expect, it } from 'vitest';
import { together } from '../../../src/core/together.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('work side by side', () => {
    it('gives the results in the order of the items, so many at once', async () => {
        let atWork = 0;
        let most = 0;
        const results = await together([5, 1, 4, 2, 3], 2, async (turns) => {
            atWork += 1;
            most = Math.max(most, atWork);
            for (let left = turns; left > 0; left -= 1) await turn();
            atWork -= 1;
            return turns * 10;
        });
        expect(results).toEqual([50, 10, 40, 20, 30]);
        expect(most).toBe(2);
    });

    it('begins nothing after a failure, and waits for what has begun', async () => {
        const begun: number[] = [];
        const ended: number[] = [];
        const called: unknown[] = [];
        const failing = together(
            [1, 2, 3, 4, 5],
            2,
            async (item) => {
                begun.push(item);
                await turn();
                if (item === 2) throw new Error('two');
                for (let left = 0; left < 5; left += 1) await turn();
                ended.push(item);
            },
            (error) => called.push(error),
        );
        await expect(failing).rejects.toThrow('two');
        expect([begun, ended]).toEqual([[1, 2], [1]]);
        expect(called).toEqual([new Error('two')]);
    });

    it('tells of the first failure only', async () => {
        const called: unknown[] = [];
        const failing = together(
            [3, 1],
            2,
            async (turns) => {
                for (let left = turns; left > 0; left -= 1) await turn();
                throw new Error(`after ${turns}`);
            },
            (error) => called.push(error),
        );
        await expect(failing).rejects.toThrow('after 1');
        expect(called).toHaveLength(1);
    });
});
