/**
 * Preloaded into a child process (`node --import`): makes the disk under one folder kill, fail or dawdle. Every step
 * that changes files there is a point, counted from 1: before it, in the middle of what it writes, and after it.
 *
 * Told by the environment variable FAULTY_DISK, a JSON object:
 *   root     the folder; everything outside stays sound
 *   killAt   number of the point at which the process ends by SIGKILL
 *   failAt   number of the point from which on every step fails …
 *   code     … with this error: ENOSPC spares what takes no space, others spare nothing
 *   slowMs   wait so long at every point
 *   trace    file that gets a line with the name of each point
 *   now      epoch milliseconds at which the process's clock stands still; its waits are short then
 */
import { appendFileSync } from 'node:fs';
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { relative } from 'node:path';
import timers from 'node:timers/promises';

const { root, killAt, failAt, code, slowMs, trace, now } = JSON.parse(process.env.FAULTY_DISK ?? '{}');
const freeOfSpace = new Set(['rename', 'unlink', 'remove', 'sync', 'truncate']);
const wait = timers.setTimeout;
let count = 0;

async function point(moment, step, path) {
    count += 1;
    const name = relative(root, path).replaceAll(/\d+-(.*)\.tmp$/g, '$1.tmp');
    if (trace !== undefined) appendFileSync(trace, `${moment} ${step} ${name}\n`);
    if (count === killAt) {
        process.kill(process.pid, 'SIGKILL');
        // The signal comes at the end of this turn at the latest; nothing may happen until then.
        await new Promise(() => setInterval(() => undefined, 1000));
    }
    if (slowMs !== undefined) await wait(slowMs);
    if (failAt === undefined || count < failAt || moment !== 'before') return;
    if (code === 'ENOSPC' && freeOfSpace.has(step)) return;
    throw Object.assign(new Error(`${code}: made to fail, ${step} '${path}'`), { code, path });
}

/** The work with a point before and after it. */
async function around(step, path, work) {
    if (typeof path !== 'string' || (path !== root && !path.startsWith(`${root}/`))) return work();
    await point('before', step, path);
    const result = await work();
    await point('after', step, path);
    return result;
}

const paths = new WeakMap();
const original = { ...files };
files.open = async (path, flags, ...rest) => {
    const makes = /[wa]/.test(String(flags));
    const handle = makes
        ? await around('open', path, () => original.open(path, flags, ...rest))
        : await original.open(path, flags, ...rest);
    paths.set(handle, path);
    return handle;
};
for (const [name, step] of Object.entries({
    mkdir: 'mkdir',
    rm: 'remove',
    rmdir: 'unlink',
    unlink: 'unlink',
    truncate: 'truncate',
})) {
    files[name] = (path, ...rest) => around(step, path, () => original[name](path, ...rest));
}
for (const [name, step] of Object.entries({ rename: 'rename', symlink: 'link', copyFile: 'write' })) {
    files[name] = (from, to, ...rest) => around(step, to, () => original[name](from, to, ...rest));
}
files.writeFile = (path, data, ...rest) =>
    around('write', path, () =>
        tearing(path, data, (part) => original.writeFile(path, part, ...rest), original.writeFile),
    );

const probe = await original.open(process.execPath, 'r');
const handles = Object.getPrototypeOf(probe);
await probe.close();
const methods = { ...Object.getOwnPropertyDescriptors(handles) };
for (const [name, step] of Object.entries({ sync: 'sync', truncate: 'truncate', write: 'write' })) {
    const { value: work } = methods[name];
    handles[name] = function (...args) {
        return around(step, paths.get(this), () => work.apply(this, args));
    };
}
for (const [name, step] of Object.entries({ writeFile: 'write', appendFile: 'append' })) {
    const { value: work } = methods[name];
    handles[name] = function (data, ...rest) {
        const path = paths.get(this);
        return around(step, path, () => tearing(path, data, (part) => work.call(this, part, ...rest)));
    };
}

/** A point with the first half on the disk and the second not yet. */
async function tearing(path, data, write) {
    const isTorn = count + 1 === killAt;
    if (isTorn) await write(data.slice(0, Math.floor(data.length / 2)));
    await point('within', 'write', path);
    return write(data);
}

if (now !== undefined) {
    Date.now = () => now;
    timers.setTimeout = (ms, ...rest) => wait(Math.min(ms, 5), ...rest);
}
syncBuiltinESMExports();
