#!/usr/bin/env node
// Starts the built program: checks Node first, because an old one fails with a syntax error nobody understands.
import { existsSync } from 'node:fs';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const built = new URL('../dist/src/main.js', import.meta.url);

if (major < 20 || (major === 20 && minor < 19)) {
    process.stderr.write(
        `error: eniscope-lake needs Node 20.19 or newer, this is ${process.versions.node} (${process.execPath})\n` +
            '  Install a newer Node from https://nodejs.org and run the command again.\n',
    );
    process.exitCode = 1;
} else if (!existsSync(built)) {
    process.stderr.write('error: the program is not built yet\n  Run `npm ci` in its folder.\n');
    process.exitCode = 1;
} else {
    // A reader that has seen enough (`| head`) closes the pipe: that is no failure.
    process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1));
    const [{ run }, { systemRuntime }] = await Promise.all([
        import(built.href),
        import(new URL('../dist/src/core/runtime.js', import.meta.url).href),
    ]);
    process.exitCode = await run(process.argv.slice(2), systemRuntime());
}
