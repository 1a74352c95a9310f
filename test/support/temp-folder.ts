/** A folder of its own for a test, removed when the test is over. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Makes an empty folder and gives its real path. Call it inside a test, or pass the hook that ends its life. */
export function tempFolder(atEnd: (remove: () => void) => void = onTestFinished): string {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'eniscope-lake-')));
    atEnd(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
    return folder;
}
