import { describeReplay } from './describe-replay.ts';

describeReplay('ihepc_household_1min', { readings: 676_288, dayLengthsH: [23, 24] });
