import { describe, expect, it } from 'vitest';
import { formatTable } from '../../../src/cli/render/table.ts';
import { reportError } from '../../../src/cli/report-error.ts';
import { AppError } from '../../../src/core/errors.ts';
import { createLogger } from '../../../src/core/log.ts';
import { textStream } from '../../support/fake-runtime.ts';

const name = 'Roof\u001b]0;owned\u0007\u001b[2J\u009b31m\rtop';

describe('a stranger’s name on a terminal', () => {
    it('moves no cursor and sets no title: not in a table, a log line or an error', () => {
        const stream = textStream({ isTTY: true });
        const log = createLogger(stream, { format: 'text', level: 'info', color: false, now: () => 0 });
        log.warn('x', {}, `channel ${name} is silent`);
        const voice = { format: 'text', debug: false, color: { stdout: false, stderr: false } } as const;
        const error = new AppError('USAGE_UNKNOWN_CHANNEL', `no channel ${name}`, { hint: `Is it ${name}?` });
        reportError(error, stream, voice, 0);
        stream.write(formatTable([name], [[name], [`two\nlines ${name}`]], { color: false }));
        expect(stream.text).toContain('Roof');
        expect(stream.text.split('\n').filter((line) => /\p{Cc}/u.test(line))).toEqual([]);
    });
});
