/** `tariffs`: what energy costs. Lists and checks reference/tariffs.json, and takes in rates of the OpenEI URDB. */
import { resolve } from 'node:path';
import type { Tariff, TariffVersion } from '../../analysis/tariff-schema.ts';
import { AppError, errorCodes } from '../../core/errors.ts';
import { defineCommand, flag, text } from '../command.ts';
import type { Context } from '../context.ts';
import { openLake } from '../lake.ts';
import { count } from '../render/summary.ts';
import { formatTable } from '../render/table.ts';

export const tariffs = defineCommand({
    usage: 'tariffs [action] [file]',
    summary: 'List the tariffs of the lake, check a file of them, or take in a rate of the OpenEI database.',
    positionals: {
        action: text('list, check or import-urdb.', 'ACTION'),
        file: text("The file; check takes the lake's own when left out.", 'FILE'),
    },
    options: {
        into: flag(
            "import-urdb: add the tariff to the lake's reference/tariffs.json instead of printing it.",
        ),
        id: text("import-urdb: the tariff's id; the rate's label when left out.", 'ID'),
        currency: text('import-urdb: currency of its prices; USD when left out.', 'CODE'),
    },
    settings: ['lockWaitSeconds'],
    examples: [
        { command: 'tariffs', does: 'every version of every tariff' },
        { command: 'tariffs check my-tariffs.json', does: 'everything that is wrong in a file' },
        { command: 'tariffs import-urdb rate.json --into --id e-19', does: 'a rate, added to the lake' },
    ],
    run: async (args, context) => {
        const [action = 'list', file] = [args.text('action'), args.text('file')];
        if (action === 'list' && file === undefined) return listTariffs(context);
        if (action === 'check') return checkFile(file, context);
        if (action === 'import-urdb' && file !== undefined) {
            const [id, currency] = [args.text('id'), args.text('currency')];
            const options = {
                ...(id === undefined ? {} : { id }),
                ...(currency === undefined ? {} : { currency }),
            };
            return importRate(resolve(context.runtime.cwd, file), options, args.flag('into'), context);
        }
        throw new AppError(
            'USAGE_BAD_ARGUMENTS',
            `tariffs does not know "${[action, file].join(' ').trim()}"`,
            {
                hint: 'Write `eniscope-lake tariffs`, `tariffs check FILE` or `tariffs import-urdb FILE`.',
            },
        );
    },
});

async function listTariffs(context: Context): Promise<number> {
    const { runtime, say, voice } = context;
    const { parseTariffs } = await import('../../analysis/tariffs.ts');
    const file = await ownFile(context);
    const content = await readText(file);
    if (content === undefined) {
        say.info(
            'no_tariffs',
            { file },
            `there are no tariffs: ${file} is not there; docs/tariffs.md tells its form`,
        );
        return 0;
    }
    const rows = parseTariffs(content, file).flatMap((tariff) =>
        tariff.versions.map((version) => describeVersion(tariff, version)),
    );
    const head = ['tariff', 'name', 'currency', 'valid from', 'energy', 'demand', 'fixed', 'taxes'];
    runtime.stdout.write(formatTable(head, rows, { color: voice.color.stdout, numeric: [] }));
    return 0;
}

function describeVersion(tariff: Tariff, version: TariffVersion): string[] {
    const { energy, demand = [], fixed, minimum_per_month: least, taxes = [] } = version;
    return [
        tariff.id,
        tariff.name ?? tariff.id,
        tariff.currency,
        version.valid_from,
        energy.kind === 'flat'
            ? `flat ${energy.rate}`
            : energy.kind === 'time_of_use'
              ? energy.periods.map(({ name, rate }) => `${name} ${rate}`).join(', ')
              : energy.kind === 'tiers'
                ? `tiers ${energy.tiers.map(({ rate }) => rate).join(', ')}`
                : `tiers of ${Object.keys(energy.seasons).join(', ')}`,
        demand.map(({ name, rate_per_kw: rate }) => `${name} ${rate}`).join(', '),
        [
            ...(fixed?.per_day === undefined ? [] : [`${fixed.per_day} a day`]),
            ...(fixed?.per_month === undefined ? [] : [`${fixed.per_month} a month`]),
            ...(least === undefined ? [] : [`at least ${least} a month`]),
        ].join(', '),
        taxes.map(({ name, percent }) => `${name} ${percent} %`).join(', '),
    ];
}

async function checkFile(given: string | undefined, context: Context): Promise<number> {
    const { runtime, say, voice } = context;
    const { readTariffs } = await import('../../analysis/tariffs.ts');
    const file = given === undefined ? await ownFile(context) : resolve(runtime.cwd, given);
    const reading = readTariffs(await contentOf(file));
    if (reading.kind === 'good') {
        const { length } = reading.tariffs;
        say.info(
            'tariffs_checked',
            { file, tariffs: length },
            `${file}: ${count(length, 'tariff')}, nothing is wrong`,
        );
        return 0;
    }
    const { problems } = reading;
    const rows = problems.map(({ path, message }) => [path, message]);
    runtime.stdout.write(formatTable(['where', 'what is wrong'], rows, { color: voice.color.stdout }));
    say.error(
        'tariffs_wrong',
        { file, problems: problems.length },
        `${file}: ${count(problems.length, 'problem')}`,
    );
    return errorCodes.SETTINGS_INVALID.exit;
}

async function importRate(
    file: string,
    options: { readonly id?: string; readonly currency?: string },
    into: boolean,
    context: Context,
): Promise<number> {
    const { runtime, say } = context;
    const { importUrdb } = await import('../../analysis/urdb.ts');
    const { tariff, warnings } = importUrdb(await contentOf(file), file, options);
    for (const warning of warnings) say.warn('urdb_warning', { file, tariff: tariff.id }, warning);
    if (!into) {
        runtime.stdout.write(`${JSON.stringify({ tariffs: [tariff] }, null, 4)}\n`);
        return 0;
    }
    const { addTariff } = await import('../../ingest/add-tariff.ts');
    const own = await openLake(context, { command: 'tariffs import-urdb', write: true }, (lake) =>
        addTariff(lake, tariff),
    );
    say.info('tariff_added', { file: own, tariff: tariff.id }, `added the tariff ${tariff.id} to ${own}`);
    return 0;
}

async function ownFile(context: Context): Promise<string> {
    const { lakePaths } = await import('../../lake/layout.ts');
    return resolve(lakePaths(context.settings.lake).reference, 'tariffs.json');
}

async function contentOf(file: string): Promise<string> {
    const content = await readText(file);
    if (content !== undefined) return content;
    throw new AppError('USAGE_BAD_ARGUMENTS', `there is no file ${file}`, { hint: 'Check the path.' });
}

async function readText(file: string): Promise<string | undefined> {
    const { readMaybe } = await import('../../lake/files.ts');
    return readMaybe(file);
}
