/** The parts of an OpenEI URDB rate (API versions 7 and 8) that say what a bill is, in the database's own words. */
import { z } from 'zod';

const tier = z.looseObject({
    max: z.number().nullish(),
    rate: z.number().nullish(),
    adj: z.number().nullish(),
    sell: z.number().nullish(),
    unit: z.string().nullish(),
});

const structure = z.array(z.array(tier).min(1)).nullish();
const schedule = z
    .array(z.array(z.int().min(0)).length(24))
    .length(12)
    .nullish();
const monthly = z.array(z.number()).length(12).nullish();
const amount = z.number().nullish();
const words = z.string().nullish();

export const urdbSchema = z.looseObject({
    label: words,
    name: words,
    utility: words,
    /** Epoch seconds. */
    startdate: amount,
    enddate: amount,
    energyratestructure: structure,
    energyweekdayschedule: schedule,
    energyweekendschedule: schedule,
    fueladjustmentsmonthly: monthly,
    demandratestructure: structure,
    demandweekdayschedule: schedule,
    demandweekendschedule: schedule,
    demandrateunit: words,
    flatdemandstructure: structure,
    flatdemandmonths: z.array(z.int().min(0)).length(12).nullish(),
    flatdemandunit: words,
    /** Minutes. */
    demandwindow: amount,
    /** Shares of 1, by month. */
    demandratchetpercentage: monthly,
    lookbackpercent: amount,
    lookbackrange: amount,
    fixedchargefirstmeter: amount,
    fixedchargeunits: words,
    fixedmonthlycharge: amount,
    mincharge: amount,
    minchargeunits: words,
    minmonthlycharge: amount,
});

export type UrdbRate = z.infer<typeof urdbSchema>;
export type UrdbTier = z.infer<typeof tier>;
export type UrdbSchedule = NonNullable<z.infer<typeof schedule>>;

/** Fields that tell what the rate is called and for whom it is, and change no bill. */
const descriptive: readonly string[] = [
    'label',
    'uri',
    'utility',
    'name',
    'eiaid',
    'eia',
    'approved',
    'is_default',
    'supersedes',
    'supercedes',
    'sector',
    'servicetype',
    'description',
    'source',
    'sourceparent',
    'basicinformationcomments',
    'country',
    'peakkwcapacitymin',
    'peakkwcapacitymax',
    'peakkwcapacityhistory',
    'peakkwusagemin',
    'peakkwusagemax',
    'peakkwhusagemin',
    'peakkwhusagemax',
    'peakkwusagehistory',
    'peakkwhusagehistory',
    'demandunits',
    'voltageminimum',
    'voltagemaximum',
    'voltagecategory',
    'phasewiring',
    'energycomments',
    'demandcomments',
    'energyattrs',
    'demandattrs',
    'fixedattrs',
    'revisions',
    'latest_update',
    'dgrules',
    'usenetmetering',
];

/** Fields that may change a bill and that a tariff here cannot hold, with what they mean. */
const unheld: Readonly<Record<string, string>> = {
    coincidentratestructure: "a charge on the demand at the utility's own peak",
    demandreactivepowercharge: 'a charge on reactive power',
    fixedchargeeaaddl: 'a fixed charge for each further meter',
    annualmincharge: 'a minimum charge a year',
    lookbackmonths: 'a ratchet that looks at named months only',
};

/** A sentence for each field of the rate that is not taken over. */
export function findUnreadFields(rate: UrdbRate): string[] {
    const read = new Set([
        ...Object.keys(urdbSchema.shape),
        ...descriptive,
        'coincidentrateunit',
        'coincidentrateschedule',
    ]);
    return Object.entries(rate).flatMap(([field, value]) => {
        if (isEmpty(value)) return [];
        if (unheld[field] !== undefined) return [`${field}, ${unheld[field]}, is not in the tariff`];
        return read.has(field) ? [] : [`the field ${field} is not known here and was not read`];
    });
}

function isEmpty(value: unknown): boolean {
    if (value === null || value === undefined || value === 0 || value === '' || value === false) return true;
    if (Array.isArray(value)) return value.every(isEmpty);
    return typeof value === 'object' && Object.values(value).every(isEmpty);
}
