/**
 * `npm run bench`: measures the program against bare baselines in the same run and prints a table with targets.
 * `--only a,c` runs some rows; `--write` puts the table into docs/performance.md. Exit code 1 when a target is missed.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/cli/package.ts';
import { pieceArgument, runAsPiece } from './child.ts';
import { type SharedLakes, shareLakes } from './lakes.ts';
import type { Line } from './line.ts';
import { describeMachine } from './machine.ts';
import { askWarm } from './pieces/ask-warm.ts';
import { bareCompact } from './pieces/bare-compact.ts';
import { bareIngest } from './pieces/bare-ingest.ts';
import { compactLake } from './pieces/compact-lake.ts';
import { ingestFleet } from './pieces/ingest-fleet.ts';
import { landRaw } from './pieces/land-raw.ts';
import { packMonth } from './pieces/pack-month.ts';
import { planSync } from './pieces/plan-sync.ts';
import { serveFleet } from './pieces/serve-fleet.ts';
import { writeArchive } from './pieces/write-archive.ts';
import { writeLake } from './pieces/write-lake.ts';
import { benchArchive } from './rows/archive.ts';
import { benchCompaction } from './rows/compaction.ts';
import { benchDaily } from './rows/daily.ts';
import { benchIngest } from './rows/ingest.ts';
import { benchNewHour } from './rows/new-hour.ts';
import { benchRollups } from './rows/rollups.ts';
import { withScratch } from './scratch.ts';
import { renderMarkdown, renderTable, replaceBetweenMarkers } from './table.ts';

const rows: readonly (readonly [
    letter: string,
    bench: (scratch: string, lakes: SharedLakes) => Promise<Line[]>,
])[] = [
    ['a', benchCompaction],
    ['b', (_scratch, lakes) => benchNewHour(lakes)],
    ['c', benchIngest],
    ['d', (_scratch, lakes) => benchDaily(lakes)],
    ['e', benchArchive],
    ['f', (_scratch, lakes) => benchRollups(lakes)],
];

const pieces: Readonly<Record<string, (json: string) => Promise<void>>> = Object.fromEntries([
    [landRaw.name, (json: string) => runAsPiece(landRaw, json)] as const,
    [compactLake.name, (json: string) => runAsPiece(compactLake, json)] as const,
    [bareCompact.name, (json: string) => runAsPiece(bareCompact, json)] as const,
    [writeLake.name, (json: string) => runAsPiece(writeLake, json)] as const,
    [serveFleet.name, (json: string) => runAsPiece(serveFleet, json)] as const,
    [ingestFleet.name, (json: string) => runAsPiece(ingestFleet, json)] as const,
    [bareIngest.name, (json: string) => runAsPiece(bareIngest, json)] as const,
    [writeArchive.name, (json: string) => runAsPiece(writeArchive, json)] as const,
    [planSync.name, (json: string) => runAsPiece(planSync, json)] as const,
    [packMonth.name, (json: string) => runAsPiece(packMonth, json)] as const,
    [askWarm.name, (json: string) => runAsPiece(askWarm, json)] as const,
]);

async function bench(argv: readonly string[]): Promise<boolean> {
    const { values } = parseArgs({
        args: [...argv],
        options: { only: { type: 'string' }, write: { type: 'boolean', default: false } },
    });
    const wanted = values.only?.split(',') ?? rows.map(([letter]) => letter);
    const stranger = wanted.find((letter) => !rows.some(([known]) => known === letter));
    if (stranger !== undefined) throw new Error(`there is no row "${stranger}"`);
    const lines = await withScratch(async (scratch) => {
        const lakes = shareLakes(scratch);
        const found: Line[] = [];
        for (const [letter, run] of rows) {
            if (!wanted.includes(letter)) continue;
            console.error(`row ${letter} …`);
            found.push(...(await run(scratch, lakes)));
        }
        return found;
    });
    const facts = `Measured ${new Date().toISOString().slice(0, 10)} on ${describeMachine()}.`;
    console.log(`${renderTable(lines)}\n${facts}`);
    if (values.write) await writePage(`${facts}\n\n${renderMarkdown(lines)}`);
    return lines.every(({ isMet }) => isMet);
}

async function writePage(text: string): Promise<void> {
    const file = join(packageRoot, 'docs', 'performance.md');
    await writeFile(file, replaceBetweenMarkers(await readFile(file, 'utf8'), text));
}

const [first, name = '', json = ''] = process.argv.slice(2);
if (first === pieceArgument) await pieces[name]?.(json);
else if (!(await bench(process.argv.slice(2)))) process.exitCode = 1;
