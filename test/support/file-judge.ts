/** What is in data files, told by DuckDB and by pyarrow independently; a file that either cannot read is an error. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type DuckDB, withDuckDB } from '../../src/warehouse/duckdb.ts';
import { isClose } from './close.ts';
import { listFiles } from './lake-fixture.ts';
import { lacksConsumers, python } from './venv.ts';

export interface FileJudge {
    /** A digest of the rows of each file under a folder, by its path inside. Rows in another order are the same rows. */
    digests(folder: string): Promise<Readonly<Record<string, string>>>;
}

/** Holds DuckDB and a Python process open for the time `use` takes. The same bytes are judged once. */
export async function withFileJudge<T>(use: (judge: FileJudge) => Promise<T>): Promise<T> {
    const reader = lacksConsumers ? undefined : startReader();
    try {
        return await withDuckDB({}, async (db) => {
            const known = new Map<string, Promise<string>>();
            const digest = (file: string): Promise<string> => {
                const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
                const verdict = known.get(hash) ?? judge(db, reader?.read, file);
                known.set(hash, verdict);
                return verdict;
            };
            const digests = async (folder: string) => {
                const found: Record<string, string> = {};
                for (const file of listFiles(folder)) found[relative(folder, file)] = await digest(file);
                return found;
            };
            return use({ digests });
        });
    } finally {
        await reader?.end();
    }
}

interface Reading {
    readonly rows?: number;
    readonly nulls?: number;
    readonly energy?: number | null;
    readonly error?: string;
}

async function judge(
    db: DuckDB,
    readElsewhere: ((file: string) => Promise<Reading>) | undefined,
    file: string,
): Promise<string> {
    const source = `read_parquet('${file}', hive_partitioning = false)`;
    const names = (await db.rows(`describe select * from ${source}`)).map((row) => String(row.column_name));
    const energy = names.includes('energy_kwh') ? 'sum(energy_kwh)' : 'null';
    // Of a table that is no partition, no two rows are equal; an id alone need not be unique.
    const isPartition = names[0] === 'timestamp' && names[1] === 'interval_s';
    const key = (isPartition ? names.slice(0, 2) : names).map((name) => `"${name}"`).join(', ');
    const [row] = await db.rows(`
        select
            count(*)::int as rows,
            count(distinct (${key}))::int as keys,
            ${energy} as energy,
            (${names.map((name) => `count(*) - count("${name}")`).join(' + ')})::int as nulls,
            sum(hash(file))::varchar as digest
        from ${source} as file`);
    if (row?.keys !== row?.rows) throw new Error(`${file}: ${row?.rows} rows, ${row?.keys} keys`);
    const other = await readElsewhere?.(file);
    if (other !== undefined) {
        const agrees =
            other.rows === row?.rows &&
            other.nulls === row?.nulls &&
            isClose(row?.energy ?? null, other.energy ?? null);
        if (!agrees)
            throw new Error(`${file}: DuckDB reads ${JSON.stringify(row)}, pyarrow ${JSON.stringify(other)}`);
    }
    return `${row?.rows} rows ${row?.digest}`;
}

/** One Python process for all files: starting one takes longer than reading a hundred. */
function startReader(): { read(file: string): Promise<Reading>; end(): Promise<void> } {
    const script = fileURLToPath(new URL('read_files.py', import.meta.url));
    const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    const waiting: ((answer: Reading) => void)[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(JSON.parse(line)));
    return {
        read: (file) =>
            new Promise((resolve) => {
                waiting.push(resolve);
                child.stdin.write(`${file}\n`);
            }),
        end: async () => {
            child.stdin.end();
            if (child.exitCode === null) await once(child, 'close');
        },
    };
}
