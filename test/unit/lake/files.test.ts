import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../../src/core/errors.ts';
import {
    createLakeFiles,
    deliverFile,
    type FileStep,
    listFolder,
    makeFolder,
    readMaybe,
} from '../../../src/lake/files.ts';
import { tempFolder } from '../../support/temp-folder.ts';

function systemError(code: string): Error {
    return Object.assign(new Error(code), { code });
}

describe('writing a file', () => {
    it('syncs the file before the rename and the folder after it', async () => {
        const root = tempFolder();
        const steps: string[] = [];
        const files = createLakeFiles(join(root, '.staging'), (step, path, when) => {
            if (when === 'after') steps.push(`${step} ${path.slice(root.length + 1)}`);
        });
        await files.write(join(root, 'state/deep/a.json'), 'one');
        expect(steps).toEqual([
            'mkdir .staging',
            'sync ',
            'write .staging/1-file.tmp',
            'sync .staging/1-file.tmp',
            'mkdir state/deep',
            'sync state',
            'sync ',
            'rename state/deep/a.json',
            'sync state/deep',
        ]);
        expect(readFileSync(join(root, 'state/deep/a.json'), 'utf8')).toBe('one');
        expect(readdirSync(join(root, '.staging'))).toEqual([]);
    });

    it.each(['write', 'sync', 'rename'] as const)('leaves the old file when %s fails', async (failing) => {
        const root = tempFolder();
        await createLakeFiles(join(root, '.staging')).write(join(root, 'a.json'), 'old');
        const files = createLakeFiles(join(root, '.staging'), (step: FileStep, _path, when) => {
            if (step === failing && when === 'before') throw systemError('ENOSPC');
        });
        const error = await files.write(join(root, 'a.json'), 'new').catch((thrown: unknown) => thrown);
        expect(isAppError(error, 'LAKE_DISK_FULL')).toBe(true);
        expect(readFileSync(join(root, 'a.json'), 'utf8')).toBe('old');
        expect(readdirSync(root).sort()).toEqual(['.staging', 'a.json']);
    });

    it('gives the space of half a file back when the disk is full', async () => {
        const root = tempFolder();
        const files = createLakeFiles(join(root, '.staging'));
        const failing = files.build('half', async (path) => {
            writeFileSync(path, 'half');
            throw systemError('ENOSPC');
        });
        await expect(failing).rejects.toMatchObject({ code: 'LAKE_DISK_FULL' });
        expect(readdirSync(join(root, '.staging'))).toEqual([]);
    });

    it.each([
        ['ENOSPC', 'LAKE_DISK_FULL'],
        ['EDQUOT', 'LAKE_DISK_FULL'],
        ['EACCES', 'LAKE_NOT_WRITABLE'],
        ['EROFS', 'LAKE_NOT_WRITABLE'],
    ])('calls %s %s', async (code, expected) => {
        const root = tempFolder();
        const files = createLakeFiles(join(root, '.staging'), () => {
            throw systemError(code);
        });
        const error = await files.write(join(root, 'a'), '').catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: expected, exitCode: 6 });
    });

    it('gives temporary names that no glob over Parquet files matches', () => {
        const files = createLakeFiles('/lake/.staging');
        expect(files.temporary('162119-2026-10')).toMatch(/^\/lake\/\.staging\/.*\.tmp$/);
        expect(files.temporary('a')).not.toBe(files.temporary('a'));
    });

    it('sweeps what a killed run left in staging, folders too', async () => {
        const root = tempFolder();
        mkdirSync(join(root, '.staging/rewrite/readings'), { recursive: true });
        writeFileSync(join(root, '.staging/1-x.tmp'), 'half');
        expect(await createLakeFiles(join(root, '.staging')).sweepStaging()).toBe(2);
        expect(readdirSync(join(root, '.staging'))).toEqual([]);
    });
});

describe('appending a line', () => {
    it('closes a line that a crash tore, and keeps what was whole', async () => {
        const root = tempFolder();
        const file = join(root, 'runs/2026-10.jsonl');
        const files = createLakeFiles(join(root, '.staging'));
        await files.appendLine(file, '{"a":1}');
        writeFileSync(file, '{"a":1}\n{"b":', { flag: 'w' });
        await files.appendLine(file, '{"c":3}');
        expect(readFileSync(file, 'utf8')).toBe('{"a":1}\n{"b":\n{"c":3}\n');
    });
});

describe('delivering a file outside the lake', () => {
    it('replaces the whole file and leaves nothing beside it', async () => {
        const root = tempFolder();
        writeFileSync(join(root, 'made.tmp'), 'new');
        writeFileSync(join(root, 'out.csv'), 'old and longer');
        await deliverFile(join(root, 'made.tmp'), join(root, 'out.csv'));
        expect(readdirSync(root)).toEqual(['out.csv']);
        expect(readFileSync(join(root, 'out.csv'), 'utf8')).toBe('new');
    });

    it('says which folder cannot be one', async () => {
        const root = tempFolder();
        writeFileSync(join(root, 'made.tmp'), 'new');
        writeFileSync(join(root, 'file'), '');
        const error = await deliverFile(join(root, 'made.tmp'), join(root, 'file/out.csv')).catch(
            (thrown: unknown) => thrown,
        );
        expect(error).toMatchObject({ code: 'LAKE_NOT_WRITABLE' });
    });
});

describe('reading what may not be there', () => {
    it('is no error for a missing file or folder', async () => {
        const root = tempFolder();
        expect(await readMaybe(join(root, 'x'))).toBeUndefined();
        expect(await listFolder(join(root, 'x'))).toEqual([]);
    });
});

describe('making a folder', () => {
    it('makes its parents, also when several do so at once', async () => {
        const root = tempFolder();
        const paths = Array.from({ length: 40 }, (_, index) =>
            join(root, 'a/b', `c${index % 7}`, `d${index}`),
        );
        await Promise.all(paths.map(makeFolder));
        expect(readdirSync(join(root, 'a/b'))).toHaveLength(7);
        expect(await makeFolder(join(root, 'a/b'))).toBeUndefined();
        expect(await makeFolder(join(root, 'x/y'))).toBe(join(root, 'x'));
    });

    it('ends with an error where a parent takes no folders', async () => {
        await expect(makeFolder('/proc/eniscope/lake')).rejects.toMatchObject({ code: 'EACCES' });
    });
});
