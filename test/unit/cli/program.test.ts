import { describe, expect, it } from 'vitest';
import { commands } from '../../../src/cli/commands.ts';
import { runCli } from '../../support/run-cli.ts';
import { tempFolder } from '../../support/temp-folder.ts';

describe('the command line', () => {
    it('prints help on stdout and ends with 0', async () => {
        const { code, stdout, stderr } = await runCli(['--help']);
        expect(code).toBe(0);
        expect(stderr).toBe('');
        for (const { name } of commands) expect(stdout).toContain(`eniscope-lake ${name}`);
    });

    it.each(commands.map(({ name }) => name))('has help with an example for %s', async (name) => {
        const { code, stdout } = await runCli([name, '--help']);
        expect(code).toBe(0);
        expect(stdout).toContain('Examples:');
        expect(stdout).toContain('--lake');
    });

    it('prints its version', async () => {
        const { code, stdout } = await runCli(['--version']);
        expect(code).toBe(0);
        expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    });

    it.each([
        [['synch'], 'unknown command synch', 'Did you mean sync?'],
        [['sync', '--laek', 'x'], 'unknown flag --laek', 'Did you mean --lake?'],
        [['query', 'readings', '--formatt=csv'], 'unknown flag --formatt', 'Did you mean --format?'],
        [['sync', 'now'], 'unexpected argument now', 'sync --help'],
        [[], 'name a command', '--help'],
        [['sync', '--from'], 'not enough arguments following: from', 'sync --help'],
    ])('refuses %j with exit code 2 and a hint', async (argv, message, hint) => {
        const { code, stdout, stderr } = await runCli([...argv, '--log-format', 'text'], {
            cwd: tempFolder(),
        });
        expect(code).toBe(2);
        expect(stdout).toBe('');
        expect(stderr).toContain(`error: ${message}`);
        expect(stderr).toContain(hint);
    });

    it('refuses a flag that is given twice but takes one value', async () => {
        const { code, stderr } = await runCli(['config', '--lake', 'a', '--lake=b'], { cwd: tempFolder() });
        expect(code).toBe(2);
        expect(JSON.parse(stderr)).toMatchObject({ message: '--lake is given 2 times: a, b' });
    });

    it('says a failure as one JSON line where nobody watches, and in words on a terminal', async () => {
        const cwd = tempFolder();
        const quiet = await runCli(['sync'], { cwd });
        expect(JSON.parse(quiet.stderr)).toMatchObject({ code: 'SETTINGS_MISSING_CREDENTIALS', exit: 3 });
        const watched = await runCli(['sync'], { cwd, isTTY: true });
        expect(watched.code).toBe(3);
        expect(watched.stderr).toContain('ENISCOPE_API_KEY, ENISCOPE_EMAIL, ENISCOPE_PASSWORD are not set');
    });

    it('names only the credentials that are missing', async () => {
        const env = { ENISCOPE_API_KEY: 'k', ENISCOPE_EMAIL: 'a@example.com' };
        const { stderr } = await runCli(['sync'], { cwd: tempFolder(), env });
        expect(JSON.parse(stderr)).toMatchObject({ message: 'ENISCOPE_PASSWORD is not set' });
    });

    it('keeps a mistyped log format from hiding its own error', async () => {
        const { code, stderr } = await runCli(['config', '--log-format', 'xml'], { cwd: tempFolder() });
        expect(code).toBe(3);
        expect(JSON.parse(stderr)).toMatchObject({ code: 'SETTINGS_INVALID' });
    });
});
