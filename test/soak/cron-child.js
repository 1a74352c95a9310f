/**
 * The program as one process that lives for months: runs the command of each line of its input, at the clock the line
 * says, and answers with how it ended and with what the process holds. Waits are not waited.
 */
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { run } from '../../dist/src/main.js';

function collect() {
    const parts = [];
    return { write: (text) => parts.push(text) > 0, text: () => parts.join('') };
}

async function runAt(now, argv) {
    let clock = now;
    const [stdout, stderr] = [collect(), collect()];
    const code = await run(argv, {
        env: process.env,
        cwd: process.cwd(),
        pid: process.pid,
        hostname: 'soak',
        stdout,
        stderr,
        fetch: globalThis.fetch,
        signal: new AbortController().signal,
        now: () => clock,
        sleep: async (ms) => {
            clock += ms;
            await new Promise((resolve) => setImmediate(resolve));
        },
        random: () => 0.5,
    });
    return { code, stderr: stderr.text() };
}

function measure() {
    globalThis.gc();
    const { rss, heapUsed } = process.memoryUsage();
    return { rss, heapUsed, descriptors: readdirSync('/proc/self/fd').length };
}

for await (const line of createInterface({ input: process.stdin })) {
    const { now, argv, isMeasured } = JSON.parse(line);
    const ended = await runAt(now, argv);
    console.log(JSON.stringify({ ...ended, ...(isMeasured ? { held: measure() } : {}) }));
}
