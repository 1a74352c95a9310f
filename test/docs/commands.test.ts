import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { generatedSite } from '../../src/simulator/generated.ts';
import { quietQuirks } from '../../src/simulator/quirks.ts';
import { demoCredentials, startSimulator } from '../../src/simulator/server.ts';
import { runProcess } from '../support/run-cli.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { makeTools } from '../support/tools.ts';
import { lacksConsumers } from '../support/venv.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = [
    'README.md',
    ...readdirSync(join(root, 'docs'))
        .filter((file) => file.endsWith('.md'))
        .map((file) => `docs/${file}`),
];

/** The two commands that install and test; running the suite inside the suite would never end. */
const setUp = ['npm ci && npm run demo', 'npm ci && npm test'];

interface Block {
    readonly language: string;
    readonly text: string;
}

function blocksOf(page: string): Block[] {
    const text = readFileSync(join(root, page), 'utf8');
    return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(([, language = '', body = '']) => ({
        language,
        text: body,
    }));
}

describe('the commands of the documentation', () => {
    const found = pages
        .map((page) => [page, blocksOf(page)] as const)
        .filter(([, blocks]) => blocks.some(({ language }) => ['sh', 'python', 'sql'].includes(language)));

    it('are found', () => {
        expect(found.map(([page]) => page)).toContain('README.md');
        expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(setUp[0]);
        expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(setUp[1]);
    });

    it.for(found)('of %s run as they stand', { timeout: 300_000 }, async ([page, blocks], context) => {
        if (lacksConsumers) context.skip(`no Python environment: the commands of ${page} were not run`);
        const folder = tempFolder();
        const simulator = await startSimulator({
            source: generatedSite({ seed: 3 }),
            quirks: quietQuirks,
            now: Date.now,
        });
        onTestFinished(() => simulator.close());
        const env = {
            PATH: makeTools(folder),
            HOME: folder,
            ENISCOPE_API_URL: simulator.url,
            ENISCOPE_API_KEY: demoCredentials.apiKey,
            ENISCOPE_EMAIL: demoCredentials.email,
            ENISCOPE_PASSWORD: demoCredentials.password,
            ENISCOPE_REQUESTS_PER_SECOND: '0',
            // The generated site has two channels that fail by design; a page shows good runs.
            ENISCOPE_EXCLUDE_CHANNELS: '162127,162141',
        };
        const shell = (script: string) => runProcess('/bin/sh', ['-ec', script], { cwd: folder, env });
        if (page !== 'README.md') expect(await shell('npx eniscope-lake sync')).toMatchObject({ code: 0 });
        for (const { language, text } of blocks) {
            if (language === 'sh' && !setUp.includes(text.trim())) {
                for (const line of text.trim().split('\n')) {
                    expect({ line, ...(await shell(line)) }).toMatchObject({ line, code: 0 });
                }
            }
            if (language === 'sql') {
                const script = text.replaceAll('"', '\\"');
                expect({
                    text,
                    ...(await shell(`duckdb -readonly lake/lake.duckdb "${script}"`)),
                }).toMatchObject({ text, code: 0 });
            }
            if (language === 'python') {
                writeFileSync(join(folder, 'page.py'), text);
                expect({ text, ...(await shell('python3 page.py')) }).toMatchObject({ text, code: 0 });
            }
        }
    });
});
