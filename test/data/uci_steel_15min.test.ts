import { describeReplay } from './describe-replay.ts';

describeReplay('uci_steel_15min', { readings: 17_376, dayLengthsH: [24] });
