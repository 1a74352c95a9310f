/**
 * What `npm test` runs: build, a Python environment for the tools that read a lake, vitest, and a last line with the
 * counts. What cannot be tested on this machine is said loudly; with CI=true it is a failure.
 *
 * Arguments go to vitest: `npm test -- test/unit/lake`.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const isCi = process.env.CI === 'true';
const oldestPython = [3, 10];

build();
const skipped = [prepareConsumers(), findSharedData()].filter((reason) => reason !== undefined);
const { code, counts } = runVitest();
for (const reason of skipped) shout(reason);
console.log(
    `${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}`,
);
process.exitCode = code;

function build() {
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { status } = run(process.execPath, [compiler, '-p', 'tsconfig.build.json'], 'inherit');
    if (status !== 0) process.exit(status ?? 1);
}

/** Makes `.venv` when it is missing or its requirements changed. Returns why the consumers can't be tested, if so. */
function prepareConsumers() {
    const skip = (reason) => {
        if (isCi) {
            console.error(`The tests of test/consumers need Python: ${reason}`);
            console.log('0 passed, 1 failed');
            process.exit(1);
        }
        process.env.ENISCOPE_TEST_CONSUMERS = 'skipped';
        return `test/consumers: ${reason}`;
    };
    if (process.env.ENISCOPE_TEST_CONSUMERS === 'skipped')
        return skip('ENISCOPE_TEST_CONSUMERS=skipped is set');
    const requirements = join(root, 'test', 'consumers', 'requirements.txt');
    const folder = join(root, '.venv');
    const stamp = join(folder, 'requirements.sha256');
    const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
    // A moved clone takes its environment along, but the programs in it name the old place.
    const mark = `${wanted} ${folder}\n`;
    const python = join(folder, 'bin', 'python');
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === mark && existsSync(python)) return undefined;

    const base = findPython();
    if (base === undefined)
        return skip(`no Python ${oldestPython.join('.')} or newer was found (set PYTHON to name one)`);
    console.log(`making .venv for test/consumers with ${base} …`);
    rmSync(folder, { recursive: true, force: true });
    const made = run(base, ['-m', 'venv', folder]);
    if (made.status !== 0) return skip(`${base} could not make a virtual environment: ${lastLine(made)}`);
    const flags = [
        '--disable-pip-version-check',
        '--no-input',
        '--no-deps',
        '--only-binary=:all:',
        '--quiet',
    ];
    const installed = run(python, ['-m', 'pip', 'install', ...flags, '-r', requirements]);
    if (installed.status !== 0) return skip(`its packages could not be installed: ${lastLine(installed)}`);
    writeFileSync(stamp, mark);
    return undefined;
}

function findPython() {
    const names = process.env.PYTHON ? [process.env.PYTHON] : ['python3', 'python'];
    return names.find((name) => {
        const { status, stdout } = run(name, ['-c', 'import sys; print(*sys.version_info[:2])']);
        const [major = 0, minor = 0] = (stdout ?? '').split(' ').map(Number);
        return (
            status === 0 &&
            (major > oldestPython[0] || (major === oldestPython[0] && minor >= oldestPython[1]))
        );
    });
}

/** The recorded answers and the real meter data lie beside the repository, not in it. */
function findSharedData() {
    const shared = join(root, '..', 'shared');
    const missing = ['data', 'fixtures'].filter((name) => !existsSync(join(shared, name)));
    return missing.length === 0
        ? undefined
        : `what needs real meter data or recorded answers: ${shared} lacks ${missing.join(' and ')}`;
}

function runVitest() {
    const folder = mkdtempSync(join(tmpdir(), 'eniscope-lake-report-'));
    const report = join(folder, 'report.json');
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { status } = run(
        process.execPath,
        [vitest, 'run', ...reporters, ...process.argv.slice(2)],
        'inherit',
    );
    const counts = existsSync(report)
        ? countTests(JSON.parse(readFileSync(report, 'utf8')))
        : { passed: 0, failed: 0, skipped: 0 };
    rmSync(folder, { recursive: true });
    // A file that does not load, or an error outside of any test, fails the run without failing a test.
    if (status !== 0 && counts.failed === 0) counts.failed = 1;
    return { code: status ?? 1, counts };
}

function countTests(report) {
    const brokenFiles = report.testResults.filter(
        ({ status, assertionResults }) =>
            status === 'failed' && assertionResults.every((result) => result.status !== 'failed'),
    );
    return {
        passed: report.numPassedTests,
        failed: report.numFailedTests + brokenFiles.length,
        skipped: report.numPendingTests + report.numTodoTests,
    };
}

function run(command, args, output = 'pipe') {
    return spawnSync(command, args, { cwd: root, stdio: ['ignore', output, output], encoding: 'utf8' });
}

function lastLine({ error, stdout, stderr }) {
    return error?.message ?? (`${stdout}\n${stderr}`.trim().split('\n').at(-1) || 'it said nothing');
}

function shout(reason) {
    const line = `SKIPPED  ${reason}`;
    console.log(`\n${'='.repeat(line.length)}\n${line}\n${'='.repeat(line.length)}`);
}
