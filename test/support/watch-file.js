/** Reads one file again and again until its input ends, and prints the SHA-256 of what it saw, or the error. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [file] = process.argv.slice(2);
let running = true;
process.stdin.resume().on('end', () => {
    running = false;
});

let last = '';
while (running) {
    let seen;
    try {
        seen = createHash('sha256').update(readFileSync(file)).digest('hex');
    } catch (error) {
        seen = error.code;
    }
    if (seen !== last) process.stdout.write(`${seen}\n`);
    last = seen;
    await new Promise((resolve) => setImmediate(resolve));
}
