import { describeReplay } from './describe-replay.ts';

describeReplay('bdg2_hourly', { readings: 2_020_208, dayLengthsH: [23, 24, 25] });
