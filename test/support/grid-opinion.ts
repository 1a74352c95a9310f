/**
 * What the patches of a channel's grid must be, worked out again in plain TypeScript, minute by minute: no SQL, no
 * interpolation formula and no calendar of the product. All lengths are whole minutes and nest.
 */
import type { GivenReading } from '../unit/warehouse/small-lake.ts';
import { addUp } from './second-opinion.ts';

export interface ExpectedPatch {
    readonly at: number;
    readonly energy: number | null;
    readonly estimated: number | null;
    readonly missingS: number;
    readonly method: string | null;
    readonly quality: number | null;
}

export interface GridOpinion {
    readonly step: number;
    readonly patches: readonly ExpectedPatch[];
}

export interface GridRules {
    readonly zone: string;
    /** Seconds. */
    readonly shortGap: number;
    readonly isEstimated: boolean;
    /** The readings that may serve as reference: those without a flag. */
    readonly isClean: (reading: GivenReading) => boolean;
}

const minute = 60;
const hour = 3600;
const day = 86400;

const hasEnergy = (row: GivenReading): row is GivenReading & { readonly energy: number } =>
    row.energy !== null && row.energy !== undefined;

const endOf = (row: GivenReading): number => row.at + row.interval;

/** The readings that count: a coarse one gives way when finer ones with energy cover it, else it displaces them. */
export function countedReadings(rows: readonly GivenReading[]): GivenReading[] {
    let chosen: GivenReading[] = [];
    for (const length of [...new Set(rows.map((row) => row.interval))].sort((a, b) => a - b)) {
        for (const coarse of rows.filter((row) => row.interval === length)) {
            const inside = chosen.filter((row) => row.at >= coarse.at && row.at < endOf(coarse));
            const known = inside.filter(hasEnergy).reduce((sum, row) => sum + row.interval, 0);
            if (hasEnergy(coarse) ? known === length : inside.length > 0) continue;
            chosen = [...chosen.filter((row) => !inside.includes(row)), coarse];
        }
    }
    return chosen.sort((a, b) => a.at - b.at);
}

function minutesOf(from: number, to: number): number[] {
    return Array.from({ length: (to - from) / minute }, (_, index) => from + index * minute);
}

/** Mean power, by energy where there is one. */
function powerOf(row: GivenReading): number | null {
    return hasEnergy(row) ? (row.energy * hour) / row.interval : (row.power ?? null);
}

interface Point {
    readonly at: number;
    measured: number[];
    linear: number[];
    missing: number;
    linearMinutes: number;
    longMinutes: number;
    total: GivenReading | undefined;
    own: number | undefined;
}

/** Readings of one channel on nested grids, at least one with energy. */
export function formGridOpinion(rows: readonly GivenReading[], rules: GridRules): GridOpinion {
    const step = commonInterval(rows);
    const counted = countedReadings(rows);
    const points = new Map<number, Point>();
    const pointAt = (at: number): Point => {
        const start = Math.floor(at / step) * step;
        const found = points.get(start) ?? {
            at: start,
            measured: [],
            linear: [],
            missing: 0,
            linearMinutes: 0,
            longMinutes: 0,
            total: undefined,
            own: undefined,
        };
        points.set(start, found);
        return found;
    };
    const withEnergy = rows.filter(hasEnergy);
    const from = Math.min(...withEnergy.map(({ at }) => at));
    const until = Math.max(...withEnergy.map(endOf));
    const isOwn = (row: GivenReading): boolean => row.interval === step;
    const knots = counted.filter(
        (row) => hasEnergy(row) || (isOwn(row) && powerOf(row) !== null && row.at >= from && row.at < until),
    );
    for (const row of knots) {
        if (isOwn(row) && hasEnergy(row)) continue;
        if (row.interval > step) spreadTotal(row);
        else
            for (const at of minutesOf(row.at, endOf(row))) {
                const point = pointAt(at);
                const share = ((powerOf(row) ?? 0) * minute) / hour;
                if (hasEnergy(row)) point.measured.push(share);
                else {
                    point.linear.push(share);
                    point.linearMinutes += 1;
                    point.missing += 1;
                }
            }
    }
    const first = Math.min(...rows.filter(isMeasured).map(({ at }) => at));
    const stored = Math.max(...rows.map(endOf));
    const covered = new Set(knots.flatMap((row) => minutesOf(row.at, endOf(row))));
    for (const at of minutesOf(first, stored)) {
        if (covered.has(at)) continue;
        const point = pointAt(at);
        point.missing += 1;
        if (at < from || at >= until) continue;
        const before = knots.findLast((row) => endOf(row) <= at);
        const after = knots.find((row) => row.at > at);
        if (before === undefined || after === undefined) point.longMinutes += 1;
        else if (after.at - endOf(before) > rules.shortGap) point.longMinutes += 1;
        else {
            point.linear.push((between(before, after, at + minute / 2) * minute) / hour);
            point.linearMinutes += 1;
        }
    }
    function spreadTotal(total: GivenReading): void {
        const fine = knots.filter((row) => row.interval <= step);
        const before = fine.findLast((row) => row.at < total.at);
        const after = fine.find((row) => row.at > total.at);
        for (let at = total.at; at < endOf(total); at += step) {
            const point = pointAt(at);
            point.total = total;
            const own = rows.find((row) => isOwn(row) && row.at === at);
            if (own !== undefined && hasEnergy(own)) point.own = own.energy;
            else if (
                before !== undefined &&
                after !== undefined &&
                after.at - endOf(before) <= rules.shortGap
            ) {
                point.linear.push((between(before, after, at + step / 2) * step) / hour);
            } else point.longMinutes = step / minute;
        }
    }
    const references = findReferences([...points.values()], step, counted, rules);
    const sorted = [...points.values()].sort((a, b) => a.at - b.at);
    return {
        step,
        patches: sorted.map((point) =>
            point.total === undefined
                ? fill(point, step, references, rules)
                : share(point, sorted, step, references, rules),
        ),
    };
}

function commonInterval(rows: readonly GivenReading[]): number {
    const counts = new Map<number, number>();
    for (const row of rows.filter(hasEnergy)) counts.set(row.interval, (counts.get(row.interval) ?? 0) + 1);
    const [[interval] = [0]] = [...counts].sort(([a, many], [b, more]) => more - many || a - b);
    return interval;
}

const isMeasured = (row: GivenReading): boolean =>
    hasEnergy(row) || (row.power ?? row.voltage ?? null) !== null;

function between(before: GivenReading, after: GivenReading, at: number): number {
    const start = before.at + before.interval / 2;
    const end = after.at + after.interval / 2;
    const [low, high] = [powerOf(before) ?? 0, powerOf(after) ?? 0];
    return low + ((high - low) * (at - start)) / (end - start);
}

/** The mean of three days a grid point, where there are three. */
function findReferences(
    points: readonly Point[],
    step: number,
    counted: readonly GivenReading[],
    { zone, isEstimated, isClean }: GridRules,
): Map<number, number> {
    const profile = new Map<string, number[]>();
    for (const row of counted) {
        if (row.interval !== step || !hasEnergy(row) || !isClean(row)) continue;
        const local = localSeconds(row.at, zone);
        const name = `${Math.floor(local / day)} ${local % day}`;
        profile.set(name, [...(profile.get(name) ?? []), row.energy]);
    }
    const found = new Map<number, number>();
    if (!isEstimated) return found;
    const parts: Point[][] = [];
    let last: Point | undefined;
    for (const point of points.filter(({ longMinutes }) => longMinutes > 0).sort((a, b) => a.at - b.at)) {
        const isNext =
            last !== undefined &&
            last.at + step === point.at &&
            last.total === point.total &&
            Math.floor(localSeconds(last.at, zone) / day) === Math.floor(localSeconds(point.at, zone) / day);
        if (isNext) parts.at(-1)?.push(point);
        else parts.push([point]);
        last = point;
    }
    for (const part of parts) {
        const days: number[][] = [];
        for (const distance of [1, 2, 3, 4, 5, 6, 7, 8]) {
            for (const offset of [-7 * distance, 7 * distance]) {
                const values = part.map(({ at }) => {
                    const local = localSeconds(at, zone);
                    return profile.get(`${Math.floor(local / day) + offset} ${local % day}`);
                });
                if (values.every((value) => value !== undefined)) {
                    days.push(values.map((value) => addUp(value) / value.length));
                }
            }
        }
        if (days.length < 3) continue;
        part.forEach(({ at }, index) => {
            found.set(at, addUp(days.slice(0, 3).map((values) => values[index] ?? 0)) / 3);
        });
    }
    return found;
}

function estimateOf(point: Point, step: number, references: ReadonlyMap<number, number>): number | null {
    const reference = references.get(point.at);
    const linear = point.linear.length > 0 ? addUp(point.linear) : null;
    if (point.longMinutes === 0 || reference === undefined) return linear;
    return (linear ?? 0) + (reference * point.longMinutes * minute) / step;
}

function fill(
    point: Point,
    step: number,
    references: ReadonlyMap<number, number>,
    { isEstimated }: GridRules,
): ExpectedPatch {
    const estimated = isEstimated ? estimateOf(point, step, references) : null;
    const usesDays = point.longMinutes > 0 && references.has(point.at);
    const method = estimated === null ? null : usesDays ? 'reference_day' : 'linear';
    const filled = (isEstimated ? point.linearMinutes : 0) + (usesDays ? point.longMinutes : 0);
    const energy =
        point.measured.length === 0 && estimated === null ? null : addUp(point.measured) + (estimated ?? 0);
    const quality =
        energy === null
            ? null
            : point.missing > filled
              ? 10
              : method === null
                ? 11
                : method === 'linear'
                  ? 9
                  : 8;
    return { at: point.at, energy, estimated, missingS: point.missing * minute, method, quality };
}

function share(
    point: Point,
    points: readonly Point[],
    step: number,
    references: ReadonlyMap<number, number>,
    { isEstimated }: GridRules,
): ExpectedPatch {
    const siblings = points.filter(({ total }) => total === point.total);
    const total = point.total?.energy ?? 0;
    const owned = addUp(siblings.flatMap(({ own }) => own ?? []));
    const open = siblings.filter(({ own }) => own === undefined);
    const shapes = open.map((sibling) => (isEstimated ? estimateOf(sibling, step, references) : null));
    const shape = addUp(shapes.map((value) => value ?? 0));
    const rest = total - owned;
    const base = { at: point.at, estimated: null, missingS: 0 };
    if (owned > 0 && (rest < 0 || open.length === 0)) {
        return { ...base, energy: ((point.own ?? 0) * total) / owned, method: null, quality: 11 };
    }
    if (point.own !== undefined) return { ...base, energy: point.own, method: null, quality: 11 };
    if (shapes.some((value) => value === null) || rest * shape <= 0) {
        return { ...base, energy: rest / open.length, method: null, quality: 11 };
    }
    const usesDays = point.longMinutes > 0;
    return {
        ...base,
        energy: ((estimateOf(point, step, references) ?? 0) * rest) / shape,
        method: usesDays ? 'reference_day_scaled' : 'linear_scaled',
        quality: usesDays ? 8 : 9,
    };
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** The wall clock of a zone as seconds since 1970, as Intl writes it. */
export function localSeconds(at: number, zone: string): number {
    const format =
        formats.get(zone) ??
        new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
    formats.set(zone, format);
    return Date.parse(`${format.format(at * 1000).replace(' ', 'T')}Z`) / 1000;
}
