import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeWhole } from '../../../src/cli/output-file.ts';
import { tempFolder } from '../../support/temp-folder.ts';

it('puts a finished file in place of an old one', async () => {
    const file = join(tempFolder(), 'answer.csv');
    writeFileSync(file, 'old');
    await writeWhole(file, 1, (temporary) => writeFile(temporary, 'new'));
    expect(readFileSync(file, 'utf8')).toBe('new');
});

it('leaves the old file and nothing else when writing fails half-way', async () => {
    const folder = tempFolder();
    const file = join(folder, 'answer.csv');
    writeFileSync(file, 'old');
    const failing = writeWhole(file, 1, async (temporary) => {
        await writeFile(temporary, 'hal');
        throw Object.assign(new Error('write'), { code: 'ENOSPC', path: temporary });
    });
    await expect(failing).rejects.toMatchObject({ code: 'LAKE_DISK_FULL', exitCode: 6 });
    expect(readdirSync(folder)).toEqual(['answer.csv']);
    expect(readFileSync(file, 'utf8')).toBe('old');
});
