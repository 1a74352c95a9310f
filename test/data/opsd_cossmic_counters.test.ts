import { describeReplay } from './describe-replay.ts';

describeReplay('opsd_cossmic_counters', { readings: 445_492, dayLengthsH: [23, 24, 25] });
