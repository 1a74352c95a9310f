import { describeReplay } from './describe-replay.ts';

describeReplay('doe_forrestal_15min', { readings: 2505, dayLengthsH: [23, 24, 25] });
