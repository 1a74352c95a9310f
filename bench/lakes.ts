/** The two lakes rows b and d share, each written once a run and only when a row asks for it. */
import { join } from 'node:path';
import type { Span } from '../src/model/time.ts';
import { measure } from './child.ts';
import { writeLake } from './pieces/write-lake.ts';

export const lakeChannels = 100;

/** Both lakes end here, some hours before their last month does. */
export const lakesEnd = Date.UTC(2025, 11, 31, 12) / 1000;
export const twoYears: Span = { from: Date.UTC(2024, 0) / 1000, to: lakesEnd };
const twoMonths: Span = { from: Date.UTC(2025, 10) / 1000, to: lakesEnd };

/** The six zones of its customers: both hemispheres, a half-hour zone, one without daylight saving. */
const timeZones = [
    'America/New_York',
    'America/Los_Angeles',
    'America/Phoenix',
    'Europe/London',
    'Australia/Adelaide',
    'Asia/Kolkata',
];

export interface SharedLakes {
    twoYears(): Promise<string>;
    twoMonths(): Promise<string>;
}

export function shareLakes(scratch: string): SharedLakes {
    const make = (name: string, span: Span): (() => Promise<string>) => {
        let made: Promise<string> | undefined;
        const write = async (): Promise<string> => {
            const root = join(scratch, name);
            await measure(writeLake, { root, channels: lakeChannels, ...span, timeZones });
            return root;
        };
        return () => {
            made ??= write();
            return made;
        };
    };
    return { twoYears: make('two-years', twoYears), twoMonths: make('two-months', twoMonths) };
}
