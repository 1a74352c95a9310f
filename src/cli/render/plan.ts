/** A dry run's plan: on stdout what would be asked, on stderr how long it would take. */
import type { PlanPreview } from '../../ingest/ingest.ts';
import type { RunSummary } from '../../ingest/summary.ts';
import { formatInstant } from '../../model/time.ts';
import type { Context } from '../context.ts';
import { count, formatDuration } from './summary.ts';
import { formatTable } from './table.ts';

export function isPlan(result: PlanPreview | RunSummary): result is PlanPreview {
    return 'kind' in result;
}

/** Writes one line a channel and span. Gives the exit code. */
export function showPlan(plan: PlanPreview, { runtime, say, voice }: Context): number {
    const rows = plan.spans.map(({ channelId, channelName, from, to, requests }) => [
        channelId,
        channelName,
        formatInstant(from),
        formatInstant(to),
        requests,
    ]);
    const head = ['channel_id', 'channel_name', 'from', 'to', 'requests'];
    if (rows.length > 0) runtime.stdout.write(formatTable(head, rows, { color: voice.color.stdout }));
    say.info(
        'planned',
        { requests: plan.requests, channels: plan.channels, estimated_seconds: plan.estimatedSeconds },
        `${count(plan.requests, 'request')} for ${count(plan.channels, 'channel')}, about ${formatDuration(plan.estimatedSeconds * 1000)}; nothing was asked or written`,
    );
    return 0;
}
