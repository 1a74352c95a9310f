import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createLakeFiles } from '../../../src/lake/files.ts';
import { journalFile, lakePaths } from '../../../src/lake/layout.ts';
import { openJournal } from '../../../src/lake/runs.ts';
import { tempFolder } from '../../support/temp-folder.ts';

describe('the journal', () => {
    it('writes a line for each of the entries it is given at once, and none for no entry', async () => {
        const paths = lakePaths(tempFolder());
        const now = Date.parse('2026-10-20T12:07:00Z');
        const journal = openJournal(createLakeFiles(paths.staging), paths, { now: () => now }, 'run-1');
        await journal.write(
            { event: 'warning', message: 'one' },
            { event: 'warning', message: 'two' },
            { event: 'warning', message: 'three' },
        );
        await journal.write();
        const lines = readFileSync(journalFile(paths, now), 'utf8').trimEnd().split('\n');
        expect(lines.map((line) => JSON.parse(line))).toMatchObject([
            { event: 'warning', message: 'one', run: 'run-1', time: '2026-10-20T12:07:00.000Z' },
            { event: 'warning', message: 'two', run: 'run-1' },
            { event: 'warning', message: 'three', run: 'run-1' },
        ]);
    });
});
