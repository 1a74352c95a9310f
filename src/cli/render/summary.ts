/** A run in words: a short paragraph for people, one line with the counts for cron. */
import prettyBytes from 'pretty-bytes';
import type { Logger } from '../../core/log.ts';
import type { Failure, RunSummary } from '../../ingest/summary.ts';
import { formatNumber } from './table.ts';

/** Says what a run did: as a warning when something failed, so that --quiet shows it. */
export function saySummary(summary: RunSummary, say: Logger): void {
    const { command, startedAt, finishedAt, failures, silentChannels, warnings, ...counts } = summary;
    const failed = summary.failed + summary.quarantined;
    const fields = {
        ...counts,
        duration_ms: finishedAt - startedAt,
        ...(silentChannels.length === 0 ? {} : { silentChannels }),
        ...(failures.length === 0 ? {} : { failures }),
        ...(warnings.length === 0 ? {} : { warnings }),
    };
    const level = failed > 0 || warnings.length > 0 ? 'warn' : 'info';
    say[level](`${command.split(' ')[0]}_finished`, fields, describeSummary(summary));
}

/** The paragraph: what was fetched, what was compacted, what failed and why. */
export function describeSummary(summary: RunSummary): string {
    const lines = [describeFetch(summary), describeCompaction(summary)].filter((line) => line !== '');
    if (lines.length === 0) lines.push('nothing new');
    lines[0] = `${summary.command}: ${lines[0]} (${formatDuration(summary.finishedAt - summary.startedAt)})`;
    if (summary.silentChannels.length > 0) {
        const names = summary.silentChannels.slice(0, 12).join(', ');
        const more = summary.silentChannels.length > 12 ? ' …' : '';
        lines.push(
            `${count(summary.silentChannels.length, 'channel')} answered without a single value: ${names}${more}`,
        );
    }
    lines.push(...summary.warnings.map((warning) => `warning: ${warning}`));
    lines.push(...describeFailures(summary.failures));
    return lines.join('\n');
}

function describeFetch(summary: RunSummary): string {
    if (summary.requests === 0) return '';
    const spans = [
        `${summary.landed} landed`,
        summary.coarser > 0 ? `${summary.coarser} coarser than asked` : '',
        summary.empty > 0 ? `${summary.empty} empty` : '',
        summary.failed > 0 ? `${summary.failed} failed` : '',
        summary.quarantined > 0 ? `${summary.quarantined} quarantined` : '',
    ].filter((part) => part !== '');
    return (
        `${count(summary.readings, 'reading')} of ${count(summary.channels, 'channel')} ` +
        `in ${count(summary.requests, 'request')}; ${count(summary.planned, 'span')}: ${spans.join(', ')}`
    );
}

function describeCompaction(summary: RunSummary): string {
    if (summary.partitions === 0 && summary.snapshots === 0) return '';
    const files = count(summary.partitions, 'file');
    const done =
        summary.snapshots === 0
            ? `${files} made anew`
            : `${count(summary.snapshots, 'snapshot')} compacted into ${files}`;
    return `${done}: ${count(summary.rows, 'row')}, ${prettyBytes(summary.bytes)}${describeProof(summary)}`;
}

/** What a rebuild proved: the bytes are those the checksums of before name. */
function describeProof({ identical, restored, partitions }: RunSummary): string {
    if (identical === 0) return '';
    const which = identical === partitions ? 'all' : formatNumber(identical);
    const damaged = restored === 0 ? '' : `, ${formatNumber(restored)} of which had been damaged or lost`;
    return `; ${which} byte for byte as recorded${damaged}`;
}

/** Failures with the same reason stand together: thirty channels behind one dead host are one line. */
function describeFailures(failures: readonly Failure[]): string[] {
    const groups = new Map<string, Failure[]>();
    for (const failure of failures) {
        const reason = `${failure.code}: ${withoutIds(failure)}`;
        groups.set(reason, [...(groups.get(reason) ?? []), failure]);
    }
    return [...groups].map(([reason, members]) => {
        const names = members.map(
            ({ channelName, channelId, spans }) =>
                `${channelName} (${channelId}${spans > 1 ? `, ${spans} spans` : ''})`,
        );
        const shown = names.slice(0, 12).join(', ');
        const more = names.length > 12 ? ` and ${names.length - 12} more` : '';
        return `failed: ${shown}${more}\n    ${reason}`;
    });
}

/** The channel's own id in a message would make every reason a different one. */
function withoutIds({ message, channelId }: Failure): string {
    return message.replaceAll(channelId, '<id>');
}

/** `1 reading`, `2,880 readings` */
export function count(number: number, thing: string): string {
    return `${formatNumber(number)} ${thing}${number === 1 ? '' : 's'}`;
}

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min` */
export function formatDuration(ms: number): string {
    const seconds = ms / 1000;
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    if (seconds < 60) return `${Math.round(seconds)} s`;
    const minutes = Math.floor(Math.round(seconds) / 60);
    if (minutes < 60) return `${minutes} min ${Math.round(seconds) % 60} s`;
    return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
