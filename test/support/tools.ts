/** The programs a reader of our pages has at hand, and nothing else of ours. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { binFile } from './run-cli.ts';
import { python } from './venv.ts';

/** Makes `npx`, `duckdb` and `python3` in a folder of their own; gives the PATH that leads to them. */
export function makeTools(folder: string): string {
    const tools = join(folder, 'tools');
    mkdirSync(tools);
    writeFileSync(join(tools, 'npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${binFile}" "$@"\n`);
    chmodSync(join(tools, 'npx'), 0o755);
    // Not links: a Python that is called by another path does not find its packages.
    for (const name of ['duckdb', 'python3']) {
        writeFileSync(join(tools, name), `#!/bin/sh\nexec "${join(dirname(python), name)}" "$@"\n`);
        chmodSync(join(tools, name), 0o755);
    }
    return `${tools}:/usr/bin:/bin`;
}
