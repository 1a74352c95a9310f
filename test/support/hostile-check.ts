/** What must hold after every run from a hostile source, as a list of what does not. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCodes } from '../../src/core/errors.ts';
import { lakePaths } from '../../src/lake/layout.ts';
import { defaultFieldCodes, findField } from '../../src/model/fields.ts';
import { withDuckDB } from '../../src/warehouse/duckdb.ts';
import { bucketsOf, isSame, type RightAnswer } from './answer-judge.ts';
import { type HostileRun, type HostileSource, roles } from './hostile-source.ts';

type Values = Readonly<Record<string, number | null>>;

/** What a right answer adds to the lake; a coarser one for more than a day is asked for again in pieces. */
function counts({ answered, resolution, from, to }: RightAnswer): boolean {
    return answered === resolution || to - from <= 86_400;
}

/** Every right answer of the runs, in the order in which the newest value wins. */
function rightAnswers(runs: readonly HostileRun[]): RightAnswer[] {
    return runs
        .flatMap((run) => run.witnessed)
        .toSorted((a, b) => a.at - b.at)
        .flatMap(({ right }) => (right !== undefined && counts(right) ? [right] : []));
}

/** The lake's rows against everything that was ever answered rightly: no more, no less, nothing else. */
export async function findWrongRows(source: HostileSource, runs: readonly HostileRun[]): Promise<string[]> {
    const expected = new Map<string, Values>();
    for (const { channelId, answered, buckets } of rightAnswers(runs)) {
        for (const [ts, values] of buckets) {
            const key = `${channelId} ${ts} ${answered}`;
            const known = Object.entries(values).filter(([, value]) => value !== null);
            expected.set(key, { ...values, ...expected.get(key), ...Object.fromEntries(known) });
        }
    }
    const found = await readRows(source.root);
    const wrong: string[] = [];
    for (const [key, values] of expected) {
        const row = found.get(key);
        if (row === undefined) wrong.push(`${key} was answered and is not in the lake`);
        else wrong.push(...differing(key, row, values));
    }
    for (const key of found.keys()) {
        if (!expected.has(key)) wrong.push(`${key} is in the lake and was never answered rightly`);
    }
    return wrong.slice(0, 5);
}

/** Rows by `channel ts interval`, values by field in the API's units. */
async function readRows(root: string): Promise<Map<string, Values>> {
    const { readings } = lakePaths(root);
    const files = listParquet(readings);
    if (files.length === 0) return new Map();
    const rows = await withDuckDB({ threads: 1 }, (db) =>
        db.rows(
            `select channel_id, epoch(timestamp)::bigint as ts, *
            from read_parquet('${readings}/*/*/readings.parquet', hive_types = {'channel_id': VARCHAR})`,
        ),
    );
    const found = new Map<string, Values>();
    for (const row of rows) {
        const key = `${row.channel_id} ${row.ts} ${row.interval_s}`;
        if (found.has(key)) found.set(`${key} twice`, {});
        const values = defaultFieldCodes.map((code) => {
            const field = findField(code);
            const value = row[field?.column ?? ''];
            return [code, typeof value === 'number' ? value * (field?.divisor ?? 1) : null] as const;
        });
        found.set(key, Object.fromEntries(values));
    }
    return found;
}

function listParquet(folder: string): string[] {
    try {
        return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
            name.endsWith('.parquet'),
        );
    } catch {
        // A run that landed nothing made no folder.
        return [];
    }
}

function differing(key: string, found: Values, expected: Values): string[] {
    return Object.entries(expected).flatMap(([code, value]) =>
        isSame(found[code] ?? null, value)
            ? []
            : [`${key}: ${code} is ${found[code]}, answered was ${value}`],
    );
}

/** Coverage may claim nothing that was not answered, and must know what was, or ask for it again. */
export function findWrongCoverage(source: HostileSource, runs: readonly HostileRun[]): string[] {
    const folder = lakePaths(source.root).coverage;
    const step = source.resolution;
    const wrong: string[] = [];
    /** What was asked and answered, and what of it really stood in an answer: the newest bucket may be left out. */
    const answeredBy = new Map<string, Set<number>>();
    const toldBy = new Map<string, Set<number>>();
    for (const { channelId, from, to, buckets, answered } of rightAnswers(runs)) {
        const known = answeredBy.get(channelId) ?? new Set<number>();
        for (let ts = from; ts < to; ts += step) known.add(ts);
        answeredBy.set(channelId, known);
        const told = toldBy.get(channelId) ?? new Set<number>();
        for (const [start] of buckets) for (let ts = start; ts < start + answered; ts += step) told.add(ts);
        toldBy.set(channelId, told);
    }
    const claimedBy = new Map<string, Claim>();
    for (const file of listCoverage(folder)) {
        const { answered, failed } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
        claimedBy.set(file.replace('.json', ''), {
            answered: spread(answered[step] ?? [], step),
            failed: spread(failed[step] ?? [], step),
        });
    }
    for (const [channelId, { answered }] of claimedBy) {
        const never = [...answered].filter((ts) => !answeredBy.get(channelId)?.has(ts));
        if (never.length > 0)
            wrong.push(`${channelId}: ${never.length} buckets from ${never[0]} only claimed`);
    }
    for (const [channelId, told] of toldBy) {
        const claim = claimedBy.get(channelId);
        const lost = [...told].filter((ts) => !claim?.answered.has(ts) && !claim?.failed.has(ts));
        if (lost.length > 0)
            wrong.push(`${channelId}: ${lost.length} answered buckets from ${lost[0]} not known`);
    }
    return wrong;
}

interface Claim {
    readonly answered: ReadonlySet<number>;
    readonly failed: ReadonlySet<number>;
}

function spread(spans: readonly { from: number; to: number }[], step: number): Set<number> {
    const buckets = new Set<number>();
    for (const { from, to } of spans) for (let ts = from; ts < to; ts += step) buckets.add(ts);
    return buckets;
}

function listCoverage(folder: string): string[] {
    try {
        return readdirSync(folder);
    } catch {
        // No channel was asked yet.
        return [];
    }
}

/** Exit code and journal against what went over the wire. */
export function findDishonesty(run: HostileRun): string[] {
    const wrong: string[] = [];
    const last = run.journal.at(-1);
    const asked = run.journal.filter(({ event }) => event === 'request');
    const failures = asked.filter(({ outcome }) => outcome === 'failed' || outcome === 'quarantined');
    const landed = asked.filter(({ outcome }) => !failures.some((line) => line.outcome === outcome));
    if (last?.event === 'run_finished') {
        if (last.exit !== run.exit) wrong.push(`the journal says exit ${last.exit}, the process ${run.exit}`);
        if (run.exit !== 0 && run.exit !== 7) wrong.push(`a finished run ended with ${run.exit}`);
        if (failures.length > 0 && run.exit === 0) wrong.push(`${failures.length} failures and exit 0`);
    } else if (last?.event === 'run_failed') {
        const known = Object.entries(errorCodes).find(([code]) => code === last.code)?.[1];
        if (known?.exit !== run.exit)
            wrong.push(`the journal says ${last.code}, the process exit ${run.exit}`);
        if (run.exit < 3) wrong.push(`a failed run ended with ${run.exit}: ${run.stderr}`);
    } else wrong.push(`the journal ends with ${JSON.stringify(last)}; exit ${run.exit}: ${run.stderr}`);
    const keyOf = (from: number, to: number, channelId: string): string =>
        `${channelId} ${iso(from)} ${iso(to)}`;
    const right = new Set(rightAnswers([run]).map(({ channelId, from, to }) => keyOf(from, to, channelId)));
    const told = new Set(landed.map(({ channel_id, from, to }) => `${channel_id} ${from} ${to}`));
    for (const key of right)
        if (!told.has(key)) wrong.push(`${key} was answered, the journal does not say so`);
    const unproven = [...told].filter((key) => !right.has(key));
    if (unproven.length > 0 && run.exit === 0)
        wrong.push(`${unproven[0]} landed, but was not answered rightly`);
    const told2 = new Set(asked.map(({ channel_id, from, to }) => `${channel_id} ${from} ${to}`));
    for (const { question } of run.witnessed) {
        if (question === undefined || !run.sent.length) continue;
        const key = keyOf(question.from, question.to, question.channelId);
        const wasHalved = run.witnessed.some(
            ({ question: other, right: answer }) =>
                other === question && answer !== undefined && !counts(answer),
        );
        if (!told2.has(key) && !wasHalved && !endsAbruptly(run))
            wrong.push(`${key} was asked and is not told of`);
    }
    return [...new Set(wrong)].slice(0, 5);
}

/** Requests that were under way when the source as a whole failed end without a line of their own. */
function endsAbruptly({ journal }: HostileRun): boolean {
    return journal.at(-1)?.event === 'run_failed';
}

function iso(instant: number): string {
    return new Date(instant * 1000).toISOString().replace('.000Z', 'Z');
}

/** Tries of one question: the first, five more after 429, three more after other trouble. */
const mostTries = 1 + 5 + 3;
const longestWaitMs = 300_000 * 5 + 60_000;

/** No question is asked more often than the retries allow, and no run waits without end. */
export function findStorm(run: HostileRun): string[] {
    const wrong: string[] = [];
    const lapses = run.witnessed.filter(({ status }) => status === 401 || status === 419);
    const times = new Map<string, number>();
    for (const address of run.sent) times.set(address, (times.get(address) ?? 0) + 1);
    for (const [address, sent] of times) {
        const repeated = lapses.filter((lapse) => lapse.address === address).length;
        // A list that changed while it was read is read a second time.
        const rounds = address.includes('page=') ? 2 : 1;
        if (sent - repeated > rounds * mostTries) wrong.push(`${address} was sent ${sent} times`);
        if (repeated > 2 * rounds * mostTries) wrong.push(`${address} met ${repeated} lapses`);
    }
    const planned = new Set(
        run.journal
            .filter(({ event }) => event === 'request')
            .map(({ channel_id, from, to, resolution }) => `${channel_id} ${from} ${to} ${resolution}`),
    );
    const asked = [...times.keys()].filter((address) => questionInside(address)).length;
    const halved = run.witnessed.filter(({ right }) => right !== undefined && !counts(right)).length;
    if (last(run) !== 'run_failed' && asked > planned.size + halved) {
        wrong.push(`${asked} questions were asked, ${planned.size} were planned`);
    }
    if (run.elapsedMs > times.size * longestWaitMs)
        wrong.push(`the run took ${run.elapsedMs} ms of its clock`);
    return wrong;
}

function last({ journal }: HostileRun): unknown {
    return journal.at(-1)?.event;
}

function questionInside(address: string): boolean {
    return address.includes('/readings/') && address.includes('daterange');
}

/** After the storm: every channel that lives has every bucket, and its newest truth. */
export async function findGaps(source: HostileSource, runs: readonly HostileRun[]): Promise<string[]> {
    const found = await readRows(source.root);
    const site = source.site();
    const { resolution } = source;
    const wrong: string[] = [];
    for (const { channelId } of site.channels) {
        if (channelId === roles.dead && source.staysDead) continue;
        const asked = runs
            .flatMap(({ witnessed }) => witnessed)
            .flatMap(({ question }) => (question?.channelId === channelId ? [question] : []));
        const from = Math.min(...asked.map((question) => question.from));
        const to = Math.max(...asked.map((question) => question.to)) - 2 * resolution;
        for (const [ts, values] of bucketsOf(site, channelId, defaultFieldCodes, { from, to }, resolution)) {
            const row = found.get(`${channelId} ${ts} ${resolution}`);
            if (row !== undefined) wrong.push(...differing(`${channelId} ${ts}`, row, values));
            else if (!found.has(`${channelId} ${Math.floor(ts / 3600) * 3600} 3600`)) {
                wrong.push(`${channelId} has nothing for ${iso(ts)}`);
            }
        }
    }
    return wrong.slice(0, 5);
}
