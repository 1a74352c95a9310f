/** The page the demo prints: what was fetched, the lake on disk, energy with coverage, a chart, faults, what next. */
import { stat } from 'node:fs/promises';
import { relative } from 'node:path';
import colors from 'picocolors';
import prettyBytes from 'pretty-bytes';
import type { LakeStatus } from '../../ingest/status.ts';
import type { RunSummary } from '../../ingest/summary.ts';
import { lakePaths } from '../../lake/layout.ts';
import type { SiteSource } from '../../simulator/site.ts';
import type { Context } from '../context.ts';
import { openLake, openViews } from '../lake.ts';
import { count, formatDuration } from '../render/summary.ts';
import { type Cell, formatNumber, formatTable } from '../render/table.ts';
import { type ChartDay, type MeterEnergy, readChart, readEnergy } from './energy.ts';

export interface DemoResult {
    readonly summary: RunSummary;
    readonly isFirst: boolean;
    readonly site: SiteSource;
}

/** Writes the page to stdout. */
export async function writeDemoPage(context: Context, result: DemoResult): Promise<void> {
    const { runtime, settings, voice } = context;
    const now = Math.floor(runtime.now() / 1000);
    const { lakeStatus } = await import('../../ingest/status.ts');
    const status = await openLake(context, { command: 'demo', write: false }, (lake) => lakeStatus(lake));
    const { meters, largest, chart } = await openViews(context, [], async (db) => {
        const found = await readEnergy(db, now);
        const [site = '', timeZone = 'UTC'] = findLargest(found);
        return { meters: found, largest: site, chart: await readChart(db, site, timeZone, now) };
    });
    const lake = relative(runtime.cwd, settings.lake) || '.';
    const sections: readonly (readonly [string, string])[] = [
        [result.isFirst ? 'What was fetched' : 'Second run: only what is new', describeRun(result)],
        ['The lake on disk', describeDisk(status, await measureCatalog(settings.lake), lake)],
        ['Energy, on the calendar of each site', formatEnergy(meters)],
        [`${largest}, kWh a day`, formatChart(chart)],
        ['What was wrong with the data', describeFaults(result)],
        ['What to do next', describeNext(lake, meters)],
    ];
    runtime.stdout.write(
        `eniscope-lake on ${count(result.site.channels.length, 'simulated meter')} of ${count(new Set(meters.map(({ site }) => site)).size, 'site')}\n`,
    );
    const { bold } = colors.createColors(voice.color.stdout);
    for (const [title, body] of sections) {
        runtime.stdout.write(`\n${bold(title)}\n${indent(body)}`);
    }
}

function describeRun({ summary, isFirst }: DemoResult): string {
    const { requests, readings, channels, snapshots, partitions } = summary;
    const seconds = formatDuration(summary.finishedAt - summary.startedAt);
    const asked = isFirst
        ? 'a first run asks 35 days back, 15 minutes a reading'
        : 'asked only for what is not in the lake yet, and the last days again in case a meter sent late';
    return [
        asked,
        `${count(requests, 'request')} → ${count(readings, 'reading')} of ${count(channels, 'channel')}`,
        `${count(snapshots, 'raw snapshot')} → ${count(partitions, 'Parquet file')}, all in ${seconds}`,
    ].join('\n');
}

function describeDisk({ raw, readings, reference }: LakeStatus, catalog: Amount, lake: string): string {
    const row = (place: string, amount: Amount, what: string): Cell[] => [
        `${lake}/${place}`,
        count(amount.files, 'file'),
        prettyBytes(amount.bytes),
        what,
    ];
    return withoutHead([
        row('raw/', raw, 'every answer as it came'),
        row('readings/', readings, 'Parquet, one file a channel and month'),
        row('reference/', reference, 'organizations, devices, channels'),
        row('lake.duckdb, lake.sql', catalog, 'the views'),
    ]);
}

async function measureCatalog(root: string): Promise<Amount> {
    const { catalog, catalogSql } = lakePaths(root);
    const sizes = await Promise.all([catalog, catalogSql].map(async (file) => (await stat(file)).size));
    return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

interface Amount {
    readonly files: number;
    readonly bytes: number;
}

function formatEnergy(meters: readonly MeterEnergy[]): string {
    const head = ['', 'yesterday', 'measured', 'this month', 'measured'];
    const sites = [...new Set(meters.map(({ site }) => site))];
    const rows = sites.flatMap((site) => {
        const members = meters.filter((meter) => meter.site === site);
        return [
            [site, kwh(sumOf(members, 'dayKwh')), '', kwh(sumOf(members, 'monthKwh')), ''],
            ...members.map((meter) => [
                `  ${meter.name}`,
                kwh(meter.dayKwh),
                percent(meter.dayCoverage),
                kwh(meter.monthKwh),
                percent(meter.monthCoverage),
            ]),
        ];
    });
    return formatTable(head, rows, { color: false, numeric: [false, true, true, true, true] });
}

function formatChart(days: readonly ChartDay[]): string {
    return withoutHead(
        days.map(({ day, kwh: value, bar }) => [day, formatNumber(value, 1), bar]),
        [false, true],
    );
}

function describeFaults({ summary, site }: DemoResult): string {
    const silent = site.channels.filter(({ channelId }) => summary.silentChannels.includes(channelId));
    const hubs = new Set(silent.map(({ deviceId }) => deviceId));
    const devices = site.devices
        .filter(({ deviceId }) => hubs.has(deviceId))
        .map(({ deviceName }) => deviceName);
    const lines: string[] = [];
    if (silent.length > 0) {
        lines.push(
            `${count(silent.length, 'channel')} answered null for every reading: ${devices.slice(0, 3).join(', ')} … sent nothing`,
            '    kept as null, which is not zero and not "never asked"',
        );
    }
    for (const { channelName, channelId, code } of summary.failures) {
        lines.push(`${channelName} (${channelId}) failed with ${code}`);
    }
    if (summary.failures.length > 0) {
        lines.push(
            '    they held up nothing else; a real run would end with exit code 7 and ask again next time',
        );
    }
    return lines.length === 0 ? 'nothing' : lines.join('\n');
}

function describeNext(lake: string, meters: readonly MeterEnergy[]): string {
    const id = meters[0]?.channelId ?? '1';
    return [
        'ask it in the DuckDB shell',
        `    duckdb ${lake}/lake.duckdb "select channel_name, date, energy_kwh, coverage from energy_daily order by date desc limit 10"`,
        'read it with pandas',
        `    python3 -c "import pandas as pd; print(pd.read_parquet('${lake}/readings', filters=[('channel_id', '==', ${id})]))"`,
        'your own account: put ENISCOPE_API_KEY, ENISCOPE_EMAIL and ENISCOPE_PASSWORD into .env (see .env.example), then',
        '    npx eniscope-lake sync',
    ].join('\n');
}

/** Name and zone of the site with the most energy. */
function findLargest(meters: readonly MeterEnergy[]): readonly [string, string] | readonly [] {
    const total = (site: string): number =>
        sumOf(
            meters.filter((meter) => meter.site === site),
            'monthKwh',
        ) ?? 0;
    const best = meters.reduce<MeterEnergy | undefined>(
        (found, meter) => (found === undefined || total(meter.site) > total(found.site) ? meter : found),
        undefined,
    );
    return best === undefined ? [] : [best.site, best.timeZone];
}

function sumOf(meters: readonly MeterEnergy[], key: 'dayKwh' | 'monthKwh'): number | null {
    const known = meters.flatMap((meter) => meter[key] ?? []);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

function kwh(value: number | null): string | null {
    return value === null ? null : `${formatNumber(value, 1)} kWh`;
}

function percent(share: number | null): string | null {
    return share === null ? null : `${Math.floor(share * 100)} %`;
}

function withoutHead(rows: readonly (readonly Cell[])[], numeric: readonly boolean[] = []): string {
    const head = (rows[0] ?? []).map(() => '');
    return formatTable(head, rows, { color: false, numeric }).replace(/^.*\n/, '');
}

function indent(text: string): string {
    return `${text.trimEnd().replaceAll(/^(?=.)/gm, '  ')}\n`;
}
