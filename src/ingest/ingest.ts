/**
 * Pulls what is missing: plan, ask, verify, land. The failure of one channel stops no other; every span ends in the
 * journal as landed, empty, coarser than asked, failed or quarantined.
 */
import type { ApiClient } from '../api/client.ts';
import { AppError } from '../core/errors.ts';
import { together } from '../core/together.ts';
import { type ChannelCoverage, readCoverage } from '../lake/coverage.ts';
import { listInbox, type Snapshot } from '../lake/snapshots.ts';
import type { Resolution } from '../model/time.ts';
import { askChannel } from './ask-channel.ts';
import { type KnownChannel, selectChannels } from './channels.ts';
import type { LakeContext } from './context.ts';
import { type PlannedRequest, planChannel } from './plan.ts';
import { syncReference } from './reference.ts';
import type { RunSummary } from './summary.ts';
import { type Tally, withRun } from './tally.ts';

export interface IngestOptions {
    /** Epoch seconds; both left out = incremental. */
    readonly from?: number;
    readonly to?: number;
    /** Organizations and channels to ask, by id or name; empty = all. */
    readonly organizations: readonly string[];
    readonly channels: readonly string[];
    readonly excludeChannels: readonly string[];
    /** Seconds. */
    readonly resolution: Resolution;
    /** Codes to ask for; the lake's own fields when left out. */
    readonly fields?: readonly string[];
    readonly refetch: boolean;
    readonly dryRun: boolean;
    readonly rereadDays: number;
    readonly firstRunDays: number;
    readonly healDays: number;
    readonly concurrency: number;
    readonly requestsPerSecond: number;
}

/** What `--dry-run` shows. Spans in epoch seconds. */
export interface PlanPreview {
    readonly kind: 'plan';
    readonly requests: number;
    readonly channels: number;
    readonly spans: readonly {
        readonly channelId: string;
        readonly channelName: string;
        readonly from: number;
        readonly to: number;
        readonly requests: number;
    }[];
    /** At the configured rate; 0 when the rate is unlimited. */
    readonly estimatedSeconds: number;
}

/** A channel with what is known and what is to be asked. */
export interface ChannelPlan {
    readonly channel: KnownChannel;
    readonly coverage: ChannelCoverage;
    readonly requests: readonly PlannedRequest[];
}

export async function ingest(
    lake: LakeContext,
    api: ApiClient,
    options: IngestOptions,
): Promise<RunSummary | PlanPreview> {
    if (options.dryRun) return await previewIngest(lake, api, options);
    return await withRun(lake, { resolution: options.resolution }, (tally) =>
        ingestInto(lake, api, options, tally),
    );
}

/** The plan without its requests; the reference lists are read, nothing is written. */
export async function previewIngest(
    lake: LakeContext,
    api: ApiClient,
    options: IngestOptions,
): Promise<PlanPreview> {
    const channels = await syncReference(lake, api, undefined);
    const plans = await planAll(lake, selectChannels(channels, options), options);
    const requests = plans.reduce((sum, plan) => sum + plan.requests.length, 0);
    return {
        kind: 'plan',
        requests,
        channels: plans.length,
        spans: plans.flatMap(({ channel, requests: planned }) => {
            const first = planned[0];
            const last = planned.at(-1);
            return first === undefined || last === undefined
                ? []
                : [
                      {
                          channelId: channel.channelId,
                          channelName: channel.channelName,
                          from: first.from,
                          to: last.to,
                          requests: planned.length,
                      },
                  ];
        }),
        estimatedSeconds:
            options.requestsPerSecond === 0 ? 0 : Math.ceil(requests / options.requestsPerSecond),
    };
}

/** The body of an ingest, counted into the tally of the run it is part of. */
export async function ingestInto(
    lake: LakeContext,
    api: ApiClient,
    options: IngestOptions,
    tally: Tally,
): Promise<void> {
    requireLakeFields(lake, options.fields ?? []);
    const known = await syncReference(lake, api, tally);
    const plans = await planAll(lake, selectChannels(known, options), options);
    const total = plans.reduce((sum, plan) => sum + plan.requests.length, 0);
    tally.planned(total);
    lake.progress.start(total, 'requests');
    const stop = new AbortController();
    const fields = options.fields ?? lake.manifest.fields;
    const allFields = lake.manifest.fields.every((code) => fields.includes(code));
    const { resolution, refetch } = options;
    const ask = { api, tally, stop, fields, allFields, refetch, resolution, limits: new Map() };
    try {
        // A failure that is nobody's in particular, as a full disk, ends the other channels at their next span.
        const callOff = (error: unknown): void => stop.abort(error);
        await together(plans, options.concurrency, (plan) => askChannel(lake, plan, ask), callOff);
    } finally {
        lake.progress.stop();
        tally.requests(api.counters.requests);
    }
    // Nothing came through and the source as a whole is the reason: that is its own exit code, not "partial".
    if (stop.signal.aborted && tally.summary().readings === 0) throw stop.signal.reason;
}

async function planAll(
    lake: LakeContext,
    channels: readonly KnownChannel[],
    options: IngestOptions,
): Promise<ChannelPlan[]> {
    const { snapshots } = await listInbox(lake.paths);
    const waiting = new Map<string, Snapshot[]>();
    for (const snapshot of snapshots) {
        waiting.set(snapshot.channelId, [...(waiting.get(snapshot.channelId) ?? []), snapshot]);
    }
    const plans: ChannelPlan[] = [];
    for (const channel of channels) {
        const coverage = await readCoverage(
            lake.paths,
            channel.channelId,
            waiting.get(channel.channelId) ?? [],
            lake.manifest.fields,
        );
        const requests = planChannel(coverage, channel.timeZone, {
            now: Math.floor(lake.runtime.now() / 1000),
            resolution: options.resolution,
            granularity: lake.manifest.granularity,
            from: options.from,
            to: options.to,
            refetch: options.refetch,
            rereadDays: options.rereadDays,
            firstRunDays: options.firstRunDays,
            healDays: options.healDays,
        });
        plans.push({ channel, coverage, requests });
    }
    return plans;
}

function requireLakeFields(lake: LakeContext, fields: readonly string[]): void {
    const strange = fields.filter((code) => !lake.manifest.fields.includes(code));
    if (strange.length === 0) return;
    throw new AppError(
        'USAGE_BAD_ARGUMENTS',
        `the lake has no column for ${strange.join(', ')}; its fields are ${lake.manifest.fields.join(', ')}`,
        {
            hint: `Add ${strange.length === 1 ? 'it' : 'them'} with \`eniscope-lake fields add ${strange.join(' ')}\`.`,
        },
    );
}
