/** `simulate`: serves the Core API on this machine, with generated or recorded meters, until it is stopped. */
import { resolve } from 'node:path';
import { AppError } from '../../core/errors.ts';
import type { Quirks } from '../../simulator/quirks.ts';
import type { SiteSource } from '../../simulator/site.ts';
import { defineCommand, flag, text, texts } from '../command.ts';
import type { Context } from '../context.ts';
import { readWhole } from '../range.ts';
import { formatTable } from '../render/table.ts';

export const simulate = defineCommand({
    usage: 'simulate',
    summary: 'Serve the Eniscope Core API on this machine, with generated or recorded meters.',
    options: {
        port: text('Port; any free one when not given.', 'N'),
        host: text('Address to listen on. Default 127.0.0.1.', 'ADDRESS'),
        seed: text('Another number makes other meters.', 'N'),
        replay: text('Serve the real readings of this folder (site.json, readings.csv.gz).', 'DIR'),
        quirk: texts('Switch a trap of the API; repeat it. --quirks lists them.', 'NAME=VALUE'),
        quirks: flag('List the switches and end.'),
    },
    examples: [
        { command: 'simulate --port 8080', does: 'and prints the settings to reach it with' },
        { command: 'simulate --replay data/steel/replay', does: 'real readings' },
        { command: 'simulate --quirk grid=epoch --quirk latency=0', does: 'with other traps' },
    ],
    endsBySignal: true,
    run: async (args, context) => {
        const { runtime, say } = context;
        if (args.flag('quirks')) return listQuirks(context);
        const { demoCredentials, startSimulator } = await import('../../simulator/server.ts');
        const host = args.text('host') ?? '127.0.0.1';
        const port = readWhole('port', args.text('port')) ?? 0;
        if (port > 65_535) throw new AppError('USAGE_BAD_ARGUMENTS', `--port ${port} is above 65535`);
        const quirks = await readQuirks(args.texts('quirk'));
        const source = await openSource(args.text('replay'), readWhole('seed', args.text('seed')), context);
        const simulator = await startSimulator({ source, quirks, now: runtime.now, host, port }).catch(
            (cause: unknown) => {
                throw toPortError(cause, host, port);
            },
        );
        try {
            const variables = [
                `ENISCOPE_API_URL=${simulator.url}`,
                `ENISCOPE_API_KEY=${demoCredentials.apiKey}`,
                `ENISCOPE_EMAIL=${demoCredentials.email}`,
                `ENISCOPE_PASSWORD='${demoCredentials.password}'`,
            ];
            runtime.stdout.write(`${variables.join('\n')}\n`);
            say.info(
                'simulator_listening',
                { url: simulator.url, channels: source.channels.length },
                `serving ${source.channels.length} channels on ${simulator.url}; put the lines above into .env. Ctrl-C stops it`,
            );
            await untilAborted(runtime.signal);
        } finally {
            await simulator.close();
        }
        say.info('simulator_stopped', { requests: simulator.requests.length }, 'stopped');
        return 0;
    },
});

async function listQuirks({ runtime, voice }: Context): Promise<number> {
    const { describeQuirks } = await import('../../simulator/quirks.ts');
    const rows = describeQuirks().map((quirk) => [
        quirk.name,
        quirk.default,
        quirk.choices.join(' '),
        quirk.meaning,
    ]);
    runtime.stdout.write(
        formatTable(['quirk', 'default', 'choices', 'meaning'], rows, { color: voice.color.stdout }),
    );
    return 0;
}

async function readQuirks(given: readonly string[]): Promise<Partial<Quirks>> {
    const { parseQuirk } = await import('../../simulator/quirks.ts');
    return Object.assign({}, ...given.map(parseQuirk));
}

async function openSource(
    replay: string | undefined,
    seed: number | undefined,
    { runtime }: Context,
): Promise<SiteSource> {
    if (replay !== undefined) {
        const { replaySite } = await import('../../simulator/replay.ts');
        return replaySite(resolve(runtime.cwd, replay));
    }
    const { generatedSite } = await import('../../simulator/generated.ts');
    return generatedSite(seed === undefined ? {} : { seed });
}

function toPortError(cause: unknown, host: string, port: number): unknown {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const problem = {
        EADDRINUSE: `port ${port} of ${host} is in use`,
        EACCES: `port ${port} of ${host} is not allowed for this user`,
        EADDRNOTAVAIL: `this machine has no address ${host}`,
        ENOTFOUND: `this machine has no address ${host}`,
    }[code];
    if (problem === undefined) return cause;
    return new AppError('USAGE_BAD_ARGUMENTS', problem, {
        cause,
        hint: 'Choose another --port, or leave it out for a free one.',
    });
}

function untilAborted(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
    });
}
