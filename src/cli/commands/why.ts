/** `why`: which answers said what of an instant, when each was fetched, and when the number changed. */
import { AppError } from '../../core/errors.ts';
import type { Interval, Why, WhyAnswer, WhyChange } from '../../ingest/why.ts';
import { parseInstant } from '../../model/time.ts';
import { defineCommand, oneOf, text } from '../command.ts';
import { openLake } from '../lake.ts';
import { type Cell, formatTable } from '../render/table.ts';

export const why = defineCommand({
    usage: 'why <channel> <time>',
    summary: 'Tell where a number comes from: which answers said what, when, and when it changed.',
    positionals: {
        channel: text('Id or name of the channel.', 'CHANNEL'),
        time: text('An instant inside the interval: 2026-10-01T06:00:00Z.', 'TIME'),
    },
    options: { format: oneOf('Form of the answer.', ['table', 'json'], 'table') },
    examples: [
        { command: 'why 162119 2026-10-01T06:00:00Z', does: 'the history of that quarter of an hour' },
    ],
    run: async (args, context) => {
        const { runtime, voice } = context;
        const [channel = '', given = ''] = [args.text('channel'), args.text('time')];
        const time = parseInstant(given);
        if (time === undefined) {
            throw new AppError('USAGE_BAD_RANGE', `${given} is no instant`, {
                hint: 'Write it with its zone: 2026-10-01T06:00:00Z or 2026-10-01T08:00:00+02:00.',
            });
        }
        const [{ explain }, { findChannel }] = await Promise.all([
            import('../../ingest/why.ts'),
            import('../../ingest/find-channel.ts'),
        ]);
        const { name, found } = await openLake(context, { command: 'why', write: false }, async (lake) => {
            const { channelId, channelName } = await findChannel(lake, channel);
            return { name: channelName, found: await explain(lake, { channelId, time }) };
        });
        const isJson = args.text('format') === 'json';
        const whole = { channelName: name, ...found };
        runtime.stdout.write(
            isJson
                ? `${JSON.stringify(whole, null, 2)}\n`
                : describe(`${name} (${found.channelId})`, found, { color: voice.color.stdout }),
        );
        return 0;
    },
});

function describe(channel: string, found: Why, options: { readonly color: boolean }): string {
    const columns = usedColumns(found);
    const { stored, answers, changes, failures } = found;
    const values = (interval: Interval | null): Cell[] =>
        columns.map((column) => interval?.values[column] ?? null);
    const head = ['start', 'seconds', ...columns];
    const parts = [
        `${channel} at ${found.time}`,
        stored.length === 0
            ? 'in the lake: nothing\n'
            : `in the lake:\n${formatTable(
                  [...head, 'newest answer'],
                  stored.map((row) => [row.timestamp, row.intervalS, ...values(row), row.fetchedAt]),
                  options,
              )}`,
        answers.length === 0
            ? 'answers: none\n'
            : `answers, oldest first:\n${formatTable(
                  ['fetched', ...head, 'in the lake since', 'run', 'file'],
                  answers.map((answer) => [
                      answer.fetchedAt,
                      ...toStart(answer),
                      ...values(answer.interval),
                      answer.storedAt,
                      answer.run,
                      answer.file,
                  ]),
                  options,
              )}`,
        ...(changes.length === 0
            ? []
            : [
                  `changes:\n${formatTable(
                      ['fetched', 'start', 'seconds', 'column', 'before', 'after', 'in the lake since'],
                      changes.map(toChange),
                      options,
                  )}`,
              ]),
        ...(failures.length === 0
            ? []
            : [
                  `asked in vain:\n${formatTable(
                      ['time', 'outcome', 'code', 'reason', 'run'],
                      failures.map((one) => [one.time, one.outcome, one.code, one.reason, one.run]),
                      options,
                  )}`,
              ]),
        ...found.notes.map((note) => `note: ${note}\n`),
    ];
    return parts.join('\n');
}

/** Columns in which any of the answers, or the lake, has a value. */
function usedColumns({ stored, answers }: Why): string[] {
    const intervals = [...stored, ...answers.flatMap(({ interval }) => interval ?? [])];
    const all = Object.keys(intervals[0]?.values ?? {});
    const used = all.filter((column) => intervals.some(({ values }) => (values[column] ?? null) !== null));
    return used.length === 0 ? all : used;
}

function toStart({ interval }: WhyAnswer): Cell[] {
    return interval === null ? ['no record', null] : [interval.timestamp, interval.intervalS];
}

function toChange(change: WhyChange): Cell[] {
    const { fetchedAt, timestamp, intervalS, column, before, after, storedAt } = change;
    return [fetchedAt, timestamp, intervalS, column, before, after, storedAt];
}
