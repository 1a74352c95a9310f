/** One line of the result: what was measured, against which baseline, and whether the target is met. Pure. */

export interface Line {
    /** Letter of the row it belongs to. */
    readonly row: string;
    readonly what: string;
    readonly measured: string;
    readonly baseline: string;
    readonly ratio: string;
    readonly target: string;
    readonly isMet: boolean;
}

export function formatMs(ms: number): string {
    return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

export function formatMegabytes(bytes: number): string {
    return `${(bytes / 1e6).toFixed(0)} MB`;
}

export function formatRate(count: number, ms: number): string {
    return `${(Math.round(count / ms) * 1000).toLocaleString('en')}/s`;
}

export function formatCount(count: number): string {
    return `${(count / 1e6).toFixed(1)} M`;
}

export function formatRatio(ratio: number): string {
    return `${ratio.toFixed(2)}×`;
}
