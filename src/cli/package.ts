/** The program's own folder: its version, its view files and its start file, wherever it is installed. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** Upward from this file: the built program lies one folder deeper than its source. */
function findRoot(): string {
    let folder = dirname(fileURLToPath(import.meta.url));
    while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
    return folder;
}

export const packageRoot = findRoot();

export const startFile = join(packageRoot, 'bin', 'eniscope-lake.js');

/** The Node that runs this program, absolute: cron has no PATH to find it by. */
export const nodeFile = execPath;

/** The version in package.json. */
export function readVersion(): string {
    const content: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
    return z.object({ version: z.string() }).parse(content).version;
}
