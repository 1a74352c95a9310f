/** Weekly load curves: how much of its typical load a piece of equipment draws in each quarter-hour of a local week. */

export type Shape = 'rooftop' | 'standby' | 'airHandler' | 'kitchen' | 'office';

export const quartersOfWeek = 672;

interface Curve {
    /** Relative load at the full local hours 0 … 23. */
    readonly weekday: readonly number[];
    readonly weekend: readonly number[];
}

const curves: Readonly<Record<Shape, Curve>> = {
    rooftop: {
        weekday: [
            11.3, 11.4, 11.6, 12.1, 11.7, 11.4, 13.5, 14.2, 15.6, 16.5, 15.4, 15.3, 16.9, 15.7, 12.9, 9.6,
            8.9, 7, 7.9, 9.4, 10.2, 11.3, 11.2, 11.2,
        ],
        weekend: [
            10, 10.2, 10.4, 10.6, 10.4, 10, 9.6, 9.2, 9, 9.2, 9.4, 9.6, 9.6, 9.4, 9, 8.6, 8.2, 7.8, 8, 8.6,
            9.2, 9.6, 9.8, 10,
        ],
    },
    // A reserve unit: it starts on working days only and reads a true zero for the rest.
    standby: {
        weekday: [0, 0, 0, 0, 0, 0, 1, 3, 4, 5, 5, 5, 6, 5, 4, 3, 1, 0, 0, 0, 0, 0, 0, 0],
        weekend: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    },
    airHandler: {
        weekday: [
            10, 10, 10, 10, 10, 11, 12, 12, 12, 12, 12, 12, 12, 12, 12, 11, 11, 10, 10, 10, 10, 10, 10, 10,
        ],
        weekend: [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9],
    },
    kitchen: {
        weekday: [3, 3, 3, 3, 3, 6, 14, 22, 30, 36, 40, 42, 38, 26, 16, 9, 6, 5, 4, 4, 3, 3, 3, 3],
        weekend: [3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3, 3, 3, 3],
    },
    office: {
        weekday: [4, 4, 4, 4, 4, 5, 7, 11, 15, 17, 18, 18, 17, 18, 18, 17, 15, 11, 8, 6, 5, 5, 4, 4],
        weekend: [4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 4, 4, 4, 4, 4, 4, 4, 4],
    },
};

/** The 672 factors of a week that begins on Monday 00:00 local; their mean is 1. Hours blend into each other. */
export function weekOf(shape: Shape): Float64Array {
    const week = weeks.get(shape) ?? drawWeek(shape);
    weeks.set(shape, week);
    return week;
}

const weeks = new Map<Shape, Float64Array>();

function drawWeek(shape: Shape): Float64Array {
    const { weekday, weekend } = curves[shape];
    const hourly = Array.from({ length: 168 }, (_, hour) => {
        const day = hour < 120 ? weekday : weekend;
        return day[hour % 24] ?? 0;
    });
    const mean = hourly.reduce((sum, value) => sum + value, 0) / hourly.length;
    return Float64Array.from({ length: quartersOfWeek }, (_, quarter) => {
        const hour = Math.floor(quarter / 4);
        const here = hourly[hour] ?? 0;
        const next = hourly[(hour + 1) % 168] ?? 0;
        return (here + ((next - here) * (quarter % 4)) / 4) / mean;
    });
}
