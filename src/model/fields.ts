/**
 * The field catalogue: every code the Core API documents, and the column it has in the lake.
 *
 * Wh, W, VA, VAr (and their hours) are stored divided by 1000, under a name that ends in the stored unit.
 * All measures are DOUBLE; null, zero and absent stay three different things.
 */

export interface Field {
    /** The API's code, case-sensitive: `E`, `Pmax1`. */
    readonly code: string;
    /** The lake's column: `energy_kwh`, `power_1_max_kw`. */
    readonly column: string;
    readonly label: string;
    /** A counter is answered as the amount used in the bucket, an instant field as its mean. */
    readonly kind: 'counter' | 'instant';
    /** The unit the API answers in; '' when it has none. */
    readonly sourceUnit: string;
    /** The unit of the column. */
    readonly unit: string;
    readonly divisor: 1 | 1000;
}

/** The six measures every lake has unless `init --fields` says otherwise. */
export const defaultFieldCodes: readonly string[] = ['E', 'P', 'V', 'I', 'PF', 'T'];

type Row = readonly [codes: string, stem: string, label: string, kind: 'C' | 'i', sourceUnit: string];

/** How a source unit is stored: [unit, divisor, name in a column]. Units not listed are stored as they come. */
const storedUnits: Readonly<Record<string, readonly [string, 1 | 1000, string]>> = {
    Wh: ['kWh', 1000, 'kwh'],
    W: ['kW', 1000, 'kw'],
    VAh: ['kVAh', 1000, 'kvah'],
    VA: ['kVA', 1000, 'kva'],
    VArh: ['kvarh', 1000, 'kvarh'],
    VAr: ['kvar', 1000, 'kvar'],
    V: ['V', 1, 'v'],
    A: ['A', 1, 'a'],
    Hz: ['Hz', 1, 'hz'],
    s: ['s', 1, 's'],
    h: ['h', 1, 'h'],
    g: ['g', 1, 'g'],
    'g/h': ['g/h', 1, 'g_per_h'],
    'm³': ['m³', 1, 'm3'],
    'm³/h': ['m³/h', 1, 'm3_per_h'],
    'm/s': ['m/s', 1, 'm_per_s'],
    mBar: ['mBar', 1, 'mbar'],
    bar: ['bar', 1, 'bar'],
    ppm: ['ppm', 1, 'ppm'],
    ppb: ['ppb', 1, 'ppb'],
    '%': ['%', 1, 'pct'],
    lux: ['lux', 1, 'lux'],
    'µg/m³': ['µg/m³', 1, 'ug_per_m3'],
    '/h': ['/h', 1, 'per_h'],
    'Bq/m3': ['Bq/m³', 1, 'bq_per_m3'],
    Ohms: ['Ω', 1, 'ohm'],
    dB: ['dB', 1, 'db'],
    '°C': ['°C', 1, 'c'],
    degrees: ['°', 1, 'deg'],
};

/** One row a family; `*` in the stem stands for the number inside the code, `_` before it included. */
const families: readonly Row[] = [
    ['AE AE1 AE2 AE3', 'apparent_energy*', 'Apparent energy', 'C', 'VAh'],
    ['BTU', 'btu', 'BTU absolute', 'C', ''],
    ['C', 'count', 'Count', 'C', ''],
    ['Ct', 'time_since_pulse', 'Time since last pulse', 'C', 's'],
    ['DI1 DI2 DI3 DI4 DI5 DI6 DI7 DI8', 'digital_input*', 'Digital input', 'i', ''],
    ['DIt1 DIt2 DIt3 DIt4 DIt5 DIt6 DIt7 DIt8', 'time_since_input*', 'Time since last input event', 'i', 's'],
    ['DIC1 DIC2 DIC3 DIC4 DIC5 DIC6 DIC7 DIC8', 'digital_input_count*', 'Digital input counter', 'C', ''],
    ['DO1 DO2 DO3 DO4 DO5 DO6 DO7 DO8', 'digital_output*', 'Digital output', 'i', ''],
    [
        'DOt1 DOt2 DOt3 DOt4 DOt5 DOt6 DOt7 DOt8',
        'time_since_output*',
        'Time since last output event',
        'i',
        '',
    ],
    ['E E1 E2 E3', 'energy*', 'Energy', 'C', 'Wh'],
    ['Ex Ex1 Ex2 Ex3', 'export_energy*', 'Export energy', 'C', 'Wh'],
    ['M', 'mass', 'Mass', 'C', 'g'],
    ['PEC', 'people_count', 'People count', 'C', ''],
    ['PIR', 'pir_count', 'PIR count value', 'C', ''],
    ['PIRt', 'time_since_pir', 'Time since last PIR count', 'i', ''],
    ['RE RE1 RE2 RE3', 'reactive_energy*', 'Reactive energy', 'C', 'VArh'],
    ['REx REx1 REx2 REx3', 'reactive_export_energy*', 'Reactive energy export', 'C', 'VArh'],
    ['Ton', 'on_time', 'On time', 'C', 'h'],
    ['Top', 'operating_time', 'Operating time', 'C', 'h'],
    ['Toff', 'off_time', 'Off time', 'C', 'h'],
    ['Trun', 'run_time', 'Run time', 'C', 'h'],
    ['Vol', 'volume', 'Volume', 'C', 'm³'],
    ['A12 A13', 'phase_angle*', 'Phase angle between voltages', 'i', 'degrees'],
    ['AC', 'acceleration', 'Acceleration', 'i', 'm/s'],
    ['AEr AEr1 AEr2 AEr3', 'apparent_energy*_relative', 'Apparent energy relative', 'i', 'VAh'],
    ['AF', 'air_flow', 'Air flow', 'i', 'm/s'],
    ['AIN1 AIN2 AIN3 AIN4 AIN5 AIN6 AIN7 AIN8', 'analogue_input*', 'Analogue input', 'i', 'm/s'],
    ['AO1 AO2 AO3 AO4 AO5 AO6 AO7 AO8', 'analogue_output*', 'Analogue output', 'i', 'm/s'],
    ['AP', 'atmospheric_pressure', 'Atmospheric pressure', 'i', 'mBar'],
    ['BTUr', 'btu_relative', 'BTU relative', 'i', ''],
    ['CO', 'carbon_monoxide', 'Carbon monoxide', 'i', 'ppm'],
    ['CO2', 'carbon_dioxide', 'Carbon dioxide', 'i', 'ppm'],
    ['Cr', 'count_relative', 'Pulse count relative', 'i', ''],
    ['D D1 D2 D3', 'current_thd*', 'Current THD', 'i', '%'],
    ['Dmax Dmax1 Dmax2 Dmax3', 'current_thd*_max', 'Current THD max', 'i', '%'],
    [
        'DICr1 DICr2 DICr3 DICr4 DICr5 DICr6 DICr7 DICr8',
        'digital_input_count*_relative',
        'Digital input counter relative',
        'i',
        '',
    ],
    ['Er Er1 Er2 Er3', 'energy*_relative', 'Energy relative', 'i', 'Wh'],
    ['Exr Exr1 Exr2 Exr3', 'export_energy*_relative', 'Export energy relative', 'i', 'Wh'],
    ['F', 'frequency', 'Frequency', 'i', 'Hz'],
    ['I I1 I2 I3', 'current*', 'Current', 'i', 'A'],
    ['Imax Imax1 Imax2 Imax3', 'current*_max', 'Current max', 'i', 'A'],
    ['In', 'neutral_current', 'Neutral current', 'i', 'A'],
    ['Inmax', 'neutral_current_max', 'Neutral current max', 'i', 'A'],
    ['LL', 'light_level', 'Light level', 'i', 'lux'],
    ['Mf', 'mass_flow', 'Mass flow', 'i', 'g/h'],
    ['Mfr', 'mass_flow_relative', 'Mass flow relative', 'i', 'g/h'],
    ['NOX1 NOX2', 'nitrous_oxide*', 'Nitrous oxide', 'i', 'ppm'],
    ['P P1 P2 P3', 'power*', 'Power', 'i', 'W'],
    ['Pmax Pmax1 Pmax2 Pmax3', 'power*_max', 'Power max', 'i', 'W'],
    ['PE', 'percentage', 'Percentage', 'i', '%'],
    ['PECR', 'people_count_relative', 'People count relative', 'i', ''],
    ['PF PF1 PF2 PF3', 'power_factor*', 'Power factor', 'i', ''],
    ['PFmax PFmax1 PFmax2 PFmax3', 'power_factor*_max', 'Power factor max', 'i', ''],
    ['PIRr', 'pir_count_relative', 'PIR count value relative', 'i', ''],
    ['PM1 PM2 PM3 PM4', 'particulate_matter*', 'Particulate matter', 'i', 'µg/m³'],
    ['Pr', 'pressure', 'Pressure', 'i', 'bar'],
    ['Q Q1 Q2 Q3', 'reactive_power*', 'Reactive power', 'i', 'VAr'],
    ['Qmax Qmax1 Qmax2 Qmax3', 'reactive_power*_max', 'Reactive power max', 'i', 'VAr'],
    ['R', 'rate', 'Rate', 'i', '/h'],
    ['RAD', 'radon', 'Radon', 'i', 'Bq/m3'],
    ['RES', 'resistance', 'Resistance', 'i', 'Ohms'],
    ['REr REr1 REr2 REr3', 'reactive_energy*_relative', 'Reactive energy relative', 'i', 'VArh'],
    [
        'RExr RExr1 RExr2 RExr3',
        'reactive_export_energy*_relative',
        'Reactive energy export relative',
        'i',
        'VArh',
    ],
    ['RH', 'relative_humidity', 'Relative humidity', 'i', '%'],
    ['S S1 S2 S3', 'apparent_power*', 'Apparent power', 'i', 'VA'],
    ['Smax Smax1 Smax2 Smax3', 'apparent_power*_max', 'Apparent power max', 'i', 'VA'],
    ['SO', 'sound', 'Sound', 'i', 'dB'],
    ['T T1 T2 T3 T4 T5 T6 T7 T8', 'temperature*', 'Temperature', 'i', '°C'],
    ['Ti', 'internal_temperature', 'Internal temperature', 'i', '°C'],
    ['Te', 'external_temperature', 'External temperature', 'i', '°C'],
    ['Tf', 'flow_temperature', 'Flow temperature', 'i', '°C'],
    ['Tr', 'return_temperature', 'Return temperature', 'i', '°C'],
    ['Td', 'temperature_difference', 'Temperature difference', 'i', '°C'],
    ['U U1 U2 U3', 'line_voltage*', 'Voltage line to line', 'i', 'V'],
    ['Umax Umax1 Umax2 Umax3', 'line_voltage*_max', 'Voltage line to line max', 'i', 'V'],
    ['V V1 V2 V3', 'voltage*', 'Voltage line to neutral', 'i', 'V'],
    ['Vmax Vmax1 Vmax2 Vmax3', 'voltage*_max', 'Voltage line to neutral max', 'i', 'V'],
    ['btryVoltage', 'battery_voltage', 'Battery voltage', 'i', 'V'],
    ['Vf', 'volume_flow', 'Volume flow', 'i', 'm³/h'],
    ['Vfr', 'volume_flow_relative', 'Volume flow relative', 'i', 'm³/h'],
    ['VOC1 VOC2', 'volatile_organic_compounds*', 'Volatile organic compounds', 'i', 'ppb'],
    ['Med', 'medium', 'Medium', 'i', ''],
    ['Stat', 'status', 'Status', 'i', ''],
    ['pulse', 'pulse', 'Pulse input', 'C', ''],
    ['cost', 'cost', 'Cost in the currency of the organization', 'C', ''],
];

const unknownUnit = (unit: string): readonly [string, 1, string] => [unit, 1, ''];

function fieldsOf([codes, stem, label, kind, sourceUnit]: Row): Field[] {
    const [unit, divisor, suffix] = storedUnits[sourceUnit] ?? unknownUnit(sourceUnit);
    return codes.split(' ').map((code) => {
        const digits = stem.includes('*') ? (/\d+$/.exec(code)?.[0] ?? '') : '';
        const name = stem.replace('*', digits === '' ? '' : `_${digits}`);
        return {
            code,
            column: suffix === '' ? name : `${name}_${suffix}`,
            label: digits === '' ? label : `${label} ${digits}`,
            kind: kind === 'C' ? 'counter' : 'instant',
            sourceUnit,
            unit,
            divisor,
        };
    });
}

/** All fields, in the order of the API's own list. */
export const fieldCatalogue: readonly Field[] = families.flatMap(fieldsOf);

const byCode = new Map(fieldCatalogue.map((field) => [field.code, field]));

/** The field of a code; undefined when the catalogue has none. */
export function findField(code: string): Field | undefined {
    return byCode.get(code);
}
