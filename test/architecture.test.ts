import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../src', import.meta.url));

/** Which folders a folder may import, as docs/decisions.md draws it. */
const allowed: Readonly<Record<string, readonly string[]>> = {
    core: [],
    model: ['core'],
    config: ['core', 'model'],
    analysis: ['core', 'model'],
    api: ['core'],
    lake: ['core', 'model'],
    warehouse: ['core', 'model'],
    ingest: ['core', 'model', 'analysis', 'api', 'lake', 'warehouse'],
    simulator: ['core', 'model'],
    cli: ['core', 'model', 'config', 'analysis', 'api', 'lake', 'warehouse', 'ingest', 'simulator'],
    'main.ts': ['core', 'cli'],
};

/** Foreign packages and the only folders that know them. */
const homes: Readonly<Record<string, readonly string[]>> = {
    '@duckdb/node-api': ['warehouse'],
    yargs: ['cli'],
    'cli-table3': ['cli'],
    'cli-progress': ['cli'],
    'csv-stringify': ['cli'],
    hono: ['simulator'],
    '@hono/node-server': ['simulator'],
    pino: ['core'],
    'pino-pretty': ['core'],
    'fs-native-extensions': ['lake'],
    'p-retry': ['api'],
    'date-fns-tz': ['model'],
};

interface Import {
    readonly file: string;
    readonly folder: string;
    readonly target: string;
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => /\.ts$/.test(file));

const imports: readonly Import[] = files.flatMap((file) => {
    const text = readFileSync(join(source, file), 'utf8');
    const targets = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
    return targets.map((target) => ({ file, folder: file.split('/')[0] ?? '', target }));
});

describe('the folders of src', () => {
    it('are all looked at', () => {
        expect(files.length).toBeGreaterThan(60);
        expect(imports.length).toBeGreaterThan(200);
        expect([...new Set(files.map((file) => file.split('/')[0]))].sort()).toEqual(
            Object.keys(allowed).sort(),
        );
    });

    it('import only what their rank allows', () => {
        const wrong = imports.filter(({ file, folder, target }) => {
            if (!target.startsWith('.')) return false;
            const into = normalize(join(dirname(file), target)).split('/')[0] ?? '';
            return into !== folder && !(allowed[folder] ?? []).includes(into);
        });
        expect(wrong).toEqual([]);
    });

    it('keep each foreign package in its own place', () => {
        const wrong = imports.filter(({ folder, target }) => {
            const name = target.startsWith('@')
                ? target.split('/').slice(0, 2).join('/')
                : (target.split('/')[0] ?? '');
            return homes[name] !== undefined && !homes[name].includes(folder);
        });
        expect(wrong).toEqual([]);
    });

    it('touch the process, the console and the clock in one file only', () => {
        const wrong = files.filter((file) => {
            const code = readFileSync(join(source, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
            return (
                file !== 'core/runtime.ts' && /\bprocess\.|\bconsole\.|Date\.now\(|Math\.random\(/.test(code)
            );
        });
        expect(wrong).toEqual([]);
    });

    it('have files of one idea: none beyond 300 lines', () => {
        const long = files.filter(
            (file) => readFileSync(join(source, file), 'utf8').split('\n').length > 301,
        );
        expect(long.map((file) => relative('.', file))).toEqual([]);
    });
});
