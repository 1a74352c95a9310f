/** `check`: runs every check of queries/90_checks; a row in an answer is a violation. */
import { errorCodes } from '../../core/errors.ts';
import { defineCommand } from '../command.ts';
import { openViews } from '../lake.ts';
import { writeRows } from '../render/rows.ts';
import { count } from '../render/summary.ts';
import { formatTable } from '../render/table.ts';

/** Violations shown of each check. */
const examples = 5;

export const check = defineCommand({
    usage: 'check',
    summary: 'Prove that the data are consistent: no double rows, energy conserved through every view.',
    options: {},
    examples: [{ command: 'check', does: 'exits with 5 when a check finds a row' }],
    run: async (_args, context) => {
        const { runtime, say, voice } = context;
        const { streamRows } = await import('../../warehouse/rows.ts');
        return openViews(context, [], async (db, views) => {
            const checks = views.filter(({ kind }) => kind === 'check');
            const results: [string, number, string][] = [];
            for (const { name, sql, summary } of checks) {
                runtime.signal.throwIfAborted();
                const violations = Number(await db.value(`select count(*) from (\n${sql}\n)`));
                results.push([name, violations, violations === 0 ? 'ok' : summary]);
            }
            const color = voice.color.stdout;
            runtime.stdout.write(formatTable(['check', 'violations', 'result'], results, { color }));
            const failed = checks.filter((_, at) => (results[at]?.[1] ?? 0) > 0);
            for (const { name, sql } of failed) {
                runtime.stdout.write(`\n${name}, the first rows:\n`);
                const rows = await streamRows(db, `select * from (\n${sql}\n) limit ${examples}`);
                await writeRows(rows, 'table', runtime.stdout, color);
            }
            const facts = { checks: checks.length, failed: failed.map(({ name }) => name) };
            if (failed.length === 0) {
                say.info('check_finished', facts, `${count(checks.length, 'check')}, no violation`);
                return 0;
            }
            say.error(
                'check_finished',
                facts,
                `${count(failed.length, 'check')} of ${checks.length} found violations`,
            );
            return errorCodes.DATA_CHECK_FAILED.exit;
        });
    },
});
