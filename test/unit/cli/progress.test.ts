import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { openContext } from '../../../src/cli/context.ts';
import { openProgress } from '../../../src/cli/progress.ts';
import { type FakeRuntime, fakeRuntime } from '../../support/fake-runtime.ts';
import { tempFolder } from '../../support/temp-folder.ts';

/** Three of four requests after 2 s, of which one more than planned. */
function work(runtime: FakeRuntime, flags: Readonly<Record<string, unknown>> = {}): string {
    const progress = openProgress(openContext(flags, runtime));
    progress.start(3, 'requests');
    runtime.advance(2000);
    progress.grow(1);
    progress.step(1, 'RTU-1');
    progress.step(2, 'RTU-2');
    progress.stop();
    return stripVTControlCharacters(runtime.stderr.text);
}

it('shows done of planned, rate and time left on a terminal, and leaves stdout alone', () => {
    const runtime = fakeRuntime({ cwd: tempFolder(), isTTY: true });
    expect(work(runtime)).toContain('3/4 requests · 1.5/s · 0.7 s left RTU-2');
    expect(runtime.stdout.text).toBe('');
});

it('says nothing where nobody watches, or where JSON is asked for', () => {
    expect(work(fakeRuntime({ cwd: tempFolder() }))).toBe('');
    expect(work(fakeRuntime({ cwd: tempFolder(), isTTY: true }), { 'log-format': 'json' })).toBe('');
});
