import { describe, expect, it } from 'vitest';
import { describeSummary, formatDuration, saySummary } from '../../../src/cli/render/summary.ts';
import { createLogger } from '../../../src/core/log.ts';
import type { RunSummary } from '../../../src/ingest/summary.ts';
import { textStream } from '../../support/fake-runtime.ts';

const nothing: RunSummary = {
    command: 'sync',
    run: 'r1',
    startedAt: 1_000_000,
    finishedAt: 1_012_300,
    requests: 0,
    planned: 0,
    landed: 0,
    empty: 0,
    coarser: 0,
    failed: 0,
    quarantined: 0,
    readings: 0,
    measured: 0,
    channels: 0,
    silentChannels: [],
    failures: [],
    snapshots: 0,
    partitions: 0,
    rows: 0,
    bytes: 0,
    identical: 0,
    restored: 0,
    warnings: [],
};

const failure = (channelId: string, message: string) => ({
    channelId,
    channelName: `meter ${channelId}`,
    code: 'SOURCE_SERVER_ERROR',
    message,
    spans: 1,
});

function say(summary: RunSummary, format: 'text' | 'json', level: 'info' | 'warn' = 'info'): string {
    const out = textStream();
    saySummary(summary, createLogger(out, { format, level, color: false, now: () => 0 }));
    return out.text;
}

describe('the summary of a run', () => {
    it('is exactly one JSON line with the counts for cron', () => {
        const line = say({ ...nothing, requests: 4, planned: 3, landed: 3, readings: 288 }, 'json');
        expect(line.endsWith('\n')).toBe(true);
        expect(line.trimEnd()).not.toContain('\n');
        expect(JSON.parse(line)).toMatchObject({
            level: 'info',
            event: 'sync_finished',
            run: 'r1',
            requests: 4,
            landed: 3,
            failed: 0,
            readings: 288,
            duration_ms: 12_300,
        });
    });

    it('tells a person what was fetched and compacted', () => {
        const text = describeSummary({
            ...nothing,
            requests: 45,
            planned: 42,
            landed: 40,
            empty: 2,
            readings: 2880,
            channels: 1,
            snapshots: 42,
            partitions: 2,
            rows: 5760,
            bytes: 1_500_000,
        });
        expect(text).toBe(
            'sync: 2,880 readings of 1 channel in 45 requests; 42 spans: 40 landed, 2 empty (12 s)\n' +
                '42 snapshots compacted into 2 files: 5,760 rows, 1.5 MB',
        );
    });

    it('says when there was nothing new', () => {
        expect(describeSummary(nothing)).toBe('sync: nothing new (12 s)');
    });

    it('puts failures with the same reason together', () => {
        const failures = [
            failure('1', 'GET /readings/1 answered 500'),
            failure('2', 'GET /readings/2 answered 500'),
            failure('3', 'something else'),
        ];
        const lines = describeSummary({ ...nothing, failed: 3, failures }).split('\n');
        expect(lines).toContain('failed: meter 1 (1), meter 2 (2)');
        expect(lines).toContain('    SOURCE_SERVER_ERROR: something else');
    });

    it('is a warning when something failed, so that --quiet shows it', () => {
        const failed = { ...nothing, failed: 1, failures: [failure('1', 'no')] };
        expect(say(failed, 'text', 'warn')).toMatch(/^warning: sync:/);
        expect(say(nothing, 'text', 'warn')).toBe('');
    });
});

it.each([
    [400, '0.4 s'],
    [12_300, '12 s'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
    [59_900, '60 s'],
])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
});
