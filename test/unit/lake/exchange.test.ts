import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exchangeFiles } from '../../../src/lake/exchange.ts';
import { createLakeFiles } from '../../../src/lake/files.ts';
import { type DuckDB, type Row, withDuckDB } from '../../../src/warehouse/duckdb.ts';
import { fakeRuntime } from '../../support/fake-runtime.ts';
import { tempFolder } from '../../support/temp-folder.ts';

/** What a test file is made of; every value tells its version. */
interface Content {
    readonly rows: number;
    readonly version: number;
    readonly codec: string;
    readonly form: 'V1' | 'V2';
    /** Rows a group; few make several groups. */
    readonly group: number;
}

const small: Content = { rows: 100, version: 1, codec: 'zstd', form: 'V2', group: 122_880 };

async function write(db: DuckDB, file: string, content: Content): Promise<string> {
    const { rows, version, codec, form, group } = content;
    await db.run(`copy (
        select
            to_timestamp(1760000000 + 900 * i) as timestamp,
            ${version}::double as version,
            hash(i * 31 + ${version}) / 1e18 as noise,
            'name ' || (i % 5 + ${version}) as name
        from range(${rows}) as r(i)
    ) to '${file}' (format parquet, compression ${codec}, parquet_version ${form}, row_group_size ${group})`);
    return file;
}

const read = (db: DuckDB, file: string): Promise<Row[]> =>
    db.rows(`select * from read_parquet('${file}') order by timestamp`);

/** Exchanges `old` for `next` and returns the bytes of every state the place was in, first to last. */
async function exchange(
    db: DuckDB,
    old: Content,
    next: Content,
): Promise<{ folder: string; states: Buffer[] }> {
    const folder = tempFolder();
    mkdirSync(join(folder, '.staging'));
    const final = await write(db, join(folder, 'readings.parquet'), old);
    const states = [readFileSync(final)];
    const files = createLakeFiles(join(folder, '.staging'), (step, path, when) => {
        if (step === 'rename' && path === final && when === 'after') states.push(readFileSync(final));
    });
    const temporary = await write(db, join(folder, '.staging', 'next.tmp'), next);
    await exchangeFiles(files, [{ temporary, final }], fakeRuntime());
    return { folder, states };
}

/** What a reader has that read the footer of one state and finds the data of another. */
function mix(footerOf: Buffer, dataOf: Buffer): Buffer {
    const start = footerOf.length - 8 - footerOf.readUInt32LE(footerOf.length - 8);
    const data = Buffer.alloc(start);
    dataOf.copy(data);
    return Buffer.concat([data, footerOf.subarray(start)]);
}

const contents: fc.Arbitrary<Content> = fc.record({
    rows: fc.integer({ min: 1, max: 5000 }),
    version: fc.integer({ min: 1, max: 99 }),
    codec: fc.constantFrom('zstd', 'snappy', 'gzip', 'uncompressed'),
    form: fc.constantFrom('V1' as const, 'V2' as const),
    group: fc.constantFrom(2048, 122_880),
});

describe('exchanging a data file', () => {
    it('keeps the data of the footer that was read before a rename, and ends with the bytes of the new file', async () => {
        await withDuckDB({}, async (db) => {
            const law = fc.asyncProperty(contents, contents, async (old, next) => {
                const { folder, states } = await exchange(db, old, { ...next, version: next.version + 100 });
                const wanted = await write(db, join(folder, 'next'), {
                    ...next,
                    version: next.version + 100,
                });
                const rows = [await read(db, `${folder}/next`)];
                expect(states.at(-1)).toEqual(readFileSync(wanted));
                expect(states).toHaveLength(4);
                for (const [index, state] of states.entries()) {
                    writeFileSync(join(folder, 'state'), state);
                    const seen = await read(db, join(folder, 'state'));
                    if (index === 0) rows.unshift(seen);
                    else expect(seen, `state ${index}`).toEqual(rows[1]);
                    const later = states[index + 1];
                    if (later === undefined) continue;
                    writeFileSync(join(folder, 'mix'), mix(state, later));
                    expect(await read(db, join(folder, 'mix')), `state ${index}, then the next`).toEqual(
                        seen,
                    );
                }
            });
            await fc.assert(law, { numRuns: 40 });
        });
    }, 120_000);

    it('needs the bridges: a plain rename between footer and data gives other rows or an error', async () => {
        await withDuckDB({}, async (db) => {
            const { folder, states } = await exchange(db, small, { ...small, rows: 101, version: 2 });
            const [old, , , next] = states;
            writeFileSync(join(folder, 'mix'), mix(old ?? Buffer.of(), next ?? Buffer.of()));
            const seen = await read(db, join(folder, 'mix')).catch(() => 'an error');
            writeFileSync(join(folder, 'old'), old ?? '');
            expect(seen).not.toEqual(await read(db, join(folder, 'old')));
        });
    });

    it('waits between the renames, once for all files together', async () => {
        const folder = tempFolder();
        mkdirSync(join(folder, '.staging'));
        const runtime = fakeRuntime();
        await withDuckDB({}, async (db) => {
            const exchanges = [];
            for (let index = 0; index < 20; index += 1) {
                const final = await write(db, join(folder, `${index}.parquet`), small);
                const temporary = join(folder, '.staging', `${index}.tmp`);
                exchanges.push({ final, temporary: await write(db, temporary, { ...small, version: 2 }) });
            }
            await exchangeFiles(createLakeFiles(join(folder, '.staging')), exchanges, runtime);
        });
        expect(runtime.sleeps).toHaveLength(2);
        expect(Math.min(...runtime.sleeps)).toBeGreaterThanOrEqual(250);
        expect(readdirSync(join(folder, '.staging'))).toEqual([]);
    });

    it('does not touch a file whose bytes stay the same, and does not wait for a new one', async () => {
        const folder = tempFolder();
        mkdirSync(join(folder, '.staging'));
        const runtime = fakeRuntime();
        const touched: string[] = [];
        const [final, fresh] = ['readings.parquet', 'fresh.parquet'].map((name) => join(folder, name));
        const [same, other] = ['1.tmp', '2.tmp'].map((name) => join(folder, '.staging', name));
        await withDuckDB({}, async (db) => {
            await write(db, final ?? '', small);
            await write(db, other ?? '', small);
        });
        copyFileSync(final ?? '', same ?? '');
        const files = createLakeFiles(join(folder, '.staging'), (step, path, when) => {
            if (step === 'rename' && when === 'after') touched.push(path);
        });
        const exchanges = [
            { temporary: same ?? '', final: final ?? '' },
            { temporary: other ?? '', final: fresh ?? '' },
        ];
        await exchangeFiles(files, exchanges, runtime);
        expect(touched).toEqual([fresh]);
        expect(runtime.sleeps).toEqual([]);
        expect([existsSync(same ?? ''), existsSync(other ?? '')]).toEqual([false, false]);
    });

    it('takes the place of a file that is no Parquet any more', async () => {
        const folder = tempFolder();
        mkdirSync(join(folder, '.staging'));
        const [final, temporary] = [join(folder, 'readings.parquet'), join(folder, '.staging', 'next.tmp')];
        writeFileSync(final, 'PAR1 torn');
        await withDuckDB({}, async (db) => {
            await write(db, temporary, small);
            const bytes = readFileSync(temporary);
            const files = createLakeFiles(join(folder, '.staging'));
            await exchangeFiles(files, [{ temporary, final }], fakeRuntime());
            expect(readFileSync(final)).toEqual(bytes);
        });
    });
});
