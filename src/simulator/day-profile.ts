/** The actions that fold a range into one day: the mean, median, lowest or highest value of each time of day. */
import { daySeconds } from '../model/time.ts';

export type Fold = 'averageday' | 'medianday' | 'minday' | 'maxday';

/** One value for each bucket of a day; NaN where no day has one. */
export function foldDays(column: Float64Array, resolution: number, fold: Fold): Float64Array {
    const slots = Math.max(1, Math.floor(daySeconds / resolution));
    return Float64Array.from({ length: Math.min(slots, column.length) }, (_, slot) => {
        const values = column.filter((value, index) => index % slots === slot && !Number.isNaN(value)).sort();
        return values.length === 0 ? Number.NaN : pick(values, fold);
    });
}

function pick(sorted: Float64Array, fold: Fold): number {
    const middle = Math.floor(sorted.length / 2);
    switch (fold) {
        case 'minday':
            return sorted[0] ?? Number.NaN;
        case 'maxday':
            return sorted.at(-1) ?? Number.NaN;
        case 'medianday':
            return sorted.length % 2 === 1
                ? (sorted[middle] ?? Number.NaN)
                : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
        case 'averageday':
            return sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
    }
}
