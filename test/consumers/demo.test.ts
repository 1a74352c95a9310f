import { describe, expect, it } from 'vitest';
import { runProcess } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { makeTools } from '../support/tools.ts';
import { lacksConsumers, whySkipped } from '../support/venv.ts';

describe.skipIf(lacksConsumers)(`the demo${whySkipped}`, () => {
    it('prints next commands that work as they stand', async () => {
        const folder = tempFolder();
        const env = { PATH: makeTools(folder), HOME: folder };
        const shell = (script: string) => runProcess('/bin/sh', ['-c', script], { cwd: folder, env });
        const { code, stdout } = await shell('npx eniscope-lake demo');
        expect(code).toBe(0);
        const commands = stdout
            .split('\n')
            .flatMap((line) => /^ +((?:duckdb|python3) .*)$/.exec(line)?.[1] ?? []);
        expect(commands).toHaveLength(2);
        for (const command of commands) {
            const result = await shell(command);
            expect({ command, ...result }).toMatchObject({ command, code: 0, stderr: '' });
            expect(result.stdout.split('\n').length).toBeGreaterThan(8);
        }
    });
});
