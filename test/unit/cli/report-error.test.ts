import { describe, expect, it } from 'vitest';
import type { Voice } from '../../../src/cli/context.ts';
import { reportError } from '../../../src/cli/report-error.ts';
import { AppError } from '../../../src/core/errors.ts';
import { textStream } from '../../support/fake-runtime.ts';

const voice: Voice = { format: 'text', debug: false, color: { stdout: false, stderr: false } };

function report(error: unknown, how: Partial<Voice> = {}) {
    const out = textStream();
    const code = reportError(error, out, { ...voice, ...how }, 0);
    return { code, text: out.text };
}

/** An error as the file system throws it. */
function systemError(code: string): Error {
    return Object.assign(new Error(`${code}: failed, open '/lake/x'`), { code, path: '/lake/x' });
}

describe('reportError', () => {
    it('tells sentence, hint and code, and gives the exit code', () => {
        const error = new AppError('LAKE_NOT_FOUND', 'there is no lake in /x', { hint: 'Make one.' });
        expect(report(error)).toEqual({
            code: 6,
            text: 'error: there is no lake in /x\n  Make one.\n  LAKE_NOT_FOUND\n',
        });
    });

    it('is one JSON line in a log', () => {
        const { text } = report(new AppError('SOURCE_TIMEOUT', 'too slow'), { format: 'json' });
        expect(text.trimEnd()).not.toContain('\n');
        expect(JSON.parse(text)).toEqual({
            level: 'error',
            time: '1970-01-01T00:00:00.000Z',
            event: 'run_failed',
            code: 'SOURCE_TIMEOUT',
            exit: 4,
            message: 'too slow',
        });
    });

    it('calls an unknown error a bug, with its stack only for --debug', () => {
        const error = new TypeError('x is not a function');
        expect(report(error).code).toBe(1);
        expect(report(error).text).toContain('this is a bug: x is not a function');
        expect(report(error).text).not.toContain('at ');
        expect(report(error, { debug: true }).text).toContain('report-error.test.ts');
    });

    it.each([
        ['ENOSPC', 'LAKE_DISK_FULL'],
        ['EACCES', 'LAKE_NOT_WRITABLE'],
        ['EROFS', 'LAKE_NOT_WRITABLE'],
    ])('knows %s deep in the chain of causes as %s, naming the path', (code, expected) => {
        const error = new Error('could not write', {
            cause: new Error('inner', { cause: systemError(code) }),
        });
        const { code: exit, text } = report(error);
        expect(exit).toBe(6);
        expect(text).toContain(expected);
        expect(text).toContain('/lake/x');
    });

    it('uses colours only on a terminal', () => {
        const escapeCode = String.fromCharCode(27);
        expect(report(new Error('x')).text).not.toContain(escapeCode);
        expect(report(new Error('x'), { color: { stdout: true, stderr: true } }).text).toContain(escapeCode);
    });
});
