/** `status`: what the lake holds, per channel, and how the last run went. */
import prettyBytes from 'pretty-bytes';
import type { ChannelStatus, LakeStatus } from '../../ingest/status.ts';
import { formatInstant } from '../../model/time.ts';
import { defineCommand, oneOf } from '../command.ts';
import { openLake } from '../lake.ts';
import { count } from '../render/summary.ts';
import { type Cell, formatTable } from '../render/table.ts';

export const status = defineCommand({
    usage: 'status',
    summary: 'Show what the lake holds, until when, and what is waiting or in quarantine.',
    options: { format: oneOf('Form of the answer.', ['table', 'json'], 'table') },
    examples: [{ command: 'status --format json', does: 'for a monitor' }],
    run: async (args, context) => {
        const { runtime, voice } = context;
        const { lakeStatus } = await import('../../ingest/status.ts');
        const found = await openLake(context, { command: 'status', write: false }, (lake) =>
            lakeStatus(lake),
        );
        if (args.text('format') === 'json') {
            runtime.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
            return 0;
        }
        runtime.stdout.write(`${describeLake(found)}\n`);
        if (found.channels.length > 0) {
            runtime.stdout.write(
                `\n${formatTable(head, found.channels.map(toRow), { color: voice.color.stdout })}`,
            );
        }
        return 0;
    },
});

const head = ['channel', 'name', 'organization', 'asked from', 'asked until', 'last value', 'failed spans'];

function toRow(channel: ChannelStatus): Cell[] {
    return [
        channel.channelId,
        channel.channelName,
        channel.organizationName,
        formatMaybe(channel.coveredFrom),
        formatMaybe(channel.coveredTo),
        formatMaybe(channel.lastReadingEnd),
        channel.failedSpans,
    ];
}

function formatMaybe(instant: number | null): string | null {
    return instant === null ? null : formatInstant(instant);
}

function describeLake(found: LakeStatus): string {
    const { readings, raw } = found;
    return [
        `lake         ${found.root}: files by ${found.granularity}, fields ${found.fields.join(' ')}`,
        `readings     ${count(readings.files, 'file')}, ${prettyBytes(readings.bytes)}`,
        `raw          ${count(raw.files, 'file')}, ${prettyBytes(raw.bytes)}, ${count(found.packs, 'pack')} of whole months; ${count(found.inbox, 'snapshot')} waiting for compact`,
        `quarantine   ${count(found.quarantined, 'file')}`,
        `last run     ${describeRun(found.lastRun)}`,
    ].join('\n');
}

function describeRun(entry: LakeStatus['lastRun']): string {
    if (entry === undefined) return 'none';
    const { time, event, command, failed = 0 } = entry;
    const end =
        event === 'run_failed'
            ? 'failed'
            : failed === 0
              ? 'finished'
              : `finished, ${String(failed)} spans failed`;
    return `${String(time)}, ${String(command ?? 'run')} ${end}`;
}
