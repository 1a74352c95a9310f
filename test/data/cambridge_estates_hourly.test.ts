import { describeReplay } from './describe-replay.ts';

describeReplay('cambridge_estates_hourly', { readings: 455_520, dayLengthsH: [23, 24, 25] });
