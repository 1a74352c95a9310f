/** Tells a person or a log what went wrong, and gives the exit code. No stack unless it was asked for. */
import colors from 'picocolors';
import { messageOf } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import type { OutputStream } from '../core/runtime.ts';
import { causesOf, toSystemError } from '../core/system-errors.ts';
import type { Voice } from './context.ts';

/** Writes the failure to `stderr` and returns the exit code. */
export function reportError(error: unknown, stderr: OutputStream, voice: Voice, nowMs: number): number {
    const known = toSystemError(error);
    const exit = known?.exitCode ?? 1;
    const message = known?.message ?? `this is a bug: ${messageOf(error)}`;
    const hint = known?.hint ?? (known === undefined ? bugHint(voice) : undefined);
    const code = known?.code ?? 'BUG';
    const stack = voice.debug ? describeStack(error) : undefined;
    stderr.write(
        voice.format === 'json'
            ? `${JSON.stringify({ level: 'error', time: new Date(nowMs).toISOString(), event: 'run_failed', code, exit, message, hint, stack })}\n`
            : formatForPeople({ code, message, hint, stack }, voice.color.stderr),
    );
    return exit;
}

function bugHint(voice: Voice): string {
    return voice.debug
        ? 'Please report it with the stack below.'
        : 'Please report it; the same command with --debug shows where.';
}

interface Told {
    readonly code: string;
    readonly message: string;
    readonly hint: string | undefined;
    readonly stack: string | undefined;
}

function formatForPeople({ code, message, hint, stack }: Told, color: boolean): string {
    const { red, dim } = colors.createColors(color);
    const lines = [`${red('error:')} ${printable(message)}`];
    if (hint !== undefined) lines.push(`  ${printable(hint)}`);
    lines.push(dim(`  ${code}`));
    if (stack !== undefined) lines.push('', printable(stack));
    return `${lines.join('\n')}\n`;
}

/** The chain of causes, each with its stack. */
function describeStack(error: unknown): string {
    const stacks = causesOf(error).map((cause) => (cause instanceof Error ? cause.stack : String(cause)));
    return stacks.join('\ncaused by: ');
}
