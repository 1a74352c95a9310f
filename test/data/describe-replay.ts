/**
 * The proof for one dataset: replayed over HTTP into a lake at its native resolution, every number of the views
 * is what a second computation says that knows only the CSV.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isResolution } from '../../src/model/time.ts';
import { isClose } from '../support/close.ts';
import { hashFiles } from '../support/lake-fixture.ts';
import { expectPandasToAgree } from '../support/pandas-opinion.ts';
import { countSuspects } from '../support/quality-opinion.ts';
import { readQualityCases } from '../support/quality-page.ts';
import { openReplayLake, type ReplayLake } from '../support/replay-lake.ts';
import { type ExpectedPeriod, formSecondOpinion, type SecondOpinion } from '../support/second-opinion.ts';
import { lacksConsumers, whySkipped } from '../support/venv.ts';

const sharedData = fileURLToPath(new URL('../../../shared/data', import.meta.url));

/** `dayLengthsH` is what is known of the dataset: a replay without its DST days would prove too little. */
export function describeReplay(
    dataset: string,
    facts: { readonly readings: number; readonly dayLengthsH: readonly number[] },
): void {
    const folder = `${sharedData}/${dataset}/replay`;
    const isMissing = !existsSync(folder);
    const why = isMissing ? ` (skipped: ${folder} is not on this machine)` : '';
    describe.skipIf(isMissing)(`${dataset}, replayed into a lake${why}`, () => {
        let truth: SecondOpinion;
        let lake: ReplayLake;
        beforeAll(async () => {
            truth = formSecondOpinion(folder);
            lake = await openReplayLake(folder);
            await lake.sync(spanOf(truth));
        }, 300_000);
        afterAll(() => lake.close());

        it('lands every reading, and nothing besides', async () => {
            expect(truth.measured).toBe(facts.readings);
            expect(truth.dayLengthsH).toEqual(facts.dayLengthsH);
            const slots = (truth.channelIds.length * (truth.to - truth.from)) / truth.intervalS;
            expect(lake.lastRun).toMatchObject({ failures: [], warnings: [], readings: slots });
            expect(lake.lastRun?.measured).toBe(truth.measured);
            expect(lake.lastRun?.rows).toBe(slots);
            const [row] = await lake.ask(
                'select count(*)::int as rows, count(distinct interval_s)::int as lengths from readings',
            );
            expect(row).toEqual({ rows: slots, lengths: 1 });
        });

        it('has the same energy in every layer', { timeout: 240_000 }, async () => {
            for (const view of [
                'readings',
                'readings_clean',
                'readings_enriched',
                'energy_hourly',
                'energy_daily',
                'energy_weekly',
                'energy_monthly',
            ]) {
                const rows = await lake.ask(
                    `select channel_id, sum(energy_kwh) as energy_kwh from ${view} group by channel_id`,
                );
                const found = new Map(rows.map((row) => [String(row.channel_id), row.energy_kwh]));
                const wrong = truth.channelIds.filter(
                    (id) => !isClose(found.get(id), truth.energyKwh.get(id) ?? null),
                );
                expect({ view, wrong, channels: found.size }).toEqual({
                    view,
                    wrong: [],
                    channels: truth.channelIds.length,
                });
            }
        });

        it('gives every channel and local day the energy, the counts and the extremes of the CSV', async () => {
            expect(findDifferences(await lake.ask(periods('energy_daily', 'date')), truth.days)).toEqual([]);
        });

        it('gives every channel and local month the energy, the counts and the extremes of the CSV', async () => {
            expect(findDifferences(await lake.ask(periods('energy_monthly', 'month')), truth.months)).toEqual(
                [],
            );
        });

        it.skipIf(lacksConsumers)(
            `agrees with pandas in every figure of every rollup${whySkipped}`,
            async () => {
                const compared = await expectPandasToAgree(lake, folder);
                const hours = (truth.channelIds.length * (truth.to - truth.from)) / 3600;
                expect(compared).toMatchObject({
                    energy_hourly: { rows: hours },
                    energy_daily: { rows: truth.days.length },
                    energy_monthly: { rows: truth.months.length },
                });
                expect(compared.readings_normalized?.rows).toBeGreaterThanOrEqual(truth.measured);
            },
            300_000,
        );

        it('marks the readings that docs/quality.md counts', async () => {
            const rows = await lake.ask(`
                select rule, count(*)::int as readings
                from readings_clean
                inner join quality_rules
                    on readings_clean.flags & quality_rules.flag <> 0
                group by rule
                order by rule`);
            const found = Object.fromEntries(rows.map(({ rule, readings }) => [rule, readings]));
            expect(found).toEqual(countSuspects(folder));
            expect(readQualityCases().get(dataset)).toEqual({ readings: facts.readings, found });
        });

        it('asks for nothing again', async () => {
            const before = lake.readingRequests();
            const hashes = hashFiles(lake.paths.readings);
            const again = await lake.sync(spanOf(truth));
            expect(again).toMatchObject({ planned: 0, partitions: 0, failures: [] });
            expect(lake.readingRequests()).toBe(before);
            expect(hashFiles(lake.paths.readings)).toEqual(hashes);
        });

        it('rebuilds to the same bytes', async () => {
            const hashes = hashFiles(lake.paths.readings);
            const rebuilt = await lake.rebuild();
            expect(rebuilt.partitions).toBe(Object.keys(hashes).length);
            expect(hashFiles(lake.paths.readings)).toEqual(hashes);
        }, 300_000);
    });
}

/** The explicit range that covers the dataset, at its own resolution. */
export function spanOf({ from, to, intervalS }: SecondOpinion) {
    if (!isResolution(intervalS)) throw new Error(`${intervalS} s is no resolution of the API`);
    return { from, to, resolution: intervalS };
}

export function periods(view: string, column: string): string {
    return `
        select
            channel_id as "channelId", strftime(${column}, '%Y-%m-%d') as period, energy_kwh as "energyKwh",
            reading_count::int as "readingCount", expected_count::int as "expectedCount", coverage,
            min_power_kw as "minPowerKw", peak_power_kw as "peakPowerKw", epoch(peak_at)::double as "peakAt",
            avg_voltage_v as "avgVoltageV", min_voltage_v as "minVoltageV", max_voltage_v as "maxVoltageV",
            avg_power_factor as "powerFactor"
        from ${view}`;
}

/** The first ten periods that are missing, too many or different, in words. */
export function findDifferences(
    rows: readonly Readonly<Record<string, unknown>>[],
    expected: readonly ExpectedPeriod[],
): string[] {
    const found = new Map(rows.map((row) => [`${row.channelId} ${row.period}`, row]));
    const differences: string[] = [];
    if (found.size !== rows.length) differences.push(`${rows.length - found.size} periods come twice`);
    for (const period of expected) {
        const key = `${period.channelId} ${period.period}`;
        const row = found.get(key);
        found.delete(key);
        if (row === undefined) {
            differences.push(`${key} is missing`);
            continue;
        }
        for (const [name, value] of Object.entries(period)) {
            const isSame = typeof value === 'string' ? row[name] === value : isClose(row[name], value);
            if (!isSame) differences.push(`${key}: ${name} is ${row[name]}, should be ${value}`);
        }
    }
    for (const key of found.keys()) differences.push(`${key} should not be there`);
    return differences.slice(0, 10);
}
