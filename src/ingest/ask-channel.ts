/** Asks one channel for its planned spans, in order, and lands what comes. */
import type { ApiClient, ReadingsAnswer } from '../api/client.ts';
import { AppError, isAppError, messageOf } from '../core/errors.ts';
import { type ChannelCoverage, withAnswered, withFailed, writeCoverage } from '../lake/coverage.ts';
import { quarantineAnswer } from '../lake/quarantine.ts';
import type { Outcome } from '../lake/runs.ts';
import { landSnapshot } from '../lake/snapshots.ts';
import { daySeconds, floorTo, formatInstant, type Resolution } from '../model/time.ts';
import type { LakeContext } from './context.ts';
import type { ChannelPlan } from './ingest.ts';
import { type PlannedRequest, splitSpan } from './plan.ts';
import type { Tally } from './tally.ts';
import { verifyAnswer } from './verify.ts';

export interface AskOptions {
    readonly api: ApiClient;
    readonly tally: Tally;
    readonly fields: readonly string[];
    /** False when only some of the lake's fields are asked for: the span then does not count as covered. */
    readonly allFields: boolean;
    readonly refetch: boolean;
    readonly resolution: Resolution;
    /** Longest span (s) found to be honoured per resolution; shared by all channels of a run. */
    readonly limits: Map<number, number>;
    /** Aborted when the source as a whole fails: no other channel is asked then. */
    readonly stop: AbortController;
}

/** Failures of the source as a whole: asking the next channel would fail the same way. */
const sourceIsDown = [
    'SOURCE_UNREACHABLE',
    'SOURCE_RATE_LIMITED',
    'SETTINGS_CREDENTIALS_REFUSED',
    'SOURCE_REDIRECTED',
] as const;

/** Failures of a channel that its next span would meet again. */
const channelIsDown = ['SOURCE_INVALID_PARAMETER', 'SOURCE_SERVER_ERROR', 'SOURCE_REFUSED'] as const;

/** Those of them that one bad span may cause: the newest span is asked before the channel is given up. */
const spanIsDown = ['SOURCE_SERVER_ERROR', 'SOURCE_REFUSED'] as const;

/** What one channel's run adds up to. */
interface ChannelRun {
    coverage: ChannelCoverage;
    measured: number;
    answered: boolean;
    /** True when a span failed and what is left is asked newest first. */
    turned: boolean;
}

export async function askChannel(lake: LakeContext, plan: ChannelPlan, options: AskOptions): Promise<void> {
    const { channelId } = plan.channel;
    const run: ChannelRun = { coverage: plan.coverage, measured: 0, answered: false, turned: false };
    const queue = [...plan.requests];
    try {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
            if (options.stop.signal.aborted) {
                await recordFailure(lake, plan, options, run, next, options.stop.signal.reason);
                continue;
            }
            const pieces = shorten(lake, next, options);
            if (pieces.length > 1) {
                queue.unshift(...pieces);
                lake.progress.grow(pieces.length - 1);
                options.tally.planned(pieces.length - 1);
                continue;
            }
            const down = await askSpan(lake, plan, options, run, next, queue);
            lake.progress.step(1, plan.channel.channelName);
            if (down === undefined) continue;
            if (!run.turned && isAppError(down, ...spanIsDown)) {
                await turnAround(lake, plan, options, run, queue);
            } else {
                for (const left of queue.splice(0)) {
                    await recordFailure(lake, plan, options, run, left, down);
                    lake.progress.step(1);
                }
            }
        }
    } finally {
        await keepCoverage(lake, plan, run);
        options.tally.channel(channelId, run.answered && run.measured === 0);
    }
}

async function keepCoverage(lake: LakeContext, plan: ChannelPlan, run: ChannelRun): Promise<void> {
    if (run.coverage === plan.coverage) return;
    const healedAt = run.answered ? Math.floor(lake.runtime.now() / 1000) : run.coverage.healedAt;
    await writeCoverage(lake.files, lake.paths, plan.channel.channelId, { ...run.coverage, healedAt });
}

/**
 * A span may fail for good: the channel's newest readings must not wait behind it. What is left counts as failed
 * until it is answered, so that a kill leaves no hole behind the newest span.
 */
async function turnAround(
    lake: LakeContext,
    plan: ChannelPlan,
    options: AskOptions,
    run: ChannelRun,
    queue: PlannedRequest[],
): Promise<void> {
    run.turned = true;
    queue.reverse();
    for (const span of options.allFields ? queue : []) {
        run.coverage = withFailed(run.coverage, options.resolution, span);
    }
    await keepCoverage(lake, plan, run);
}

/** Cuts a request to the length found to be honoured earlier in this run. */
function shorten(lake: LakeContext, request: PlannedRequest, options: AskOptions): PlannedRequest[] {
    const longest = options.limits.get(request.ask);
    if (longest === undefined || request.to - request.from <= longest) return [request];
    return splitSpan(request, lake.manifest.granularity, longest).map((span) => ({
        ...span,
        ask: request.ask,
    }));
}

/** One request. Returns the error when the channel's other spans need not be tried. */
async function askSpan(
    lake: LakeContext,
    plan: ChannelPlan,
    options: AskOptions,
    run: ChannelRun,
    request: PlannedRequest,
    queue: PlannedRequest[],
): Promise<AppError | undefined> {
    const { channelId } = plan.channel;
    const asked = {
        channelId,
        from: request.from,
        to: request.to,
        resolution: request.ask,
        fields: deliverable(run.coverage, options),
    };
    let answer: ReadingsAnswer;
    try {
        answer = await options.api.readings(asked);
    } catch (error) {
        if (lake.runtime.signal.aborted) throw error;
        await recordFailure(lake, plan, options, run, request, error);
        await keepCoverage(lake, plan, run);
        if (isAppError(error, ...sourceIsDown)) options.stop.abort(error);
        return isAppError(error, ...channelIsDown) ? error : undefined;
    }
    const { envelope } = answer;
    const verdict = verifyAnswer(envelope, asked, answer.fields, answer.fetchedAt / 1000);
    if (verdict.kind === 'bad') {
        const broken = new AppError('SOURCE_BAD_ANSWER', `channel ${channelId}: ${verdict.message}`, {
            details: {
                reason: verdict.reason,
                path: answer.path,
                query: answer.query,
                status: answer.status,
                body: answer.body,
            },
        });
        await recordFailure(lake, plan, options, run, request, broken);
        await keepCoverage(lake, plan, run);
        return undefined;
    }
    const isCoarser = envelope.resolution > request.ask;
    if (isCoarser && request.to - request.from > daySeconds) {
        const pieces = halve(lake, request, options);
        queue.unshift(...pieces);
        options.tally.planned(pieces.length - 1);
        lake.progress.grow(pieces.length);
        return undefined;
    }
    const span = { from: request.from, to: request.to };
    const name = {
        ...span,
        channelId,
        resolution: request.ask,
        answered: envelope.resolution,
        fetchedAt: answer.fetchedAt,
    };
    await landSnapshot(lake.files, lake.paths, name, answer);
    const outcome: Outcome = verdict.measured === 0 ? 'empty' : isCoarser ? 'coarser' : 'landed';
    options.tally.request(outcome, verdict.readings, verdict.measured);
    run.answered = true;
    run.measured += verdict.measured;
    const covered = options.allFields
        ? withAnswered(run.coverage, options.resolution, { from: span.from, to: verdict.coveredTo })
        : run.coverage;
    run.coverage = {
        ...covered,
        lastReadingEnd: newest(covered.lastReadingEnd, verdict.lastReadingEnd),
        // A run for some of the fields learns nothing about the others.
        fields:
            options.allFields && answer.fields.length < options.fields.length
                ? answer.fields
                : covered.fields,
    };
    await lake.journal.write({
        event: 'request',
        channel_id: channelId,
        from: formatInstant(span.from),
        to: formatInstant(span.to),
        resolution: request.ask,
        answered: envelope.resolution,
        outcome,
        readings: verdict.readings,
        measured: verdict.measured,
    });
    return undefined;
}

/** The API answered coarser than asked: ask for shorter spans, this one and all that follow. */
function halve(lake: LakeContext, request: PlannedRequest, options: AskOptions): PlannedRequest[] {
    const half = Math.max(daySeconds, floorTo((request.to - request.from) / 2, daySeconds));
    options.limits.set(request.ask, Math.min(half, options.limits.get(request.ask) ?? half));
    lake.log.debug(
        'span_shortened',
        { resolution: request.ask, longest_s: half },
        `${request.ask} s is not answered for spans this long; asking ${half / daySeconds} days at a time`,
    );
    return splitSpan(request, lake.manifest.granularity, half).map((span) => ({ ...span, ask: request.ask }));
}

async function recordFailure(
    lake: LakeContext,
    plan: ChannelPlan,
    options: AskOptions,
    run: ChannelRun,
    request: PlannedRequest,
    error: unknown,
): Promise<void> {
    if (!isAppError(error)) throw error;
    const { channelId, channelName } = plan.channel;
    const isBroken = error.code === 'SOURCE_BAD_ANSWER';
    const reason = String(error.details.reason ?? error.code);
    const quarantine = isBroken
        ? await quarantineAnswer(lake.files, lake.paths, {
              reason,
              message: error.message,
              at: lake.runtime.now(),
              subject: `readings-${channelId}`,
              details: {
                  channel_id: channelId,
                  from: formatInstant(request.from),
                  to: formatInstant(request.to),
                  resolution: request.ask,
                  ...error.details,
              },
          })
        : undefined;
    options.tally.request(isBroken ? 'quarantined' : 'failed', 0, 0);
    options.tally.failure(channelId, channelName, error.code, messageOf(error));
    run.coverage = withFailed(run.coverage, options.resolution, request);
    await lake.journal.write({
        event: 'request',
        channel_id: channelId,
        from: formatInstant(request.from),
        to: formatInstant(request.to),
        resolution: request.ask,
        outcome: isBroken ? 'quarantined' : 'failed',
        code: error.code,
        reason: messageOf(error),
        ...(quarantine === undefined ? {} : { quarantine }),
    });
}

/** The asked fields the channel is known to have; a re-fetch asks for all and learns anew. */
function deliverable(coverage: ChannelCoverage, options: AskOptions): readonly string[] {
    const known = coverage.fields;
    if (known === null || options.refetch) return options.fields;
    return options.fields.filter((code) => known.includes(code));
}

function newest(a: number | null, b: number | null): number | null {
    return a === null ? b : b === null ? a : Math.max(a, b);
}
