import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../../support/run-cli.ts';
import { tempFolder } from '../../support/temp-folder.ts';

it('shows every value with its place, and never a secret', async () => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, '.env'), 'ENISCOPE_PASSWORD=hunter2\nENISCOPE_RESOLUTION=3600\n');
    const env = { ENISCOPE_API_KEY: 'key-777' };
    const { code, stdout, stderr } = await runCli(['config', '--concurrency', '4'], { cwd, env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^resolution +3600 +from ENISCOPE_RESOLUTION in .*\.env/m);
    expect(stdout).toMatch(/^concurrency +4 +from --concurrency/m);
    expect(stdout).toMatch(/^apiKey +\[set\] +from ENISCOPE_API_KEY in the environment/m);
    expect(stdout).toMatch(/^email +– +default/m);
    expect(stdout + stderr).not.toMatch(/hunter2|key-777/);
});

it('shows the same as JSON', async () => {
    const { stdout } = await runCli(['config', '--format', 'json'], { cwd: tempFolder() });
    expect(JSON.parse(stdout)).toMatchObject({
        settings: expect.arrayContaining([
            { key: 'resolution', value: '900', origin: 'default', variable: 'ENISCOPE_RESOLUTION' },
        ]),
    });
});
