/** The progress line of a terminal: done of planned, rate, time left. Anywhere else it says nothing. */
import { Writable } from 'node:stream';
import cliProgress from 'cli-progress';
import { printable } from '../core/printable.ts';
import type { OutputStream } from '../core/runtime.ts';
import { type Progress, silentProgress } from '../ingest/context.ts';
import type { Context } from './context.ts';
import { formatDuration } from './render/summary.ts';

/** A progress line on stderr when a person is watching. */
export function openProgress({ runtime, voice, settings }: Context): Progress {
    const watched = runtime.stderr.isTTY === true && voice.format === 'text';
    if (!watched || settings.logLevel === 'silent') return silentProgress;
    let bar: cliProgress.SingleBar | undefined;
    return {
        start: (total, unit) => {
            const startedAt = runtime.now();
            bar = new cliProgress.SingleBar({
                stream: asWritable(runtime.stderr),
                hideCursor: true,
                clearOnComplete: true,
                barsize: 24,
                format: (
                    options,
                    { progress, value, total: planned },
                    payload: { readonly text?: string },
                ) => {
                    const seconds = (runtime.now() - startedAt) / 1000;
                    const rate = seconds > 0 ? value / seconds : 0;
                    const left =
                        rate > 0 ? ` · ${formatDuration((1000 * (planned - value)) / rate)} left` : '';
                    return `${cliProgress.Format.BarFormat(progress, options)} ${value}/${planned} ${unit} · ${rate.toFixed(1)}/s${left} ${payload.text ?? ''}`;
                },
                barCompleteChar: '━',
                barIncompleteChar: '─',
            });
            bar.start(total, 0, { text: '' });
        },
        step: (done, text = '') => bar?.increment(done, { text: printable(text) }),
        grow: (more) => bar?.setTotal(bar.getTotal() + more),
        stop: () => {
            bar?.stop();
            bar = undefined;
        },
    };
}

/** The library wants a stream of Node; a runtime has only `write`. */
function asWritable(stream: OutputStream): Writable {
    const target = new Writable({
        decodeStrings: false,
        write: (chunk, _encoding, done) => {
            stream.write(String(chunk));
            done();
        },
    });
    return Object.assign(target, { isTTY: true, columns: stream.columns ?? 80 });
}
